import type { ClusterEvent } from '../clients/kubernetes-look.ts';
import type { Container, Pod } from '../clients/kubernetes-pods.ts';
import { clock } from './pg-words.ts';

/** Why a pod is not ready, in one line; undefined for one that is, or that is going away. */
export function troubleOf(pod: Pod, events: readonly ClusterEvent[]): string | undefined {
  if (pod.ready || pod.terminating || pod.phase === 'Succeeded') return undefined;
  if (pod.unscheduled !== undefined) return `no node takes it: ${pod.unscheduled}`;
  const waiting = pod.containers.find((container) => container.waiting !== undefined);
  if (waiting?.waiting !== undefined) {
    const { reason, message } = waiting.waiting;
    return [reason, message].filter(Boolean).join(': ');
  }
  const probe = events.find(({ about, reason }) => about.uid === pod.uid && reason === 'Unhealthy');
  if (probe !== undefined) return `it runs, but ${lowerFirst(probe.message)}`;
  return pod.phase === 'Running' ? 'it runs, but does not say that it is ready' : pod.phase;
}

/** `4 restarts, last ended 02:14:11 UTC: OOMKilled, exit code 137`; empty for one that never ended. */
export function endingOf({ restarts, ended }: Container): string {
  const times = restarts === 0 ? [] : [`${restarts} ${restarts === 1 ? 'restart' : 'restarts'}`];
  if (ended === undefined) return times.join('');
  const when = ended.at === undefined ? '' : ` ${clock(ended.at)}`;
  const last = `last ended${when}: ${ended.reason}, exit code ${ended.exitCode}`;
  return [...times, ended.message === '' ? last : `${last}, ${ended.message}`].join(', ');
}

/** `02:14:09 UTC Warning BackOff (12 times) pod veza-api-x: Back-off restarting failed container` */
export function eventText({ about, at, warning, reason, count, message }: ClusterEvent): string {
  const times = count > 1 ? ` (${count} times)` : '';
  return `${clock(at)} ${warning ? 'Warning ' : ''}${reason}${times} ${about.kind.toLowerCase()} ${about.name}: ${message}`;
}

const lowerFirst = (text: string) => text.charAt(0).toLowerCase() + text.slice(1);
