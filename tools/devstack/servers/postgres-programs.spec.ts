import { expect, it } from '@jest/globals';
import { isNeeded, wantedMajor } from './postgres-programs.ts';

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
  'postgresql-18',
])('leaves %s out', (name) => expect(isNeeded(name)).toBe(false));

it('takes the major version that the environment asks for', () => {
  expect(wantedMajor({})).toBe('17');
  expect(wantedMajor({ CHIP_POSTGRES_MAJOR: '18' })).toBe('18');
  expect(isNeeded('postgresql-18-timescaledb', '18')).toBe(true);
  expect(isNeeded('postgresql-17-timescaledb', '18')).toBe(false);
  expect(() => wantedMajor({ CHIP_POSTGRES_MAJOR: '12' })).toThrow('CHIP_POSTGRES_MAJOR is "12"');
});
