import { createServer, type RequestListener } from 'node:http';

export const signingSecret = process.env.DR_SLACK_SIGNING_SECRET ?? '';

/** Listens on a free port and prints it for whoever started this process. */
export function listen(listener: RequestListener): void {
  const server = createServer(listener);
  server.listen(0, '127.0.0.1', () => {
    const address = server.address();
    if (typeof address === 'object' && address !== null) tellPort(address.port);
  });
}

export function tellPort(port: number): void {
  process.stdout.write(`${JSON.stringify({ port })}\n`);
}
