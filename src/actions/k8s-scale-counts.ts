import { z } from 'zod';
import type { Hpa, Workload } from '../clients/kubernetes-objects.ts';
import type { Fact, Output } from '../domain/step.ts';
import type { ActionContext } from './action.ts';
import { previousOfRun } from './k8s-scale-record.ts';
import type { Counts } from './k8s-workload.ts';

export type Hpas = ReadonlyMap<string, Hpa | undefined>;

interface Asked {
  readonly replicas?: number | string | undefined;
  readonly restore?: string | undefined;
}

export interface Wanted {
  readonly replicas: number;
  /** What `restore` found, before it was fitted into the HPA's range. */
  readonly former?: number;
}

/** What the step asks for. A restore takes the count its step recorded, else the record of this run on the Deployment. */
export function wantedOf(
  context: ActionContext,
  { replicas, restore }: Asked,
  workload: Workload,
  hpa: Hpa | undefined,
): Wanted | undefined {
  if (restore === undefined) {
    const text = String(replicas);
    return /^\d+$/.test(text) ? { replicas: Number(text) } : undefined;
  }
  const recorded = countsIn(context.outputs[restore] ?? {}, 'previous')[workload.name];
  const former = recorded ?? previousOfRun(context, workload);
  return former === undefined ? undefined : { replicas: clampTo(former, hpa), former };
}

/** HPAs are never written: a count that comes back is fitted into their range. 0 stays 0. */
export function clampTo(replicas: number, hpa: Hpa | undefined): number {
  if (hpa === undefined || replicas === 0) return replicas;
  return Math.min(Math.max(replicas, hpa.min), hpa.max);
}

export interface Foreseen {
  readonly name: string;
  readonly from: number;
  /** Undefined while a symbol stands for it. */
  readonly to: number | undefined;
  readonly line: string;
  readonly undo: string;
}

/** What the step would do to one Deployment, in words. Before its scale to 0 ran, a restore gives back the live count. */
export function foresee(
  context: ActionContext,
  asked: Asked,
  workload: Workload,
  hpa: Hpa | undefined,
): Foreseen {
  const { name, namespace } = workload;
  const place = `\`${name}\` in \`${namespace}\``;
  const range = hpa === undefined ? undefined : rangeText(hpa);
  if (asked.restore !== undefined) {
    const before = countsIn(context.outputs[asked.restore] ?? {}, 'replicas')[name];
    const from = before ?? workload.replicas;
    const wanted = wantedOf(context, asked, workload, hpa) ?? { replicas: clampTo(workload.replicas, hpa) };
    const fitted = wanted.former !== undefined && wanted.former !== wanted.replicas;
    const note = fitted ? ` (${range}; it had ${wanted.former})` : '';
    return {
      name,
      from,
      to: wanted.replicas,
      line: `${place}: back to ${replicasText(wanted.replicas)}${note}`,
      undo: from === 0 ? `\`${name}\` is stopped again` : `\`${name}\` goes back to ${replicasText(from)}`,
    };
  }
  const to = wantedOf(context, asked, workload, hpa)?.replicas;
  const from = workload.replicas;
  const note = range === undefined ? '' : ` (${range}${to === 0 ? ', inactive at 0' : ''})`;
  const line =
    to === from
      ? `${place}: stays at ${replicasText(from)}`
      : `${place}: ${from} → ${to ?? asked.replicas} ${to === 1 ? 'replica' : 'replicas'}`;
  return { name, from, to, line: `${line}${note}`, undo: `\`${name}\` goes back to ${replicasText(from)}` };
}

/** True for now and never bound: it moves while people read the card. */
export function standingFact({ name, replicas, status }: Workload, hpa: Hpa | undefined): Fact {
  const range = hpa === undefined ? 'no HPA' : rangeText(hpa);
  return { name, value: `${replicasText(replicas)}, ${status.ready} ready, ${range}` };
}

export function scaleOutput(
  changes: readonly { readonly name: string; readonly from: number; readonly to: number | undefined }[],
): Output {
  return {
    previous: Object.fromEntries(changes.map(({ name, from }) => [name, from])),
    replicas: Object.fromEntries(changes.map(({ name, from, to }) => [name, to ?? from])),
  };
}

/** The counts a step left in its output; none where it left nothing of the kind. */
export function countsIn(output: Output, key: 'previous' | 'replicas'): Counts {
  return z.record(z.string(), z.int().min(0)).safeParse(output[key]).data ?? {};
}

export function replicasText(count: number): string {
  return `${count} ${count === 1 ? 'replica' : 'replicas'}`;
}

function rangeText({ min, max }: Hpa): string {
  return `HPA ${min}–${max}`;
}
