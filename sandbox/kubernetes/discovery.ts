import { groupVersion, type Resource } from './resources.ts';

const verbs = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'];

/** What the API server says of itself: `/version`, health, and the groups, versions and resources it serves. */
export function describe(path: string, served: readonly Resource[]): object | string | undefined {
  const versions = [...new Set(served.map(groupVersion))].filter((version) => version !== 'v1');
  switch (path) {
    case '/version':
      return { major: '1', minor: '36', gitVersion: 'v1.36.0-sandbox', platform: 'linux/amd64' };
    case '/healthz':
    case '/livez':
    case '/readyz':
      return 'ok';
    case '/api':
      return { kind: 'APIVersions', versions: ['v1'] };
    case '/apis':
      return { kind: 'APIGroupList', apiVersion: 'v1', groups: versions.map(groupOf) };
    case '/api/v1':
      return resourceList('v1', served);
    default: {
      const version = path.replace(/^\/apis\//, '');
      return versions.includes(version) ? resourceList(version, served) : undefined;
    }
  }
}

function groupOf(version: string) {
  const [name = '', number = ''] = version.split('/');
  const preferredVersion = { groupVersion: version, version: number };
  return { name, versions: [preferredVersion], preferredVersion };
}

function resourceList(version: string, served: readonly Resource[]) {
  const here = served.filter((resource) => groupVersion(resource) === version);
  const entries = here.flatMap(({ plural, kind, namespaced, subresources }) => [
    { name: plural, singularName: kind.toLowerCase(), kind, namespaced, verbs },
    ...subresources.map((subresource) => ({
      name: `${plural}/${subresource}`,
      singularName: '',
      kind: subresource === 'scale' ? 'Scale' : kind,
      namespaced,
      verbs: subresource === 'log' ? ['get'] : ['get', 'patch', 'update'],
    })),
  ]);
  return { kind: 'APIResourceList', apiVersion: 'v1', groupVersion: version, resources: entries };
}
