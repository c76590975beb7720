import { expect, it } from '@jest/globals';
import { isNeeded } from './postgres-programs.ts';

it.each([
  'postgresql-17',
  'postgresql-17-timescaledb',
  'postgresql-client-17',
  'pgbouncer',
  'libc6',
  'libpq5',
  'gcc-14-base',
])('unpacks %s', (name) => expect(isNeeded(name)).toBe(true));

it.each([
  'perl',
  'libperl5.40',
  'libjson-perl',
  'postgresql-common',
  'postgresql-client-common',
  'adduser',
  'libllvm19',
])('leaves %s out', (name) => expect(isNeeded(name)).toBe(false));
