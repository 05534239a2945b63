import type { App } from './app.ts';

export interface Finding {
  readonly ok: boolean;
  readonly what: string;
  /** What to type or change; empty when all is well. */
  readonly say: string;
}

export async function runDoctor(app: App): Promise<readonly Finding[]> {
  return [{ ok: app.folder.faults.length === 0, what: 'plans', say: app.folder.faults.join('; ') }];
}
