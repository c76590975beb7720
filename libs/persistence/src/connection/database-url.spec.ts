import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { connectionOptions } from './database-url.ts';

const URL = 'postgresql://chip:s3cret@db.example:5432/chip_quality';
const refusal = (url: string): string => {
  try {
    connectionOptions(url);
    return '';
  } catch (error) {
    expect(error).toMatchObject({ code: 'database_url_invalid' });
    expect((error as Error).message).not.toContain('s3cret');
    return (error as Error).message;
  }
};
/** A file that can be read. */
const FILE = import.meta.filename;

describe('a database URL', () => {
  it.each([
    URL,
    `${URL}?sslmode=disable`,
    `${URL}?sslmode=verify-full`,
    `${URL}?sslmode=verify-full&sslrootcert=${FILE}`,
    `${URL}?sslmode=verify-full&sslrootcert=${FILE}&sslcert=${FILE}&sslkey=${FILE}`,
  ])('%s is taken', (url) => {
    expect(refusal(url)).toBe('');
  });

  it.each([
    ['?sslmode=require', /verify-full or disable/],
    ['?sslmode=prefer', /verify-full or disable/],
    ['?sslmode=verify-ca', /verify-full or disable/],
    ['?sslmode=no-verify', /verify-full or disable/],
    ['?sslmode=verify_full', /verify-full or disable/],
    ['?ssl=no-verify', /parameter ssl/],
    ['?sslmode=verify-full&ssl=0', /parameter ssl/],
    ['?sslmode=verify-full&uselibpqcompat=true', /parameter uselibpqcompat/],
    [`?sslrootcert=${FILE}`, /sslrootcert .* needs sslmode=verify-full/],
    [`?sslmode=disable&sslcert=${FILE}`, /sslcert .* needs sslmode=verify-full/],
    ['?sslmode=verify-full&sslrootcert=/nowhere/ca.pem', /sslrootcert .* cannot be read/],
  ])('with %s is refused, with the reason', (parameters, reason) => {
    expect(refusal(URL + parameters)).toMatch(reason);
  });

  it('may name a file with its password, which has none itself and leaves the URL', () => {
    const without = 'postgresql://chip@db.example:5432/chip_quality';
    expect(connectionOptions(`${without}?passwordfile=${FILE}&sslmode=verify-full`)).toEqual({
      user: 'chip',
      password: readFileSync(FILE, 'utf8').replace(/\n$/, ''),
      host: 'db.example',
      port: 5432,
      database: 'chip_quality',
      sslmode: 'verify-full',
      ssl: {},
    });
    expect(refusal(`${URL}?passwordfile=${FILE}`)).toMatch(/both a password and passwordfile/);
    expect(refusal(`${without}?passwordfile=/nowhere/password`)).toMatch(/passwordfile .* cannot be read/);
  });
});
