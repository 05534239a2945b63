import { member, sameJson } from './json.ts';
import type { KubeObject } from './kinds.ts';
import { schemas } from './kinds.ts';
import type { Plural, Resource } from './resources.ts';
import { resources } from './resources.ts';
import { matchesLabels } from './selectors.ts';
import { type Cause, invalid, invalidValue } from './status.ts';

/** The object with the kind's defaults, or 422 with a cause for each fault. */
export function validate(plural: Plural, object: KubeObject, before?: KubeObject): KubeObject {
  const resource: Resource = resources[plural];
  const parsed = schemas[plural].safeParse(object);
  const causes: Cause[] = parsed.success
    ? [...nameFaults(parsed.data), ...selectorFaults(parsed.data), ...immutableFaults(parsed.data, before)]
    : parsed.error.issues.map((issue) =>
        invalidValue(fieldPath(issue.path), member(object, ...issue.path), issue.message),
      );
  if (!parsed.success || causes.length > 0) {
    throw invalid(resource.kind, resource.group, object.metadata.name, causes);
  }
  return parsed.data;
}

/** `spec.template.spec.containers[0].image` */
function fieldPath(path: readonly PropertyKey[]): string {
  return path.reduce<string>(
    (text, key) =>
      typeof key === 'number' ? `${text}[${key}]` : text ? `${text}.${String(key)}` : String(key),
    '',
  );
}

const validName = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;

function nameFaults(object: KubeObject): Cause[] {
  const { name } = object.metadata;
  if (name.length > 253) return [invalidValue('metadata.name', name, 'must be no more than 253 characters')];
  if (validName.test(name)) return [];
  const why =
    'a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, "-" or ".", and must start and end with an alphanumeric character';
  return [invalidValue('metadata.name', name, why)];
}

const workloads = ['Deployment', 'StatefulSet', 'ReplicaSet'];

function selectorFaults(object: KubeObject): Cause[] {
  if (!workloads.includes(object.kind)) return [];
  const wanted = stringMap(member(object, 'spec', 'selector', 'matchLabels'));
  const labels = stringMap(member(object, 'spec', 'template', 'metadata', 'labels'));
  if (Object.keys(wanted).length === 0) {
    return [invalidValue('spec.selector', {}, 'empty selector is invalid for this workload')];
  }
  if (matchesLabels(wanted, labels)) return [];
  return [
    invalidValue('spec.template.metadata.labels', labels, '`selector` does not match template `labels`'),
  ];
}

function immutableFaults(object: KubeObject, before: KubeObject | undefined): Cause[] {
  if (!before) return [];
  const fields: string[][] = [['metadata', 'uid']];
  if (workloads.includes(object.kind)) fields.push(['spec', 'selector']);
  if (object.kind === 'Job') fields.push(['spec', 'template']);
  if (object.kind === 'Secret') fields.push(['type']);
  if (before.immutable === true) fields.push(['data'], ['immutable']);
  return fields
    .filter((path) => !sameJson(member(object, ...path), member(before, ...path)))
    .map((path) => invalidValue(path.join('.'), member(object, ...path), 'field is immutable'));
}

function stringMap(value: unknown): Record<string, string> {
  if (typeof value !== 'object' || value === null) return {};
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, String(one)]));
}
