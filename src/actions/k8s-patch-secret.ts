import type { SecretChange, SecretView } from '../clients/kubernetes-secrets.ts';
import type { Output } from '../domain/step.ts';
import { hasSymbols } from '../domain/template.ts';
import { AppError } from '../errors.ts';
import { type ActionContext, defineAction, type Observation, type Outcome } from './action.ts';
import { assertNotSuperseded, markOf, marksFor, standingMark, undoneMarksFor } from './k8s-mark.ts';
import {
  keptByAnother,
  keptKey,
  missingSecret,
  otherValue,
  Params,
  recreatedSecret,
  undoFailed,
} from './k8s-secret-key.ts';
import {
  checkValue,
  lookAtValue,
  missingSecretRights,
  readersOf,
  reasonsAgainst,
  valueRef,
} from './k8s-secret-look.ts';
import { boundTo, kubectlPlace, needsOf } from './k8s-workload.ts';
import { named } from './pg-words.ts';

export const k8sPatchSecret = defineAction<Params>({
  name: 'k8s.patchSecret',
  summary: 'Gives one key of a Secret a new value and keeps the former one in the same Secret.',
  schema: Params,
  class: 'reversible',
  recovery: 'observe',
  gives: {
    key: 'the key that was changed',
    kept: 'the key that holds the former value',
    before: 'fingerprint of the former value',
    now: 'fingerprint of the new value',
  },

  async preview(context, params) {
    const { clients, signal, phase } = context;
    const { cluster, namespace, secret: name, key, consumers: deployments } = params;
    const what = `\`${key}\` in secret \`${name}\` of \`${namespace}\``;
    const unknown = { lines: [`Change ${what}`], bound: null, shown: [], undo: [] };
    if (hasSymbols([cluster, namespace, name, key, params.value, ...deployments])) {
      return {
        ...unknown,
        blocked: phase === 'gate' ? [`${what} is not known yet. Name it in the plan.`] : [],
      };
    }
    const clusterUid = await clients.kubernetes.clusterUid(cluster, { signal });
    const rights = await missingSecretRights(context, params);
    if (rights.length > 0) return { ...unknown, blocked: rights };
    const secret = await readSecret(context, params);
    if (secret === undefined) return { ...unknown, blocked: [missingSecret(params)] };
    const [{ consumers, others, faults }, value, now] = await Promise.all([
      readersOf(context, params),
      lookAtValue(context, params, secret),
      secret.fingerprint(key),
    ]);
    const { wanted } = value;
    const known = now !== undefined && wanted !== undefined;
    const change = now === wanted ? `stays at ${now}, which it is already` : `${now} → ${wanted}`;
    const kept = phase === 'plan' ? 'another key' : `\`${keptKey(context, params)}\``;
    return {
      lines: [
        known ? `${what}: ${change} (fingerprints, never values)` : `Change ${what}`,
        `The former value stays in that secret under ${kept}`,
        `Read by ${named(deployments)}, seen after a restart`,
        ...others.map(
          (reader) =>
            `${reader.kind} \`${reader.name}\` reads it too: the old value until somebody restarts it`,
        ),
      ],
      bound: {
        readers: boundTo(clusterUid, { cluster, namespace, deployments }, consumers, () => ({ reads: key })),
        secret: { name, uid: secret.uid, key, now: now ?? null, wanted: wanted ?? null },
        check: params.check ?? null,
      },
      shown: value.shown,
      undo: known
        ? [`\`${key}\` goes back to ${now}; pods that started since keep the new value until a restart`]
        : [],
      blocked: [...reasonsAgainst(params, secret), ...value.faults, ...faults],
      ...(known && { output: outputOf(context, params, now, wanted) }),
    };
  },

  async run(context, params) {
    const ref = valueRef(context, params);
    const first = await readSecret(context, params);
    if (first === undefined) throw new AppError('outside-refused', missingSecret(params));
    if (standingMark(context, first) === undefined) await checkValue(context, params, ref);
    const patched = await patchSecret(context, params, async (now) => {
      assertNotSuperseded(context, first, now);
      const reasons = now.uid === first.uid ? reasonsAgainst(params, now) : [recreatedSecret(params)];
      if (reasons.length > 0) throw new AppError('target-refused', reasons.join(' '), { details: reasons });
      const mark = standingMark(context, now);
      const present = await now.fingerprint(params.key);
      if (mark !== undefined && mark.wrote === present) return undefined;
      const kept = keptKey(context, params);
      if (mark === undefined && now.keys.includes(kept)) throw keptByAnother(params, kept);
      const wrote = await now.fingerprintFor(params.key, ref);
      return {
        annotations: marksFor(context, mark?.previous ?? present ?? '', wrote),
        // An attempt after the first never takes what stands there now for the former value.
        values: {
          [params.key]: { from: ref },
          ...(mark === undefined && { [kept]: { copyOf: params.key } }),
        },
      };
    });
    return doneOf(context, params, patched);
  },

  async verify(context, params, output) {
    const secret = await readSecret(context, params);
    const present = await secret?.fingerprint(params.key);
    if (present !== undefined && present === output.now) return;
    throw new AppError('check-failed', `${otherValue(params, present, output.now)}.`);
  },

  async observe(context, params): Promise<Observation> {
    const secret = await readSecret(context, params);
    if (secret === undefined) return { happened: 'unknown', seen: [missingSecret(params)] };
    const mark = standingMark(context, secret);
    if (mark === undefined) return { happened: 'no' };
    const present = await secret.fingerprint(params.key);
    if (present === mark.wrote) return { happened: 'yes', outcome: doneOf(context, params, secret) };
    return {
      happened: 'unknown',
      seen: [otherValue(params, present, mark.wrote)],
      howToTell: `kubectl get secret ${params.secret} ${kubectlPlace(params)} -o jsonpath='{.metadata.managedFields}'   # who wrote it and when, without values`,
    };
  },

  async undo(context, params, output) {
    const { key } = params;
    const kept = keptKey(context, params);
    const secret = await patchSecret(context, params, async (now) => {
      const mark = markOf(context, now);
      const present = await now.fingerprint(key);
      if (now.keys.includes(kept)) {
        const former = await now.fingerprint(kept, key);
        if (present !== (output.now ?? mark?.wrote) && present !== former)
          throw undoFailed(params, 'somebody gave it another value since, which would be lost');
        return {
          annotations: undoneMarksFor(context, former ?? null),
          values: { [key]: { copyOf: kept }, [kept]: null },
        };
      }
      if (mark?.undone || (present !== undefined && present === output.before)) return undefined;
      if (mark !== undefined || output.now !== undefined)
        throw undoFailed(params, `its former value is no longer kept as \`${kept}\``);
      return { annotations: undoneMarksFor(context, null), values: {} };
    });
    const former = markOf(context, secret)?.previous ?? output.before;
    if (former === undefined)
      return { summary: 'nothing to take back: the secret was not changed', facts: [] };
    const readers = `${named(params.consumers)}: pods keep the value they started with until a restart`;
    return { summary: `\`${key}\` back to ${former}`, facts: [{ name: 'read by', value: readers }] };
  },

  byHand(params) {
    const { secret, key } = params;
    const place = kubectlPlace(params);
    return [
      `kubectl get secret ${secret} ${place} -o jsonpath='{.data.${key.replaceAll('.', '\\.')}}' > former.b64   # the way back: guard it, delete it afterwards`,
      `read -rs VALUE   # type the value of "${params.value}": neither the screen nor the list of processes shows it`,
      `printf '{"data":{"${key}":"%s"}}' "$(printf %s "$VALUE" | base64 -w0)" | kubectl patch secret ${secret} ${place} --patch-file /dev/stdin`,
    ];
  },

  needs(params) {
    const { cluster: connection, namespace, secret: name, consumers } = params;
    const right = {
      kind: 'kubernetes',
      connection,
      namespace,
      group: '',
      resource: 'secrets',
      name,
    } as const;
    return [
      ...needsOf({ ...params, deployments: consumers }, { patch: false, scalers: false }),
      { ...right, verb: 'get' },
      { ...right, verb: 'patch' },
      { kind: 'secret', name: params.value },
    ];
  },
});

