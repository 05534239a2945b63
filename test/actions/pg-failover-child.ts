import { z } from 'zod';
import { pgFence } from '../../src/actions/pg-fence.ts';
import { pgPromote } from '../../src/actions/pg-promote.ts';
import { pairClients, pairContext, pairPlan } from './pg-standby-setup.ts';

/** A worker that fences or promotes and may be killed on the way: by itself (DR_HOP_KILL), or once it has said "promoting". */
const [action = ''] = process.argv.slice(2);
const { seen, outputs, kubernetes } = z
  .object({
    seen: z.object({
      at: z.coerce.date(),
      systemIdentifier: z.string(),
      timeline: z.number(),
      lsn: z.string(),
    }),
    outputs: z.record(z.string(), z.record(z.string(), z.json())),
    kubernetes: z.record(z.string(), z.json()),
  })
  .parse(JSON.parse(process.env.PAIR_WORLD ?? ''));
const context = pairContext(seen, {
  clients: pairClients(kubernetes),
  plan: pairPlan({ server: true }),
  step: action,
  phase: 'run',
  outputs,
  progress: (text) => process.stdout.write(`${text}\n`),
});
if (action === 'fence') await pgFence.run(context, { component: 'db', by: 'workload' });
else await pgPromote.run(context, { component: 'db' });
