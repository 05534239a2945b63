import { lookup } from 'node:dns/promises';
import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { BlockList, isIP, type LookupFunction } from 'node:net';
import type { Json } from '../domain/canonical.ts';
import type { Connections, SecretRef } from '../domain/connections.ts';
import { AppError, messageOf } from '../errors.ts';
import { hop } from '../hop.ts';
import { resolveSecret } from './secrets.ts';

export interface HttpRequest {
  readonly url: string;
  readonly method: 'GET' | 'HEAD' | 'POST';
  /** Sent as JSON. */
  readonly body?: Json | undefined;
  /** Fields of the body whose values are secrets. */
  readonly secrets?: Readonly<Record<string, SecretRef>> | undefined;
  readonly signal: AbortSignal;
}

export interface HttpAnswer {
  readonly status: number;
  /** The first 64 kB. */
  readonly body: string;
  readonly truncated: boolean;
  readonly ms: number;
}

const TIME_LIMIT_MS = 5_000;
const BODY_LIMIT_BYTES = 64 * 1024;

/**
 * Asks the hosts of connections.yml, and no others (SSRF, SLACK.md §3.3 row 24): the name is resolved once and that
 * address is used, a private address must itself be listed, redirects are answers like any other, nothing of the
 * environment (proxies, cookies, credentials) takes part.
 */
export function createHttp(connections: Pick<Connections, 'http'>) {
  const allowed = allowList(connections.http.allow);
  const posts = new Set(connections.http.post);

  /** Why a URL may not be asked this way, or undefined. It looks at the text alone and opens nothing. */
  function refusal(url: string, method: HttpRequest['method'] = 'GET'): string | undefined {
    if (!URL.canParse(url))
      return `"${url.slice(0, 80)}" is not a URL. Write it like "https://janua.example/health".`;
    const parsed = new URL(url);
    if (parsed.protocol !== 'http:' && parsed.protocol !== 'https:')
      return `Only http and https are asked, not "${parsed.protocol}".`;
    if (parsed.username !== '' || parsed.password !== '') return 'A URL with a login in it is not asked.';
    if (allowed.hosts.has(hostAndPort(parsed))) {
      const address = `${parsed.host}${parsed.pathname}`;
      if (method !== 'POST' || posts.has(address)) return undefined;
      return `A POST may change something, and nobody approves a check. If \`${address}\` is harmless, add "${address}" under http.post in connections.yml.`;
    }
    return `The host \`${parsed.host}\` is not listed. Add "${parsed.host}" under http.allow in connections.yml.`;
  }

  /** One request with its answer. Throws `target-refused` for what may not be asked, `outside-unreachable` for no answer. */
  async function ask({ url, method, body, secrets = {}, signal }: HttpRequest): Promise<HttpAnswer> {
    const refused = refusal(url, method);
    if (refused !== undefined) throw new AppError('target-refused', refused);
    const parsed = new URL(url);
    const host = bareHost(parsed);
    const timeout = AbortSignal.timeout(TIME_LIMIT_MS);
    const both = AbortSignal.any([signal, timeout]);
    const begun = performance.now();
    try {
      const address = isIP(host) === 0 ? await resolveOnce(host, both) : host;
      if (address !== host && isPrivate(address) && !allowed.addresses.check(address, familyOf(address)))
        throw new AppError(
          'target-refused',
          `\`${host}\` leads to the private address ${address}, which is not listed. If that is right, add "${address}" under http.allow in connections.yml.`,
        );
      hop('http.ask:before');
      const answer = await exchange(parsed, address, { method, body: bodyOf(body, secrets), signal: both });
      hop('http.ask:after');
      return { ...answer, ms: Math.round(performance.now() - begun) };
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof AppError) throw error;
      const reason = timeout.aborted ? `no answer within ${TIME_LIMIT_MS / 1000} s` : faultWord(error);
      throw new AppError('outside-unreachable', `\`${parsed.host}\` does not answer: ${reason}.`, {
        retry: 'later',
        cause: error,
      });
    }
  }

  return { refusal, ask };
}

