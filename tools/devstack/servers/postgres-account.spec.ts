import { expect, it } from '@jest/globals';
import { findAccount } from './postgres-account.ts';

const PASSWD = 'root:x:0:0:root:/root:/bin/bash\npostgres:x:101:104:PostgreSQL:/var/lib/postgresql:/bin/bash\n';

it('finds the ids of an account by its exact name', () => {
  expect(findAccount(PASSWD, 'postgres')).toEqual({ uid: 101, gid: 104 });
  expect(findAccount(PASSWD, 'post')).toBeUndefined();
});
