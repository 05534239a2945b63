import { randomBytes } from 'node:crypto';

/** One RBAC rule. Subresources are named as in RBAC: `deployments/scale`. No `namespaces` = the whole cluster. */
export interface Rule {
  readonly verbs: readonly string[];
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly resourceNames?: readonly string[];
  readonly namespaces?: readonly string[];
}

export interface Access {
  readonly verb: string;
  readonly group: string;
  readonly resource: string;
  readonly subresource: string;
  readonly namespace: string;
  readonly name: string;
}

interface Account {
  readonly token: string;
  rules: readonly Rule[];
}

const everything: Rule = { verbs: ['*'], apiGroups: ['*'], resources: ['*'] };
const clusterFacts: Rule = {
  verbs: ['get'],
  apiGroups: [''],
  resources: ['namespaces'],
  resourceNames: ['kube-system'],
};

/** What a Role of least privilege gives the bot in one namespace: read the workloads, patch the named ones and the named secrets, create Jobs. */
export function leastPrivilege(scope: {
  readonly namespace: string;
  readonly deployments?: readonly string[];
  readonly statefulsets?: readonly string[];
  readonly secrets?: readonly string[];
}): Rule[] {
  const namespaces = [scope.namespace];
  const read = ['get', 'list', 'watch'];
  const patchOnly = (plural: string, resourceNames: readonly string[]): Rule => ({
    verbs: ['patch'],
    apiGroups: ['apps'],
    resources: [plural, `${plural}/scale`],
    resourceNames,
    namespaces,
  });
  return [
    clusterFacts,
    { verbs: read, apiGroups: [''], resources: ['pods', 'events'], namespaces },
    { verbs: ['get'], apiGroups: [''], resources: ['pods/log'], namespaces },
    {
      verbs: read,
      apiGroups: ['apps'],
      resources: ['deployments', 'statefulsets', 'replicasets'],
      namespaces,
    },
    {
      verbs: ['get'],
      apiGroups: ['apps'],
      resources: ['deployments/scale', 'statefulsets/scale'],
      namespaces,
    },
    { verbs: read, apiGroups: ['autoscaling'], resources: ['horizontalpodautoscalers'], namespaces },
    { verbs: read, apiGroups: ['keda.sh'], resources: ['scaledobjects'], namespaces },
    { verbs: [...read, 'create'], apiGroups: ['batch'], resources: ['jobs'], namespaces },
    { verbs: read, apiGroups: ['batch'], resources: ['cronjobs'], namespaces },
    { verbs: ['list'], apiGroups: [''], resources: ['persistentvolumeclaims'], namespaces },
    ...(scope.deployments?.length ? [patchOnly('deployments', scope.deployments)] : []),
    ...(scope.statefulsets?.length ? [patchOnly('statefulsets', scope.statefulsets)] : []),
    ...(scope.secrets?.length
      ? [
          {
            verbs: ['get', 'patch'],
            apiGroups: [''],
            resources: ['secrets'],
            resourceNames: scope.secrets,
            namespaces,
          },
        ]
      : []),
  ];
}

export type Users = ReturnType<typeof createUsers>;

/** Who may call the API server, by bearer token. `admin` exists from the start and may do everything. */
export function createUsers() {
  const accounts = new Map<string, Account>();

  function rulesOf(user: string): readonly Rule[] {
    return accounts.get(user)?.rules ?? [];
  }

  function setRules(user: string, rules: readonly Rule[], token?: string): void {
    accounts.set(user, {
      token: token ?? accounts.get(user)?.token ?? randomBytes(24).toString('base64url'),
      rules,
    });
  }

  setRules('admin', [everything]);

  return {
    rulesOf,
    setRules,

    tokenOf(user: string): string {
      const account = accounts.get(user);
      if (!account)
        throw new Error(`There is no user ${user} in this cluster; setRules("${user}", …) makes one.`);
      return account.token;
    },

    userOf(token: string): string | undefined {
      for (const [user, account] of accounts) if (account.token === token) return user;
      return undefined;
    },

    allows(user: string, access: Access): boolean {
      return rulesOf(user).some((rule) => grants(rule, access));
    },
  };
}

function grants(rule: Rule, access: Access): boolean {
  const covers = (allowed: readonly string[], asked: string) =>
    allowed.includes('*') || allowed.includes(asked);
  const resource = access.subresource ? `${access.resource}/${access.subresource}` : access.resource;
  return (
    covers(rule.verbs, access.verb) &&
    covers(rule.apiGroups, access.group) &&
    covers(rule.resources, resource) &&
    (!rule.resourceNames || rule.resourceNames.includes(access.name)) &&
    (!rule.namespaces || rule.namespaces.includes(access.namespace))
  );
}

/** The text of a 403, with the words of a real API server. */
export function forbiddenMessage(user: string, access: Access): string {
  const kind = access.group ? `${access.resource}.${access.group}` : access.resource;
  const resource = access.subresource ? `${access.resource}/${access.subresource}` : access.resource;
  const where = access.namespace ? `in the namespace "${access.namespace}"` : 'at the cluster scope';
  const name = access.name ? ` "${access.name}"` : '';
  return `${kind}${name} is forbidden: User "${user}" cannot ${access.verb} resource "${resource}" in API group "${access.group}" ${where}`;
}
