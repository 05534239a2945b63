import type { App } from './app.ts';
import { scrub } from './clients/secrets.ts';
import { backupChecks } from './doctor/backups.ts';
import { configurationChecks } from './doctor/configuration.ts';
import { type Finding, runChecks } from './doctor/finding.ts';
import { kubernetesChecks } from './doctor/kubernetes.ts';
import { plannedNeeds } from './doctor/needs.ts';
import { outsideChecks } from './doctor/outside.ts';
import { postgresChecks } from './doctor/postgres.ts';
import { programChecks } from './doctor/programs.ts';
import { slackChecks } from './doctor/slack.ts';
import { storeChecks } from './doctor/store.ts';

/**
 * Looks at everything the plans rest on and changes nothing. Every finding is one line, ok or what to type, in the order
 * in which one would mend things, and none of them holds a secret.
 */
export async function runDoctor(app: App): Promise<readonly Finding[]> {
  const { needs, findings } = plannedNeeds(app);
  const found = await runChecks([
    ...storeChecks(app),
    ...configurationChecks(app),
    ...slackChecks(app),
    ...programChecks(app),
    ...postgresChecks(app),
    ...backupChecks(app),
    ...kubernetesChecks(app, needs),
    ...outsideChecks(app, needs),
  ]);
  const clean = cleaner(app);
  return [...found, ...findings].map((finding) => ({
    ...finding,
    what: clean(finding.what),
    say: clean(finding.say),
  }));
}

/** One line of text without the secrets of connections.yml and of the bot's own environment. */
function cleaner({ config }: App): (text: string) => string {
  const password = new URL(config.DR_DATABASE_URL).password;
  const tokens = Object.entries(config).flatMap(([name, value]) =>
    /TOKEN|SECRET/.test(name) && typeof value === 'string' ? [value] : [],
  );
  // Shorter ones are words of ordinary text.
  const secrets = [password, ...tokens].filter((secret) => secret.length >= 6);
  return (text) =>
    secrets
      .reduce((clean, secret) => clean.replaceAll(secret, '[hidden]'), scrub(text))
      .replace(/\s*\n\s*/g, ' ');
}
