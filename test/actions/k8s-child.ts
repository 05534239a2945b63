import type { AnyAction } from '../../src/actions/action.ts';
import { k8sPatchSecret } from '../../src/actions/k8s-patch-secret.ts';
import { k8sRolloutRestart } from '../../src/actions/k8s-rollout-restart.ts';
import { k8sRolloutUndo } from '../../src/actions/k8s-rollout-undo.ts';
import { createClients } from '../../src/clients/index.ts';
import { Connections } from '../../src/domain/connections.ts';
import { contextFor } from './context.ts';

/** A worker that runs one step's first attempt and may be killed on the way (DR_HOP_KILL, or from outside). */
const [step = '', uses = '', params = '', connections = ''] = process.argv.slice(2);
const all: readonly AnyAction[] = [k8sPatchSecret, k8sRolloutRestart, k8sRolloutUndo];
const action = all.find(({ name }) => name === uses);
const clients = createClients(Connections.parse(JSON.parse(connections)));
await action?.run(contextFor(step, { clients }), action.schema.parse(JSON.parse(params)) as never);