function readSecret(
  { clients, signal }: ActionContext,
  { cluster, namespace, secret }: Params,
): Promise<SecretView | undefined> {
  return clients.kubernetes.readSecret(cluster, namespace, secret, { signal });
}

function patchSecret(
  { clients, signal }: ActionContext,
  { cluster, namespace, secret }: Params,
  decide: (now: SecretView) => Promise<SecretChange | undefined>,
): Promise<SecretView> {
  return clients.kubernetes.patchSecret(cluster, namespace, secret, decide, { signal });
}

/** By the record on the Secret, so that an outcome found afterwards says the same as one reported at once. */
function doneOf(
  context: ActionContext,
  params: Params,
  secret: SecretView,
): Extract<Outcome, { kind: 'done' }> {
  const { previous = '', wrote = '' } = markOf(context, secret) ?? {};
  const { key, secret: name } = params;
  const kept = keptKey(context, params);
  const forget = `kubectl patch secret ${name} ${kubectlPlace(params)} --type json -p '[{"op":"remove","path":"/data/${kept}"}]'`;
  return {
    kind: 'done',
    summary:
      key.length <= LONGEST_IN_SUMMARY ? `\`${key}\` ${previous} → ${wrote}` : `${previous} → ${wrote}`,
    output: outputOf(context, params, previous, wrote),
    facts: [
      { name: key, value: `${previous} → ${wrote} (fingerprints)` },
      { name: 'former value', value: `kept in secret ${name} as ${kept}` },
      { name: 'to forget it', value: forget },
      { name: 'read by', value: `${named(params.consumers)}, seen after a restart` },
    ],
  };
}

/** A card's line has room for 60 characters. */
const LONGEST_IN_SUMMARY = 34;

function outputOf(context: ActionContext, params: Params, before: string, now: string): Output {
  return { key: params.key, kept: keptKey(context, params), before, now };
}
