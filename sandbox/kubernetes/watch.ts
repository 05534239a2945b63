import type { ServerResponse } from 'node:http';
import type { KubeObject } from './kinds.ts';
import { isTrue, type ResourceRequest } from './request.ts';
import { groupVersion } from './resources.ts';
import { selection } from './selectors.ts';
import { failure } from './status.ts';
import type { Change, Store } from './store.ts';

const bookmarkEveryMs = 60_000;

/** Streams changes to watchers, one JSON object a line, from any version that history still holds. */
export function createWatches(store: Store) {
  const open = new Set<{ expire(): void; close(): void }>();

  function start(request: ResourceRequest, response: ServerResponse): void {
    const { plural, namespace, query, resource } = request;
    const selected = selection(resource, query);
    const from = query.get('resourceVersion') ?? '';
    response.writeHead(200, { 'content-type': 'application/json' });
    response.flushHeaders();

    const send = (type: string, object: unknown) => response.write(`${JSON.stringify({ type, object })}\n`);
    const inScope = (object: KubeObject) =>
      selected(object) && (!resource.namespaced || !namespace || object.metadata.namespace === namespace);

    function pass(change: Change): void {
      if (change.resource !== resource) return;
      const is = change.type !== 'DELETED' && inScope(change.object);
      const was = change.before !== undefined && inScope(change.before);
      if (is) send(was ? 'MODIFIED' : 'ADDED', change.object);
      else if (was) send('DELETED', change.object);
    }

    const expire = () => {
      const message = `too old resource version: ${from || 0} (${store.version()})`;
      send('ERROR', failure(410, message).status);
      close();
    };
    const close = () => {
      unsubscribe();
      clearInterval(bookmarks);
      clearTimeout(timeout);
      open.delete(watcher);
      response.end();
    };
    const watcher = { expire, close };
    const unsubscribe = store.subscribe(pass);
    const bookmarks = setInterval(() => {
      const metadata = { resourceVersion: String(store.version()) };
      const object = { apiVersion: groupVersion(resource), kind: resource.kind, metadata };
      if (isTrue(query.get('allowWatchBookmarks'))) send('BOOKMARK', object);
    }, bookmarkEveryMs);
    const timeout = setTimeout(close, Number(query.get('timeoutSeconds') ?? 1800) * 1000);
    open.add(watcher);
    response.on('close', close);

    if (from === '' || from === '0') {
      for (const object of store.list(plural)) if (inScope(object)) send('ADDED', object);
      return;
    }
    const missed = store.since(Number(from));
    if (missed === 'gone') expire();
    else for (const change of missed) pass(change);
  }

  return {
    start,
    /** Tells every watcher 410 Gone, and forgets history so that no older version can be resumed. */
    expireAll(): void {
      store.forgetHistory();
      for (const watcher of [...open]) watcher.expire();
    },
    closeAll(): void {
      for (const watcher of [...open]) watcher.close();
    },
  };
}
