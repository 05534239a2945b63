import { createServer } from 'node:http';

/** What Janua's plan asks in the region that would take over, and gets a good answer from. */
export const REGION_URL = 'https://us-west-2.api.janua.dev';

export type Region = Awaited<ReturnType<typeof startRegion>>;

/** The application in the other region, as far as somebody asks for its health. */
export async function startRegion() {
  const server = createServer((_, response) =>
    response.writeHead(200, { 'content-type': 'application/json' }).end('{"status":"ok"}'),
  );
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The system gave no port number.');
  return {
    host: `127.0.0.1:${address.port}`,
    async stop(): Promise<void> {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
