import type { AnyAction } from './action.ts';
import { backupFetch } from './backup-fetch.ts';
import { backupFind } from './backup-find.ts';
import { backupVerify } from './backup-verify.ts';
import { decision } from './decision.ts';
import { httpCheck } from './http-check.ts';
import { k8sInspect } from './k8s-inspect.ts';
import { k8sPatchSecret } from './k8s-patch-secret.ts';
import { k8sRolloutRestart } from './k8s-rollout-restart.ts';
import { k8sRolloutUndo } from './k8s-rollout-undo.ts';
import { k8sScale } from './k8s-scale.ts';
import { k8sWaitReady } from './k8s-wait-ready.ts';
import { manual } from './manual.ts';
import { notify } from './notify.ts';
import { pgAssert } from './pg-assert.ts';
import { pgCheck } from './pg-check.ts';
import { pgClose } from './pg-close.ts';
import { pgDropKept } from './pg-drop-kept.ts';
import { pgFence } from './pg-fence.ts';
import { pgIntegrity } from './pg-integrity.ts';
import { pgLossReport } from './pg-loss-report.ts';
import { pgPromote } from './pg-promote.ts';
import { pgQuery } from './pg-query.ts';
import { pgRebuildStandby } from './pg-rebuild-standby.ts';
import { pgRestore } from './pg-restore.ts';
import { pgSwap } from './pg-swap.ts';
import { pgSwapBack } from './pg-swap-back.ts';
import { redisCheck } from './redis-check.ts';
import { snsPublish } from './sns-publish.ts';
import { soak } from './soak.ts';

/** Everything a step can do, by the name a plan `uses`. A new action is a new file and one line here. */
export const actions: Readonly<Record<string, AnyAction>> = {
  'backup.find': backupFind,
  'backup.fetch': backupFetch,
  'backup.verify': backupVerify,
  decision,
  'http.check': httpCheck,
  'k8s.inspect': k8sInspect,
  'k8s.patchSecret': k8sPatchSecret,
  'k8s.rolloutRestart': k8sRolloutRestart,
  'k8s.rolloutUndo': k8sRolloutUndo,
  'k8s.scale': k8sScale,
  'k8s.waitReady': k8sWaitReady,
  manual,
  notify,
  'pg.assert': pgAssert,
  'pg.check': pgCheck,
  'pg.close': pgClose,
  'pg.dropKept': pgDropKept,
  'pg.fence': pgFence,
  'pg.integrity': pgIntegrity,
  'pg.lossReport': pgLossReport,
  'pg.promote': pgPromote,
  'pg.query': pgQuery,
  'pg.rebuildStandby': pgRebuildStandby,
  'pg.restore': pgRestore,
  'pg.swap': pgSwap,
  'pg.swapBack': pgSwapBack,
  'redis.check': redisCheck,
  'sns.publish': snsPublish,
  soak,
};
