import { member } from './json.ts';
import type { KubeObject } from './kinds.ts';
import type { Resource } from './resources.ts';
import { failure } from './status.ts';

export type Matches = (object: KubeObject) => boolean;

type Labels = Readonly<Record<string, string>>;

export function matchesLabels(wanted: Labels, labels: Labels | undefined): boolean {
  return Object.entries(wanted).every(([key, value]) => labels?.[key] === value);
}

/** `app=x,tier!=db,env in (a,b),canary,!old` as a predicate on labels. */
function labelTerm(term: string): (labels: Labels) => boolean {
  const set = /^(\S+)\s+(in|notin)\s+\(([^)]*)\)$/.exec(term);
  if (set) {
    const [, key = '', operator, list = ''] = set;
    const values = list.split(',').map((value) => value.trim());
    return (labels) => values.includes(labels[key] ?? '\0') === (operator === 'in');
  }
  const pair = /^([^!=\s]+)\s*(=|==|!=)\s*([^=\s]*)$/.exec(term);
  if (pair) {
    const [, key = '', operator, value] = pair;
    return (labels) => (labels[key] === value) === (operator !== '!=');
  }
  const exists = /^(!?)\s*([A-Za-z0-9._/-]+)$/.exec(term);
  if (!exists) throw failure(400, `unable to parse requirement: invalid label selector "${term}"`);
  const [, not, key = ''] = exists;
  return (labels) => key in labels === (not === '');
}

const fieldsOf: Record<string, readonly string[]> = {
  pods: ['spec.nodeName', 'spec.restartPolicy', 'status.phase', 'status.podIP'],
  events: [
    'involvedObject.kind',
    'involvedObject.name',
    'involvedObject.namespace',
    'involvedObject.uid',
    'reason',
    'type',
  ],
  namespaces: ['status.phase'],
  secrets: ['type'],
  jobs: ['status.successful'],
};

function fieldTerm(resource: Resource, term: string): Matches {
  const pair = /^([^!=]+)(=|==|!=)([^=]*)$/.exec(term);
  if (!pair) throw failure(400, `invalid field selector "${term}"; can't understand '${term}'`);
  const [, path = '', operator, value] = pair;
  const known = ['metadata.name', 'metadata.namespace', ...(fieldsOf[resource.plural] ?? [])];
  if (!known.includes(path)) throw failure(400, `field label not supported: ${path}`);
  return (object) => (String(member(object, ...path.split('.')) ?? '') === value) === (operator !== '!=');
}

/** Splits at commas that are not inside `( )`. */
const terms = (selector: string) =>
  selector
    .split(/,(?![^(]*\))/)
    .map((term) => term.trim())
    .filter(Boolean);

/** The predicate for `labelSelector` and `fieldSelector` of a list or watch; 400 where they make no sense. */
export function selection(resource: Resource, query: URLSearchParams): Matches {
  const labels = terms(query.get('labelSelector') ?? '').map(labelTerm);
  const fields = terms(query.get('fieldSelector') ?? '').map((term) => fieldTerm(resource, term));
  return (object) =>
    labels.every((matches) => matches(object.metadata.labels ?? {})) &&
    fields.every((matches) => matches(object));
}
