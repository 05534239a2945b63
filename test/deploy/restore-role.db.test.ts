import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createSandboxFolder, type SandboxFolder } from '../../sandbox/folder.ts';
import { connectionEnv, type PostgresCluster, queryOnce, startPostgres } from '../../sandbox/postgres.ts';
import { ensurePrograms, type Programs } from '../../sandbox/programs.ts';

const SCRIPT = fileURLToPath(new URL('../../deploy/postgres/restore-role.sql', import.meta.url));

let programs: Programs;
let folder: SandboxFolder;
let cluster: PostgresCluster;

// A cluster of its own: the role has the name that the other tests' cluster already has.
beforeAll(async () => {
  programs = await ensurePrograms();
  folder = await createSandboxFolder('dr-test-');
  cluster = await startPostgres({ folder, programs, name: 'restore-role' });
  await cluster.query('postgres', 'create role shop_owner nologin');
});

afterAll(async () => {
  await cluster.stop('immediate');
  await folder.remove();
});

function run(owner: string | null, password: string | null) {
  const env = {
    ...process.env,
    ...connectionEnv(cluster.superuserUrl('postgres')),
    ...(password !== null && { DR_RESTORE_PASSWORD: password }),
  };
  const named = owner === null ? [] : ['-v', `owner=${owner}`];
  return promisify(execFile)(programs.psql, ['-X', ...named, '-f', SCRIPT], { env });
}

const roles = () =>
  cluster.query(
    'postgres',
    "select rolname, rolsuper, rolcreatedb from pg_roles where rolname = 'dr_restore'",
  );

test.each([
  ['without an owner', null, 'secret', 'psql -v owner=janua_owner'],
  ['without a password', 'shop_owner', null, 'Set DR_RESTORE_PASSWORD'],
  ['with an owner that is not there', 'nobody_owner', 'secret', 'role "nobody_owner" does not exist'],
])('%s it says so, fails, and leaves nothing behind', async (_, owner, password, said) => {
  await expect(run(owner, password)).rejects.toThrow(said);

  expect(await roles()).toEqual([]);
});

test('run again it gives the role a new password', async () => {
  await run('shop_owner', 'former');
  await run('shop_owner', 'new \'pass"$1');

  const [me] = await queryOnce(
    cluster.url('postgres', 'dr_restore', encodeURIComponent('new \'pass"$1')),
    "select current_user as role, pg_has_role('shop_owner', 'member') as owns",
  );
  expect(me).toEqual({ role: 'dr_restore', owns: true });
  expect(await roles()).toEqual([{ rolname: 'dr_restore', rolsuper: false, rolcreatedb: true }]);
});
