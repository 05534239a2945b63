import type { ServerResponse } from 'node:http';

const AT_MOST_EVERY_MS = 100;
const HEARTBEAT_MS = 15_000;

/** Sends each open page the whole state as its person sees it, at once and after changes; never the same twice. */
export function createLive<State>(deps: { stateFor(key: string): State; watched(isWatched: boolean): void }) {
  const pages = new Map<ServerResponse, { readonly key: string; last: string }>();
  let timer: NodeJS.Timeout | undefined;
  const heartbeat = setInterval(() => {
    for (const page of pages.keys()) page.write(': still here\n\n');
  }, HEARTBEAT_MS);

  function sendAll(): void {
    timer = undefined;
    const states = new Map<string, string>();
    for (const [page, shown] of pages) {
      // A page that reads slower than the world changes skips states.
      if (page.writableNeedDrain) continue;
      const state = states.get(shown.key) ?? JSON.stringify(deps.stateFor(shown.key));
      states.set(shown.key, state);
      if (state === shown.last) continue;
      shown.last = state;
      page.write(`data: ${state}\n\n`);
    }
  }

  function changed(): void {
    if (pages.size > 0) timer ??= setTimeout(sendAll, AT_MOST_EVERY_MS);
  }

  return {
    changed,

    open(key: string, page: ServerResponse): void {
      page.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' });
      page.once('close', () => {
        pages.delete(page);
        if (pages.size === 0) deps.watched(false);
      });
      page.on('drain', changed);
      if (pages.size === 0) deps.watched(true);
      const last = JSON.stringify(deps.stateFor(key));
      pages.set(page, { key, last });
      page.write(`data: ${last}\n\n`);
    },

    stop(): void {
      clearInterval(heartbeat);
      clearTimeout(timer);
      for (const page of pages.keys()) page.end();
    },
  };
}
