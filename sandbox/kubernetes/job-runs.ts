import { randomUUID } from 'node:crypto';
import type { z } from 'zod';
import { ownerReference } from './controllers/workloads.ts';
import type { CronJob, KubeObject } from './kinds.ts';
import { timestamp } from './store.ts';

export interface JobRun {
  readonly startedAt: Date;
  /** Left out while it runs. */
  readonly endedAt?: Date;
  /** Why it failed: the reason of its condition, like `BackoffLimitExceeded`. */
  readonly failed?: string;
}

/** The Job that a CronJob started at that time, named as a real one: after the minute of its slot. */
export function jobOf(cronJob: z.infer<typeof CronJob>, { startedAt, endedAt, failed }: JobRun): KubeObject {
  const { name, namespace } = cronJob.metadata;
  const at = timestamp(startedAt);
  const type = failed === undefined ? 'Complete' : 'Failed';
  const over = endedAt && {
    ...(failed === undefined && { completionTime: timestamp(endedAt), succeeded: 1 }),
    conditions: [
      {
        type,
        status: 'True',
        reason: failed ?? 'CompletionsReached',
        message: failed === undefined ? 'Reached expected number of succeeded pods' : MESSAGES[failed],
        lastTransitionTime: timestamp(endedAt),
      },
    ],
  };
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: {
      name: `${name}-${Math.floor(startedAt.getTime() / 60_000)}`,
      namespace,
      uid: randomUUID(),
      generation: 1,
      creationTimestamp: at,
      ownerReferences: [ownerReference(cronJob)],
    },
    spec: { ...cronJob.spec.jobTemplate.spec, managedBy: 'dr-bot.example/recorded' },
    status: { startTime: at, ...(over ?? { active: 1, ready: 1 }) },
  };
}

/** What the Job controller says with each reason. */
const MESSAGES: Readonly<Record<string, string>> = {
  BackoffLimitExceeded: 'Job has reached the specified backoff limit',
  DeadlineExceeded: 'Job was active longer than specified deadline',
};
