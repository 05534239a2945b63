import type { IncomingMessage } from 'node:http';
import { isPlural, type Plural, type Resource, resources, type Verb } from './resources.ts';
import { failure } from './status.ts';

/** A request for a resource, as the API server's authorisation sees it. */
export interface ResourceRequest {
  readonly verb: Verb;
  readonly resource: Resource;
  readonly plural: Plural;
  readonly subresource: string;
  readonly namespace: string;
  /** In a list or watch: the name that `fieldSelector=metadata.name=x` asks for. */
  readonly name: string;
  readonly query: URLSearchParams;
  readonly dryRun: boolean;
  readonly contentType: string;
  /** Who asks, as `metadata.managedFields` will name them. */
  readonly manager: string;
}

const path =
  /^\/(?:api\/(?<core>v1)|apis\/(?<group>[^/]+)\/(?<version>[^/]+))(?:\/namespaces\/(?<namespace>[^/]+)(?=\/.))?\/(?<plural>[^/]+)(?:\/(?<name>[^/]+))?(?:\/(?<subresource>[^/]+))?$/;

export const notServed = () => failure(404, 'the server could not find the requested resource');

/** Reads method and path; undefined when the path names no resource that this server keeps. */
export function parseRequest(
  request: IncomingMessage,
  url: URL,
  served: readonly Resource[],
): ResourceRequest | undefined {
  const parts = resourcePath(url.pathname);
  if (!parts || !isPlural(parts.plural)) return undefined;
  const resource: Resource = resources[parts.plural];
  if (!served.includes(resource) || resource.group !== parts.group || resource.version !== parts.version)
    return undefined;
  if (parts.subresource && !resource.subresources.includes(parts.subresource)) return undefined;
  if (parts.name && resource.namespaced && !parts.namespace) return undefined;
  const verb = verbOf(request.method ?? 'GET', parts.name !== '', isTrue(url.searchParams.get('watch')));
  if (!verb) throw failure(405, 'the server does not allow this method on the requested resource');
  const selected = /(?:^|,)metadata\.name==?([^,]+)/.exec(url.searchParams.get('fieldSelector') ?? '')?.[1];
  return {
    verb,
    resource,
    plural: parts.plural,
    subresource: parts.subresource,
    namespace: parts.namespace,
    name: parts.name || (selected ?? ''),
    query: url.searchParams,
    dryRun: dryRunOf(url.searchParams),
    contentType: (request.headers['content-type'] ?? 'application/json').split(';')[0]?.trim() ?? '',
    manager:
      url.searchParams.get('fieldManager') ||
      (request.headers['user-agent'] ?? '').split('/')[0] ||
      'unknown',
  };
}

function resourcePath(pathname: string) {
  const groups = path.exec(decodeURIComponent(pathname))?.groups;
  if (!groups) return undefined;
  const { core, group = '', version = '', namespace = '', plural = '', name = '', subresource = '' } = groups;
  const found = { group, version: core ?? version, plural, name, subresource };
  // In /api/v1/namespaces/x the namespace is the object itself, and requests on it are authorised "in" it.
  return { ...found, namespace: plural === 'namespaces' ? name : namespace };
}

function verbOf(method: string, named: boolean, watch: boolean): Verb | undefined {
  switch (method) {
    case 'GET':
      return watch ? 'watch' : named ? 'get' : 'list';
    case 'POST':
      return named ? undefined : 'create';
    case 'PUT':
      return named ? 'update' : undefined;
    case 'PATCH':
      return named ? 'patch' : undefined;
    case 'DELETE':
      return named ? 'delete' : 'deletecollection';
    default:
      return undefined;
  }
}

function dryRunOf(query: URLSearchParams): boolean {
  const asked = query.getAll('dryRun').filter(Boolean);
  if (asked.some((value) => value !== 'All')) {
    throw failure(422, `dryRun: Unsupported value: ${JSON.stringify(asked)}: supported values: "All"`);
  }
  return asked.length > 0;
}

export const isTrue = (value: string | null) => value === 'true' || value === '1';
