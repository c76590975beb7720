import { expect, it } from '@jest/globals';
import { findAccount } from './postgres-account.ts';

const passwd = 'root:x:0:0:root:/root:/bin/bash\npostgres:x:101:104:PostgreSQL:/var/lib/postgresql:/bin/bash\n';

it('finds the ids of an account by its exact name', () => {
  expect(findAccount(passwd, 'postgres')).toEqual({ uid: 101, gid: 104 });
  expect(findAccount(passwd, 'post')).toBeUndefined();
});
