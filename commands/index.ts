import type { Command } from '../src/command.ts';
import { abort } from './abort.ts';
import { approve } from './approve.ts';
import { audit } from './audit.ts';
import { backups } from './backups.ts';
import { cancel } from './cancel.ts';
import { declare } from './declare.ts';
import { edit } from './edit.ts';
import { help } from './help.ts';
import { list } from './list.ts';
import { note } from './note.ts';
import { plan } from './plan.ts';
import { report } from './report.ts';
import { resolve } from './resolve.ts';
import { role } from './role.ts';
import { run } from './run.ts';
import { severity } from './severity.ts';
import { status } from './status.ts';
import { step } from './step.ts';
import { update } from './update.ts';

/** Every `/dr` subcommand in the order of help. A new one is a file and a line here. */
export const commands: readonly Command[] = [
  declare,
  status,
  list,
  backups,
  severity,
  role,
  note,
  edit,
  plan,
  run,
  step,
  approve,
  abort,
  update,
  resolve,
  cancel,
  report,
  audit,
  help,
];
