import { pgSwap } from '../../src/actions/pg-swap.ts';
import { testClients, testContext } from './pg-setup.ts';

/** A worker that swaps one shop and may be killed on the way (DR_HOP_KILL). */
const [shop = ''] = process.argv.slice(2);
await pgSwap.run(testContext(testClients(), shop, { step: 'swap' }), {
  component: 'db',
  scratch: `${shop}_run31`,
});
