import { expect } from 'vitest';
import { z } from 'zod';
import type { Bot } from '../../sandbox/bot.ts';
import { type PostgresCluster, queryOnce } from '../../sandbox/postgres.ts';
import { untilCaughtUp } from '../../sandbox/postgres-standby.ts';
import { createTerminal } from '../../sandbox/terminal.ts';
import { backend, chatServer, namespace, primarySet } from '../../sandbox/veza/cluster.ts';
import { slot } from '../../sandbox/veza/numbers.ts';
import type { VezaWorld } from '../../sandbox/world.ts';

const SECRET = 'veza-secrets';
const KEY = 'database-url';
const UNREPLICATED = 3;

const Secret = z.object({ data: z.record(z.string(), z.string()) });
const StatefulSet = z.object({
  metadata: z.object({ annotations: z.record(z.string(), z.string()).default({}) }),
  spec: z.object({ replicas: z.number() }),
});
const Server = z.object({ timeline: z.number(), histories: z.array(z.string()) });

export type FailoverRun = ReturnType<typeof createFailoverRun>;

/** Veza's `database-failover` by people at their terminals, with a real bot that may die on the way. */
export function createFailoverRun(world: VezaWorld, bot: Bot) {
  const people = createTerminal(world, bot);
  const { until } = people;
  const { primary, standby, url, app, damage, kubernetes } = world.veza;
  const { control } = kubernetes;

  /**
   * kill -9 of the primary, with messages that the standby never got. The bot has seen the primary before; then a new worker
   * takes its place, which dies where it is told.
   */
  async function losePrimary(death: string): Promise<void> {
    const looks = async () => {
      const sql = "select max(at)::text as at from public.observations where kind = 'primary'";
      return (await queryOnce(world.bot.superuserUrl, sql))[0]?.at;
    };
    const before = await looks();
    await expect.poll(looks, { timeout: 15_000 }).not.toBe(before);
    await bot.kill();
    await damage.losePrimary({ unreplicated: UNREPLICATED });
    await bot.restart({ DR_HOP_KILL: death });
  }

  /** Starts the run and decides that the primary is lost. */
  async function begin(incident: string): Promise<string> {
    const id = await people.start('ana', incident, 'database-failover');
    await people.untilAsked(id, 'lost');
    await people.choose('ana', id, 'lost');
    return id;
  }

  const approvePromotion = async (id: string) =>
    people.approve(id, await people.untilOpen(id, 'promote'), ['ben', 'mina'], standby.name);
  const approveSwitch = async (id: string) =>
    people.approve(id, await people.untilOpen(id, 'switch'), ['ana', 'ben']);

  /** Waits for the death of the worker, which nothing outlives, and starts the next one, which may die there in turn. */
  async function dieAndGoOn(
    next?: string,
    meanwhile: () => Promise<unknown> = async () => {},
  ): Promise<void> {
    expect(await bot.ended()).toBe('SIGKILL');
    const died = new Date();
    await meanwhile();
    await bot.restart(next === undefined ? {} : { DR_HOP_KILL: next });
    // The ten seconds without a heartbeat after which the queue gives a dead worker's job away, and the pause before it does.
    await queryOnce(
      world.bot.superuserUrl,
      `update pgboss.job set heartbeat_on = heartbeat_on - interval '10 s', retry_delay = 0, retry_backoff = false
        where name = 'run' and state = 'active' and heartbeat_on < $1`,
      [died.toISOString()],
    );
  }

  /** Lets the watch pass, and rebuilds the old primary by the commands that the run gives, until the run is over. */
  function untilOver(id: string) {
    let rebuilt = false;
    return until(id, 'its end', async (shown) => {
      if (shown.run.outcome !== null) return shown;
      const { soak, standby: rejoin, promote } = shown.run.steps;
      if (soak?.status.is === 'waiting') await bot.clock.advance(6 * 60_000);
      if (rejoin?.status.is === 'waiting') {
        if (!rebuilt) await rebuild(z.string().parse(promote?.output.rebuild));
        rebuilt = true;
        await bot.clock.advance(15_000);
      }
      return undefined;
    });
  }

  async function rebuild(commands: string): Promise<void> {
    await primary.shell(commands);
    damage.repairMachine();
    control.patch('statefulsets', namespace, primarySet, { spec: { replicas: 1 } });
  }

  /** After a run that promoted: the servers change back, with nothing lost, and the applications with them. */
  async function switchBack(): Promise<void> {
    await standby.stop('fast');
    await primary.query('postgres', 'select pg_promote(true, 30)');
    await primary.query('postgres', 'select pg_create_physical_replication_slot($1, true)', [slot]);
    await standby.shell('touch "$PGDATA/standby.signal"');
    await standby.start();
    await untilCaughtUp(primary, standby.name);
    await standby.query('postgres', 'select pg_drop_replication_slot($1)', [slot]);
    control.patch('secrets', namespace, SECRET, {
      data: { [KEY]: Buffer.from(url(primary, 'veza_user')).toString('base64') },
    });
    const template = { metadata: { annotations: { switchedBack: new Date().toISOString() } } };
    for (const name of [backend, chatServer])
      control.patch('deployments', namespace, name, { spec: { template } });
    await Promise.all([backend, chatServer].map((name) => control.settled(namespace, name)));
  }

  const isPromoted = async () =>
    (await standby.query('postgres', 'select not pg_is_in_recovery() as promoted'))[0]?.promoted === true;

  /** Timeline of a server that is no standby, and the history files of its data folder: one for each promotion. */
  async function timelinesOf(server: PostgresCluster) {
    const [row] = await server.query(
      'postgres',
      `select ('x' || left(pg_walfile_name(pg_current_wal_lsn()), 8))::bit(32)::int as timeline,
              array(select name from pg_ls_waldir() where name like '%.history' order by name) as histories`,
    );
    return Server.parse(row);
  }

  function secret(): Record<string, string> {
    const { data } = Secret.parse(control.get('secrets', namespace, SECRET));
    const text = (value: string) => Buffer.from(value, 'base64').toString('utf8');
    return Object.fromEntries(Object.entries(data).map(([key, value]) => [key, text(value)]));
  }

  const statefulSet = () => StatefulSet.parse(control.get('statefulsets', namespace, primarySet));

  /** The ReplicaSets of the applications: one for each template they ever had. */
  const templates = () => control.list('replicasets', namespace).map(({ metadata }) => metadata.name);

  /** What the bot changed in the cluster since the requests were cleared. */
  const patched = () =>
    control
      .requests()
      .filter(({ verb, dryRun, status }) => verb === 'patch' && !dryRun && status < 300)
      .map(({ resource, name }) => `${resource}/${name}`);

  /** The server that every pod of the application writes to, after a message was sent through one. */
  async function writesTo(): Promise<string> {
    const { keys } = await app.write(1);
    const servers = [...new Set(app.pods().map(({ server }) => server))];
    const found = [primary, standby].find(({ port }) => servers.join() === `127.0.0.1:${port}`);
    if (found === undefined || (await world.veza.countOn(found, keys)) !== 1)
      expect.fail(`The message is not on the one server of all pods: ${servers.join()}`);
    return found.name;
  }

  return {
    people,
    losePrimary,
    begin,
    approvePromotion,
    approveSwitch,
    dieAndGoOn,
    untilOver,
    switchBack,
    isPromoted,
    timelinesOf,
    secret,
    statefulSet,
    templates,
    patched,
    writesTo,
  };
}
