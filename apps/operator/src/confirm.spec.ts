import { expect, it } from '@jest/globals';
import { currentUser } from './confirm.ts';

it('names a user whom the machine does not know by number', () => {
  const read = (): never => {
    throw new Error('uv_os_get_passwd returned ENOENT (no such file or directory)');
  };
  expect(currentUser(read)).toBe(`uid ${process.getuid?.()}`);
});
