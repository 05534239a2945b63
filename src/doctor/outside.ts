import type { App } from '../app.ts';
import { AppError } from '../errors.ts';
import { bad, type Check, ok, skipped } from './finding.ts';
import type { PlannedNeed } from './needs.ts';

/** Redis servers, notice topics, and the hosts that steps ask. */
export function outsideChecks(app: App, needs: readonly PlannedNeed[]): readonly Check[] {
  return [...redisChecks(app), ...topicChecks(app), ...hostChecks(app, needs)];
}

function redisChecks({ clients, folder }: App): readonly Check[] {
  return Object.keys(folder.connections.redis).map((name) => ({
    what: `redis ${name}`,
    look: async (signal) => {
      const { version, role } = await clients.redis.inspect(name, { signal }).catch((error: unknown) => {
        if (!(error instanceof AppError) || error.code !== 'outside-unreachable') throw error;
        const next = `Check that it runs, and redis.${name}.url in connections.yml.`;
        throw new AppError(error.code, `${error.message} ${next}`, { cause: error });
      });
      const note = role === 'replica' ? 'It is a replica, which takes no writes.' : '';
      return [ok(`redis ${name} (${version}, ${role})`, note)];
    },
  }));
}

/** SNS has no question for "may I publish", and a notice on trial would reach people. */
function topicChecks({ clients, folder }: App): readonly Check[] {
  return Object.keys(folder.connections.sns).map((name) => ({
    what: `topic ${name}`,
    look: async () => [
      skipped(
        `topic ${name} (${clients.sns.topic(name)})`,
        'Publishing is not tried: people would get it. It needs what deploy/iam/notice-publish.json grants.',
      ),
    ],
  }));
}

function hostChecks({ clients }: App, needs: readonly PlannedNeed[]): readonly Check[] {
  const hosts = needs.flatMap(({ need, step }) =>
    need.kind === 'http' ? [{ host: need.connection, step }] : [],
  );
  return hosts.map(({ host, step }) => ({
    what: `host ${host}`,
    look: async () => {
      const refusals = ['http', 'https'].map((scheme) => clients.http.refusal(`${scheme}://${host}/`));
      const refusal = refusals.every((reason) => reason !== undefined) ? refusals[0] : undefined;
      return [
        refusal === undefined
          ? ok(`host ${host} is in http.allow`)
          : bad(`host ${host}`, `${refusal} (${step})`),
      ];
    },
  }));
}
