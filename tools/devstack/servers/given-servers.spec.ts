import { expect, it } from '@jest/globals';
import { givenServers } from './given-servers.ts';

it('gives every role the database it was told, the owner by default', () => {
  expect(givenServers({ DATABASE_URL: 'postgresql://o@h/d', QUERY_DATABASE_URL: 'postgresql://q@h/d' })).toEqual({
    DATABASE_URL: 'postgresql://o@h/d',
    WRITER_DATABASE_URL: 'postgresql://o@h/d',
    INGEST_DATABASE_URL: 'postgresql://o@h/d',
    QUERY_DATABASE_URL: 'postgresql://q@h/d',
    READER_DATABASE_URL: 'postgresql://o@h/d',
    OPERATOR_DATABASE_URL: 'postgresql://o@h/d',
  });
});

it('takes no role without the database itself, so that two servers are never mixed', () => {
  expect(givenServers({ WRITER_DATABASE_URL: 'postgresql://w@h/d', PG_BIN: '/bin' })).toEqual({});
});

it('takes an empty variable for unset', () => {
  expect(givenServers({ KAFKA_BROKERS: '', DATABASE_URL: '' })).toEqual({});
});
