import { startAws } from '../aws.ts';
import type { SandboxFolder } from '../folder.ts';
import { type KubernetesOptions, startKubernetes } from '../kubernetes/kubernetes.ts';
import type { Parts } from '../parts.ts';
import { startPostgres } from '../postgres.ts';
import { replicationSettings, startStandby } from '../postgres-standby.ts';
import { startProber } from '../prober.ts';
import type { Programs } from '../programs.ts';
import { startApp } from './app.ts';
import { createChatServer } from './chat-server.ts';
import { backend, chatServer, databaseUrlIn, namespace, primarySet, seedVeza } from './cluster.ts';
import { createDamage } from './damage.ts';
import { createVezaDatabase } from './database.ts';
import { database, sizes, slot } from './numbers.ts';

export type Veza = Awaited<ReturnType<typeof startVeza>>;

export type VezaOptions = {
  folder: SandboxFolder;
  programs: Programs;
  parts: Parts;
  now?: Date;
  kubernetes?: KubernetesOptions;
};

/** Veza: a primary and its streaming standby, the cluster that the primary's pod, its backend API and its chat server live in. */
export async function startVeza(options: VezaOptions) {
  const { folder, programs, parts, now = new Date() } = options;
  const here = { folder, programs };
  const databases = parts.watch(startDatabases());
  // Begun after the servers and so ended before them: no pod starts a server again that was stopped.
  const clustering = parts.begin(
    'Veza’s Kubernetes',
    startKubernetes({ context: 'veza', ...options.kubernetes }),
  );
  const storing = parts.begin('Veza’s S3', startAws({ bucket: 'veza-backups', topic: 'veza' }));
  const [{ primary, standby, url }, kubernetes, aws] = await Promise.all([databases, clustering, storing]);
  parts.log('Veza’s data is there, and its standby streams');
  const { control } = kubernetes;

  seedVeza(kubernetes, url(primary, 'veza_user'), now);
  const databaseUrl = () => databaseUrlIn(kubernetes);
  const app = await parts.begin(backend, startApp({ databaseUrl, acknowledged: sizes.messages }));
  const chat = createChatServer({ databaseUrl });
  parts.atEnd(chat.stop);
  await Promise.all([
    control.setProgram(namespace, primarySet, { start: primary.start, stop: () => primary.stop('fast') }),
    control.setProgram(namespace, backend, app.program),
    control.setProgram(namespace, chatServer, chat.program),
  ]);
  const prober = startProber({ url: `${app.url}/health` });
  parts.atEnd(prober.stop);

  return {
    primary,
    standby,
    /** The connection string of one of Veza's roles on either server. */
    url,
    kubernetes,
    /** Its bucket is empty: nobody has made a backup yet. */
    aws,
    app,
    prober,
    damage: createDamage({ primary, standby, app, kubernetes }),
    /** How many of these messages a server has. */
    async countOn(server: typeof primary, keys: readonly string[]): Promise<number> {
      const [row] = await server.query(
        database,
        'select count(*)::int as n from messages where key = any ($1)',
        [keys],
      );
      return Number(row?.n);
    },
  };

  async function startDatabases() {
    const primary = await parts.begin(
      'Veza’s primary',
      startPostgres({ ...here, name: 'veza-db-1', settings: replicationSettings }),
    );
    const { url, replicator } = await createVezaDatabase(primary, now);
    const standby = await parts.begin(
      'Veza’s standby',
      startStandby({ ...here, name: 'veza-db-2', of: primary, slot, role: replicator }),
    );
    return { primary, standby, url };
  }
}
