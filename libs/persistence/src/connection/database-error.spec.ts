import { describe, expect, it } from '@jest/globals';
import { AppError } from '@chip/service';
import { stdSerializers } from 'pino';
import { classifySqlstate, CommitUnknownError, type DatabaseError, toDatabaseError } from './database-error.ts';

const { errWithCause } = stdSerializers;
const translate = (error: unknown): DatabaseError => toDatabaseError(error) as DatabaseError;

describe('toDatabaseError', () => {
  it('takes an unknown SQLSTATE for a bug, never for something to retry', () => {
    for (const sqlstate of ['42P01', '42601', '25P02', '0A000', 'XX000', '21000', '22P04', '54000', 'ZZZZZ']) {
      expect(classifySqlstate(sqlstate)).toEqual({ kind: 'bug', connectionLost: false });
    }
  });

  it('calls only classes 22 and 23 data', () => {
    for (const sqlstate of ['22P02', '22003', '22021', '22P05', '23502', '23505', '23514']) {
      expect(classifySqlstate(sqlstate).kind).toBe('data');
    }
  });

  it('reads the line of a failed COPY and leaves the value out', () => {
    const error = translate(
      Object.assign(new Error('invalid input syntax for type integer: "secret"'), {
        code: '22P02',
        where: 'COPY measurements, line 17, column value: "secret"',
      }),
    );
    expect(error.copyLine).toBe(17);
    expect(error.message).not.toContain('secret');
    expect(JSON.stringify(error.context)).not.toContain('secret');
  });

  it.each(['22P02', '23505', '23514', '40001', '42P01', '53100'])('keeps rows out of the cause of %s', (code) => {
    const quoting = {
      code,
      routine: 'ri_ReportViolation',
      detail: 'Key (lot_id)=(secret) already exists.',
      where: 'COPY lots, line 1: "secret"',
      hint: 'secret',
      internalQuery: `SELECT 'secret'`,
    };
    const isData = code.startsWith('2');
    const error = translate(Object.assign(new Error(isData ? 'bad value: "secret"' : 'no such table'), quoting));
    expect(JSON.stringify(errWithCause(error))).not.toContain('secret');
    if (!isData) {
      expect(error.cause).toMatchObject({ message: 'no such table', code, routine: 'ri_ReportViolation' });
    }
  });

  it.each([
    'CERT_HAS_EXPIRED',
    'ERR_TLS_CERT_ALTNAME_INVALID',
    'SELF_SIGNED_CERT_IN_CHAIN',
    'DEPTH_ZERO_SELF_SIGNED_CERT',
    'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  ])('takes a handshake that failed with %s for a connection that may work later', (code) => {
    expect(translate(Object.assign(new Error('certificate'), { code }))).toMatchObject({
      kind: 'transient',
      connectionLost: true,
    });
  });

  it.each(['ECONNRESET', 'ECONNREFUSED', 'EPIPE', 'ETIMEDOUT', 'ENOTFOUND', 'ERR_STREAM_PREMATURE_CLOSE'])(
    'takes the socket error %s for a lost connection',
    (code) => {
      expect(translate(Object.assign(new Error('socket'), { code }))).toMatchObject({
        kind: 'transient',
        connectionLost: true,
        retriable: true,
      });
    },
  );

  it('takes EPIPE for a socket code although it has the shape of a SQLSTATE', () => {
    expect(translate(Object.assign(new Error('write EPIPE'), { code: 'EPIPE' })).sqlstate).toBe('');
  });

  it('reads the lost connections that node-postgres reports without a code', () => {
    for (const message of ['Connection terminated unexpectedly', 'Connection terminated', 'timeout expired']) {
      expect(translate(new Error(message)).connectionLost).toBe(true);
    }
  });

  it('takes anything else for a bug', () => {
    for (const thrown of [new TypeError('x is not a function'), 'text', undefined, null, 7]) {
      expect(translate(thrown)).toMatchObject({ kind: 'bug', retriable: false });
    }
  });

  it('passes an error that is translated already', () => {
    const error = new CommitUnknownError(undefined);
    expect(toDatabaseError(error)).toBe(error);
    expect(error).toBeInstanceOf(AppError);
  });
});
