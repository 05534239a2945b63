import type { App } from '../app.ts';
import { bad, type Check, type Finding, ok } from './finding.ts';
import type { PlannedNeed } from './needs.ts';

type Right = Extract<PlannedNeed['need'], { kind: 'kubernetes' }>;

/** Each cluster is the one that is meant, and lets the bot do what the plans need there. */
export function kubernetesChecks(app: App, needs: readonly PlannedNeed[]): readonly Check[] {
  const rights = needs.flatMap(({ need, step }) =>
    need.kind === 'kubernetes' ? [{ right: need, step }] : [],
  );
  return Object.entries(app.folder.connections.kubernetes).map(([name, { context }]) => ({
    what: `cluster ${name}`,
    look: async (signal) => {
      const uid = await app.clients.kubernetes.clusterUid(name, { signal });
      const wanted = rights.filter(({ right }) => right.connection === name);
      const missing = await Promise.all(
        wanted.map(async ({ right, step }) => {
          const { namespace, group, resource, subresource, verb, name: object } = right;
          const attributes = {
            ...{ namespace, group, resource, verb },
            ...(subresource !== undefined && { subresource }),
            ...(object !== undefined && { name: object }),
          };
          const allowed = await app.clients.kubernetes.canI(name, attributes, { signal });
          return allowed ? [] : [missingRight(name, context, right, step)];
        }),
      );
      const faults = missing.flat();
      return faults.length > 0
        ? faults
        : [ok(`cluster ${name} (${uid}): ${wanted.length} rights that plans need`)];
    },
  }));
}

/** The rule that is missing, to be compared with the file before it is applied. */
function missingRight(name: string, context: string, right: Right, step: string): Finding {
  const { namespace, group, verb } = right;
  const resource =
    right.subresource === undefined ? right.resource : `${right.resource}/${right.subresource}`;
  const names = right.name === undefined ? '' : `, resourceNames: [${right.name}]`;
  const rule = `{ apiGroups: [${group === '' ? '""' : group}], resources: [${resource}]${names}, verbs: [${verb}] }`;
  const object = `${resource}${right.name === undefined ? '' : ` ${right.name}`}`;
  return bad(
    `cluster ${name}`,
    `The bot may not ${verb} ${object} in ${namespace} (${step}). Type: kubectl --context ${context} apply -f deploy/kubernetes/role.yaml, whose Role in ${namespace} must hold the rule ${rule}`,
  );
}
