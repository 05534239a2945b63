import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type { Answer } from './api.ts';
import type { AuditedRequest } from './audit.ts';
import { describe } from './discovery.ts';
import type { Misfortune } from './faults.ts';
import { isJsonObject, type Json, member } from './json.ts';
import { notServed, parseRequest, type ResourceRequest } from './request.ts';
import type { Resource } from './resources.ts';
import { forbiddenMessage, type Users } from './rules.ts';
import { ApiError, failure } from './status.ts';

const maxBodyBytes = 3 * 1024 * 1024;
const accessReviews = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews';

/**
 * The HTTP side of the API server. In this order, as in a real one: who (401), what (404), may they (403), injected
 * faults, then the handler. All refusals end here as Status objects.
 */
export function createApiServer(deps: {
  readonly served: readonly Resource[];
  readonly users: Users;
  readonly clock: () => Date;
  handle(request: ResourceRequest, body: Json | undefined): Answer;
  watch(request: ResourceRequest, response: ServerResponse): void;
  strike(request: ResourceRequest, user: string): Misfortune;
  audit(request: AuditedRequest): void;
}) {
  const { users, served } = deps;
  let server: Server | undefined;
  let port = 0;

  async function respond(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(incoming.url ?? '/', 'http://cluster');
    let user = '';
    let request: ResourceRequest | undefined;
    const log = (status: number) => {
      const {
        verb = '',
        plural: resource = '',
        subresource = '',
        namespace = '',
        name = '',
        dryRun = false,
      } = request ?? {};
      const line = {
        at: deps.clock(),
        method: incoming.method ?? '',
        path: url.pathname,
        query: url.search.slice(1),
      };
      deps.audit({ ...line, user, verb, resource, subresource, namespace, name, dryRun, status });
    };
    const answer = (given: Answer) => {
      log(given.code);
      send(response, given);
    };
    let lost = false;
    const hangUp = () => {
      log(0);
      response.destroy();
    };
    try {
      user = authenticate(incoming);
      request = parseRequest(incoming, url, served);
      if (!request) return answer(await withoutResource(incoming, url, user));
      authorise(request, user);
      const body = await readBody(incoming);
      const misfortune = deps.strike(request, user);
      if (misfortune.delayMs > 0) await delay(misfortune.delayMs);
      if (misfortune.lose === 'request') return hangUp();
      if (misfortune.refusal) throw misfortune.refusal;
      if (request.verb === 'watch') {
        log(200);
        return deps.watch(request, response);
      }
      lost = misfortune.lose === 'reply';
      const done = deps.handle(request, body);
      return lost ? hangUp() : answer(done);
    } catch (error) {
      if (response.headersSent) return void response.destroy();
      if (lost) return hangUp();
      const refusal = error instanceof ApiError ? error : failure(500, `Internal error occurred: ${error}`);
      answer({ code: refusal.code, body: refusal.status });
    }
  }

  function authenticate(incoming: IncomingMessage): string {
    const token = /^Bearer (.+)$/.exec(incoming.headers.authorization ?? '')?.[1];
    const user = token === undefined ? undefined : users.userOf(token);
    if (user === undefined) throw failure(401, 'Unauthorized');
    return user;
  }

  function authorise(request: ResourceRequest, user: string): void {
    const { verb, subresource, namespace, name, resource } = request;
    const access = { verb, group: resource.group, resource: resource.plural, subresource, namespace, name };
    if (users.allows(user, access)) return;
    const details = {
      ...(name && { name }),
      ...(resource.group && { group: resource.group }),
      kind: resource.plural,
    };
    throw failure(403, forbiddenMessage(user, access), details);
  }

  async function withoutResource(incoming: IncomingMessage, url: URL, user: string): Promise<Answer> {
    if (url.pathname === accessReviews && incoming.method === 'POST')
      return review(await readBody(incoming), user);
    const body = incoming.method === 'GET' ? describe(url.pathname, served) : undefined;
    if (body === undefined) throw notServed();
    return { code: 200, body };
  }

  /** `kubectl auth can-i`, answered from the very rules that requests are checked against. */
  function review(body: Json | undefined, user: string): Answer {
    const attributes = member(body, 'spec', 'resourceAttributes');
    if (!isJsonObject(attributes)) {
      throw failure(
        422,
        'spec.resourceAttributes: Required value: only resource access can be reviewed here',
      );
    }
    const asked = (key: string) => String(attributes[key] ?? '');
    const allowed = users.allows(user, {
      verb: asked('verb'),
      group: asked('group'),
      resource: asked('resource'),
      subresource: asked('subresource'),
      namespace: asked('namespace'),
      name: asked('name'),
    });
    return {
      code: 201,
      body: {
        apiVersion: 'authorization.k8s.io/v1',
        kind: 'SelfSubjectAccessReview',
        metadata: {},
        spec: { resourceAttributes: attributes },
        status: allowed ? { allowed, reason: `RBAC: allowed for user "${user}"` } : { allowed },
      },
    };
  }

  return {
    url: () => `http://127.0.0.1:${port}`,

    async listen(wantedPort = port): Promise<void> {
      if (server) return;
      const next = createServer((incoming, response) => void respond(incoming, response));
      await new Promise<void>((resolve, reject) => {
        next.once('error', reject);
        next.listen(wantedPort, '127.0.0.1', resolve);
      });
      const address: AddressInfo | string | null = next.address();
      if (address && typeof address === 'object') port = address.port;
      server = next;
    },

    async close(): Promise<void> {
      const closing = server;
      server = undefined;
      if (!closing) return;
      const closed = new Promise((resolve) => closing.close(resolve));
      closing.closeAllConnections();
      await closed;
    },
  };
}

function send(response: ServerResponse, { code, body, warnings = [] }: Answer): void {
  const plain = typeof body === 'string';
  response.setHeader('content-type', plain ? 'text/plain' : 'application/json');
  if (warnings.length > 0)
    response.setHeader(
      'warning',
      warnings.map((warning) => `299 - ${JSON.stringify(warning)}`),
    );
  const seconds = member(body, 'details', 'retryAfterSeconds');
  if (seconds !== undefined) response.setHeader('retry-after', String(seconds));
  response.writeHead(code).end(plain ? body : JSON.stringify(body));
}

async function readBody(incoming: IncomingMessage): Promise<Json | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of incoming) {
    const bytes = Buffer.from(chunk);
    size += bytes.length;
    if (size <= maxBodyBytes) chunks.push(bytes);
  }
  if (size > maxBodyBytes) throw failure(413, `Request entity too large: limit is ${maxBodyBytes}`);
  if (size === 0) return undefined;
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8'));
  } catch (error) {
    throw failure(400, `the object provided is unrecognized (must be of type JSON): ${error}`);
  }
}
