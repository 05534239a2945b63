import { member } from './json.ts';
import type { KubeObject } from './kinds.ts';
import { failure } from './status.ts';

interface Line {
  readonly at: Date;
  readonly text: string;
}

const keptLines = 5_000;

export type PodLogs = ReturnType<typeof createLogs>;

/** What containers printed, by pod uid and life: `previous` is the life before the last restart. */
export function createLogs(clock: () => Date) {
  const lives = new Map<string, { current: Line[]; previous?: Line[] }>();

  return {
    append(uid: string, text: string): void {
      const life = lives.get(uid) ?? { current: [] };
      life.current.push({ at: clock(), text });
      if (life.current.length > keptLines) life.current.shift();
      lives.set(uid, life);
    },

    /** The container died and starts anew. */
    restart(uid: string): void {
      lives.set(uid, { current: [], previous: lives.get(uid)?.current ?? [] });
    },

    forget(uid: string): void {
      lives.delete(uid);
    },

    /** The answer to `GET …/log`, with `tailLines`, `sinceSeconds`, `limitBytes`, `timestamps` and `previous`. */
    read(pod: KubeObject, query: URLSearchParams): string {
      const { name, uid } = pod.metadata;
      const container = member(pod, 'spec', 'containers', 0, 'name');
      const asked = query.get('container');
      const names = containersOf(pod);
      if (!asked && names.length > 1) {
        throw failure(
          400,
          `a container name must be specified for pod ${name}, choose one of: [${names.join(' ')}]`,
        );
      }
      if (asked && asked !== container) throw failure(400, `container ${asked} is not valid for pod ${name}`);
      if (!member(pod, 'status', 'containerStatuses', 0, 'containerID')) {
        throw failure(
          400,
          `container "${container}" in pod "${name}" is waiting to start: ContainerCreating`,
        );
      }
      const life = lives.get(uid);
      const previous = query.get('previous') === 'true';
      if (previous && !life?.previous) {
        throw failure(400, `previous terminated container "${container}" in pod "${name}" not found`);
      }
      const since = clock().getTime() - Number(query.get('sinceSeconds') ?? Number.POSITIVE_INFINITY) * 1000;
      const recent = ((previous ? life?.previous : life?.current) ?? []).filter(
        (line) => line.at.getTime() >= since,
      );
      const tail = query.get('tailLines');
      const lines =
        tail === null ? recent : recent.slice(recent.length - Math.min(recent.length, Number(tail)));
      const stamp = query.get('timestamps') === 'true';
      const text = lines.map((line) => `${stamp ? `${line.at.toISOString()} ` : ''}${line.text}\n`).join('');
      return text.slice(0, Number(query.get('limitBytes') ?? text.length));
    },
  };
}

function containersOf(pod: KubeObject): string[] {
  const containers = member(pod, 'spec', 'containers');
  return Array.isArray(containers) ? containers.map((one: unknown) => String(member(one, 'name'))) : [];
}
