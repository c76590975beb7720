import { DatabaseError } from '@chip/persistence';
import { expect, it } from '@jest/globals';
import { failureOf } from './failure.ts';

const transient = (sqlstate: string): DatabaseError =>
  new DatabaseError('the database says no', { kind: 'transient', sqlstate, connectionLost: false }, undefined);

it.each([
  ['a statement that is cancelled', '57014', true],
  ['a lock that is not free in time', '55P03', true],
  ['a transaction that waits too long for its writer', '25P03', true],
  ['out of memory', '53200', true],
  ['a deadlock', '40P01', false],
  ['a full disk', '53100', false],
])('%s is retried, smaller only when it was too much', (_, sqlstate, isTooMuch) => {
  expect(failureOf(transient(sqlstate), false)).toEqual({ kind: 'wait', code: 'database_unavailable', isTooMuch });
});
