import type { ContainerSpec, PodTemplate, Variable } from '../clients/kubernetes-objects.ts';
import { canonicalJson, digestOf, toJson } from '../domain/canonical.ts';
import { looksSecret } from './k8s-redact.ts';

/** What a restart leaves in a template, by kubectl or by the bot. It makes new pods of the same version. */
const RESTARTS = ['kubectl.kubernetes.io/restartedAt', 'dr-bot/restarted-by'];

/** Two templates with the same hash make the same pods, whenever they were last restarted. */
export function templateHash({ metadata, spec }: PodTemplate): string {
  const annotations = Object.entries(metadata?.annotations ?? {}).filter(
    ([name]) => !RESTARTS.includes(name),
  );
  const own = { ...metadata, annotations: Object.fromEntries(annotations) };
  return digestOf('pod-template', toJson({ metadata: own, spec }));
}

/** For a person to tell two templates apart. */
export const shortHash = (hash: unknown) => String(hash).slice(0, 10);

/** What becomes different, one line each. A value that looks secret is never shown, only that it changes. */
export function templateDiff(from: PodTemplate, to: PodTemplate): readonly string[] {
  const before = containersIn(from);
  const after = containersIn(to);
  const names = [...new Set([...before.keys(), ...after.keys()])];
  const lines = names.flatMap((name) => containerDiff(name, before.get(name), after.get(name)));
  const rest = [
    ...changedMembers({ ...from.spec, ...WITHOUT_CONTAINERS }, { ...to.spec, ...WITHOUT_CONTAINERS }),
    ...changedMembers(from.metadata ?? {}, to.metadata ?? {}),
  ];
  return rest.length === 0 ? lines : [...lines, `also changes: ${rest.join(', ')}`];
}

const WITHOUT_CONTAINERS = { containers: null, initContainers: null };

function containersIn({ spec }: PodTemplate): ReadonlyMap<string, ContainerSpec> {
  const all = [...(spec?.containers ?? []), ...(spec?.initContainers ?? [])];
  return new Map(all.map((container) => [container.name, container]));
}

function containerDiff(
  name: string,
  from: ContainerSpec | undefined,
  to: ContainerSpec | undefined,
): readonly string[] {
  if (from === undefined) return [`\`${name}\`: comes back, image \`${to?.image}\``];
  if (to === undefined) return [`\`${name}\`: goes away, image \`${from.image}\``];
  const image = from.image === to.image ? [] : [`\`${name}\`: image \`${from.image}\` → \`${to.image}\``];
  const env = envDiff(from.env ?? [], to.env ?? []);
  const others = changedMembers({ ...from, image: null, env: null }, { ...to, image: null, env: null });
  return [
    ...image,
    ...(env.length === 0 ? [] : [`\`${name}\`: ${env.join(', ')}`]),
    ...(others.length === 0 ? [] : [`\`${name}\` also changes: ${others.join(', ')}`]),
  ];
}

function envDiff(from: readonly Variable[], to: readonly Variable[]): readonly string[] {
  const before = new Map(from.map((variable) => [variable.name, variable]));
  const after = new Map(to.map((variable) => [variable.name, variable]));
  return [...new Set([...before.keys(), ...after.keys()])].flatMap((name) => {
    const [old, next] = [before.get(name), after.get(name)];
    if (old === undefined) return [`\`${name}\` comes back`];
    if (next === undefined) return [`\`${name}\` goes away`];
    if (sameJson(old, next)) return [];
    const [was, is] = [old.value, next.value];
    const plain = was !== undefined && is !== undefined && ![was, is].some((value) => isHidden(name, value));
    return [plain ? `\`${name}\` \`${was}\` → \`${is}\`` : `\`${name}\` changes`];
  });
}

const LONGEST_SHOWN = 40;
const isHidden = (name: string, value: string) =>
  value === '' || value.length > LONGEST_SHOWN || looksSecret(name, value);

/** Names of the members that differ; what they hold may be long, and may be secret. */
function changedMembers(from: object, to: object): readonly string[] {
  const before = new Map(Object.entries(from));
  const after = new Map(Object.entries(to));
  return [...new Set([...before.keys(), ...after.keys()])].filter(
    (name) => !sameJson(before.get(name), after.get(name)),
  );
}

function sameJson(a: unknown, b: unknown): boolean {
  return canonicalJson(toJson(a)) === canonicalJson(toJson(b));
}
