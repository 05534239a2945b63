import { ack } from './ack.ts';
import { audit } from './audit.ts';
import { failover } from './failover.ts';
import { memory } from './memory.ts';
import { restore } from './restore.ts';
import { step } from './step.ts';
import { takeover } from './takeover.ts';
import { watch } from './watch.ts';

/** `npm run bench -- NAME [--json]`: each bench measures two things side by side in one run and prints their ratio. */
const benches = { ack, audit, failover, memory, restore, step, takeover, watch } as const;

const [name = '', ...flags] = process.argv.slice(2);
const bench = Object.entries(benches).find(([each]) => each === name)?.[1];
if (bench === undefined) {
  process.stderr.write(`There is no bench "${name}". Known: ${Object.keys(benches).join(', ')}.\n`);
  process.exit(2);
}
const result = await bench();
process.stdout.write(
  flags.includes('--json') ? `${JSON.stringify(result)}\n` : `${JSON.stringify(result, null, 2)}\n`,
);
process.exit(0);
