import { setTimeout as sleep } from 'node:timers/promises';
import type { Kubernetes } from '../kubernetes/kubernetes.ts';
import { releaseBad } from '../kubernetes/release.ts';
import type { PostgresCluster } from '../postgres.ts';
import { untilCaughtUp } from '../postgres-standby.ts';
import type { VezaApp, Written } from './app.ts';
import { backend, namespace, primarySet, repository } from './cluster.ts';
import { slot } from './numbers.ts';

/** The accidents of Veza. Those of the standby are for tests of what must be refused. */
export function createDamage(veza: {
  primary: PostgresCluster;
  standby: PostgresCluster;
  app: VezaApp;
  kubernetes: Pick<Kubernetes, 'control'>;
}) {
  const { primary, standby, app, kubernetes } = veza;
  const { control } = kubernetes;

  /**
   * kill -9 of the primary, after exactly `unreplicated` messages were acknowledged and not sent to the standby; everything
   * acknowledged before is there. `machine: 'up'`: its pod crash-loops and goes away when it is scaled down; `lost`: the pod
   * is not Ready and never goes away. Neither comes back before `returnPrimary`. `lastMoment` runs right before the crash.
   */
  async function losePrimary({
    unreplicated = 0,
    machine = 'up',
    lastMoment = async () => {},
  }: {
    unreplicated?: number;
    machine?: 'up' | 'lost';
    lastMoment?: () => Promise<void>;
  } = {}) {
    const release = await app.hold();
    try {
      await untilCaughtUp(primary, standby.name);
      await primary.pauseReplication();
      const lost: Written = { ids: [], keys: [] };
      for (let n = 0; n < unreplicated; n += 1) {
        const { ids, keys } = await app.write(1);
        lost.ids.push(...ids);
        lost.keys.push(...keys);
      }
      await lastMoment();
      await primary.kill();
      if (machine === 'up') control.setCrashLoop(namespace, primarySet, true);
      else control.setNodeLost(namespace, primarySet, true);
      return {
        said: `Killed ${primary.name} with ${unreplicated} acknowledged messages that its standby never got.`,
        at: new Date(),
        lost,
        acknowledged: app.acknowledged(),
      };
    } finally {
      release();
    }
  }

  /** Nothing keeps the primary's pod from running any more; where the StatefulSet wants one, the server starts with it. */
  function repairMachine(): void {
    control.setCrashLoop(namespace, primarySet, false);
    control.setNodeLost(namespace, primarySet, false);
  }

  /** Somebody starts the old primary again, fenced or not: it takes writes as if nothing had happened. */
  async function returnPrimary(): Promise<void> {
    repairMachine();
    await primary.start();
  }

  /** Rolls out an image whose pods never become ready. Done when no pod of the former release serves any more. */
  async function releaseBackend(version = '2.8.0') {
    const released = releaseBad(kubernetes, { namespace, deployment: backend, repository, version });
    while (app.pods().length > 0) await sleep(20);
    return released;
  }

  /** The standby falls behind by at least so many bytes; replication stays paused until `catchUp`. */
  async function lag(bytes: number): Promise<void> {
    await primary.pauseReplication();
    await primary.query('postgres', `select pg_logical_emit_message(true, 'lag', repeat('x', $1))`, [bytes]);
  }

  /** The standby was promoted by mistake and made a standby again: it is on a timeline the primary knows nothing of. */
  async function strayStandby(): Promise<void> {
    await standby.query('postgres', 'select pg_promote(true, 30)');
    await standby.query('postgres', 'checkpoint');
    await standby.stop();
    await standby.shell('touch "$PGDATA/standby.signal"');
    await standby.start();
  }

  /** The standby streams without a slot, and the primary has none. */
  async function dropSlot(): Promise<void> {
    await standby.psql('postgres', `alter system set primary_slot_name = ''; select pg_reload_conf();`);
    for (;;) {
      const dropped = await primary.query('postgres', 'select pg_drop_replication_slot($1)', [slot]).then(
        () => true,
        () => false,
      );
      if (dropped) return untilCaughtUp(primary, standby.name);
      await sleep(20);
    }
  }

  return {
    losePrimary,
    repairMachine,
    returnPrimary,
    releaseBad: releaseBackend,
    lag,
    catchUp: () => primary.resumeReplication(),
    strayStandby,
    dropSlot,
    loseStandby: () => standby.kill(),
    returnStandby: () => standby.start(),
  };
}
