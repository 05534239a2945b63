import type { App } from '../app.ts';
import { vulnerable } from '../clients/programs.ts';
import { verifySignature } from '../clients/ssh.ts';
import { bad, type Check, type Finding, ok, warned } from './finding.ts';

/** The programs of this machine that a run starts. */
export function programChecks(app: App): readonly Check[] {
  return [
    { what: 'psql, pg_restore', look: (signal) => postgresPrograms(app, signal) },
    { what: 'ssh-keygen', look: sshKeygen },
  ];
}

async function postgresPrograms({ clients, folder }: App, signal: AbortSignal): Promise<readonly Finding[]> {
  const version = await clients.programs.clientVersion({ signal });
  const what = `psql, pg_restore ${version.text}`;
  const holes = vulnerable(version);
  if (holes === undefined) return [ok(what)];
  const say = `Known holes: ${holes.cves.join(', ')}. Upgrade postgresql-client-${holes.package} to ${holes.fixedIn} or newer.`;
  const reason = folder.connections.allowVulnerableClients;
  return [
    reason === undefined ? bad(what, say) : warned(what, `${say} Allowed by connections.yml: ${reason}`),
  ];
}

/** Asked to verify what is no signature it says no, and where it is missing it cannot even say that. */
async function sshKeygen(): Promise<readonly Finding[]> {
  await verifySignature(['ssh-ed25519 AAAA'], 'doctor', 'no signature');
  return [ok('ssh-keygen')];
}
