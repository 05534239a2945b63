import type { IncomingMessage } from 'node:http';

/**
 * Why a request is not served, or undefined. Any page that a browser has open can send requests to 127.0.0.1, under a name of
 * its own (DNS rebinding) or under ours (a cross-site form): only this page's own may do something.
 */
export function refusalOf(request: IncomingMessage, port: number): string | undefined {
  const hosts = [`127.0.0.1:${port}`, `localhost:${port}`];
  const { host, origin } = request.headers;
  if (host === undefined || !hosts.includes(host))
    return 'This page answers to 127.0.0.1 and localhost only.';
  if (origin !== undefined && !hosts.some((own) => origin === `http://${own}`))
    return 'This page takes requests from itself only.';
  const site = request.headers['sec-fetch-site'];
  if (isApi(request) && site !== undefined && site !== 'same-origin' && site !== 'none')
    return 'This page takes requests from itself only.';
  // A form cannot send this type to another site without asking first.
  if (request.method === 'POST' && !/^application\/json\b/.test(request.headers['content-type'] ?? ''))
    return 'Send application/json.';
  return undefined;
}

function isApi(request: IncomingMessage): boolean {
  return new URL(request.url ?? '/', 'http://page').pathname.startsWith('/api/');
}