function bodyOf(body: Json | undefined, secrets: Readonly<Record<string, SecretRef>>): string | undefined {
  const fields = Object.entries(secrets).map(([field, ref]) => [field, resolveSecret(ref)] as const);
  if (fields.length === 0) return body === undefined ? undefined : JSON.stringify(body);
  return JSON.stringify({ ...(body instanceof Object ? body : {}), ...Object.fromEntries(fields) });
}

function exchange(
  url: URL,
  address: string,
  { method, body, signal }: Pick<HttpRequest, 'method' | 'signal'> & { body: string | undefined },
): Promise<Omit<HttpAnswer, 'ms'>> {
  const pinned: LookupFunction = (_host, options, callback) => {
    if (options.all) callback(null, [{ address, family: isIP(address) }]);
    else callback(null, address, isIP(address));
  };
  const request = url.protocol === 'https:' ? requestHttps : requestHttp;
  const headers = {
    'user-agent': 'dr-bot',
    accept: 'application/json, */*',
    ...(body === undefined
      ? {}
      : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }),
  };
  return new Promise((resolve, reject) => {
    const sent = request(url, { method, headers, agent: false, lookup: pinned, signal }, (response) => {
      const chunks: Buffer[] = [];
      let bytes = 0;
      const finish = () => {
        const text = Buffer.concat(chunks).subarray(0, BODY_LIMIT_BYTES).toString('utf8');
        resolve({ status: response.statusCode ?? 0, body: text, truncated: bytes > BODY_LIMIT_BYTES });
      };
      response.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        chunks.push(chunk);
        if (bytes <= BODY_LIMIT_BYTES) return;
        finish();
        sent.destroy();
      });
      response.once('end', finish);
      response.once('error', reject);
    });
    sent.once('error', reject);
    sent.end(body);
  });
}

/** `host` means the scheme's own port, `host:port` that port; an address or network (`10.0.0.0/8`) may be led to. */
function allowList(entries: readonly string[]) {
  const hosts = new Set<string>();
  const addresses = new BlockList();
  for (const entry of entries) {
    const [network = '', bits] = entry.split('/');
    if (bits !== undefined && isIP(network) !== 0) {
      addresses.addSubnet(network, Number(bits), familyOf(network));
      continue;
    }
    for (const scheme of ['http:', 'https:']) {
      if (!URL.canParse(`${scheme}//${entry}`)) continue;
      const url = new URL(`${scheme}//${entry}`);
      const explicit = /:\d+$/.test(entry);
      hosts.add(hostAndPort(url, explicit ? entry.slice(entry.lastIndexOf(':') + 1) : undefined));
      const host = bareHost(url);
      if (isIP(host) !== 0) addresses.addAddress(host, familyOf(host));
    }
  }
  return { hosts, addresses };
}

function hostAndPort(
  url: URL,
  port = url.port === '' ? (url.protocol === 'https:' ? '443' : '80') : url.port,
): string {
  return `${url.hostname.replace(/\.$/, '')}:${port}`;
}

function bareHost(url: URL): string {
  return url.hostname.replace(/^\[(.*)\]$/, '$1');
}

const PRIVATE = new BlockList();
for (const network of [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '224.0.0.0/3',
]) {
  const [start = '', bits] = network.split('/');
  PRIVATE.addSubnet(start, Number(bits), 'ipv4');
}
for (const network of ['::/127', '64:ff9b::/96', 'fc00::/7', 'fe80::/10', 'ff00::/8']) {
  const [start = '', bits] = network.split('/');
  PRIVATE.addSubnet(start, Number(bits), 'ipv6');
}

/** An address that the public internet cannot reach: this machine, its networks, or the cloud's metadata service. */
export function isPrivate(address: string): boolean {
  return PRIVATE.check(address, familyOf(address));
}

async function resolveOnce(host: string, signal: AbortSignal): Promise<string> {
  const { promise, reject } = Promise.withResolvers<never>();
  const onAbort = () => reject(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    return (await Promise.race([lookup(host), promise])).address;
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

function familyOf(address: string): 'ipv4' | 'ipv6' {
  return isIP(address) === 6 ? 'ipv6' : 'ipv4';
}

function faultWord(error: unknown): string {
  if (error instanceof Error && 'code' in error && typeof error.code === 'string') return error.code;
  return messageOf(error).slice(0, 80);
}
