import type { Answer, Command, Reply } from './command.ts';
import { type Json, toJson } from './domain/canonical.ts';
import { nameOf, type People } from './domain/people.ts';
import { refusalText } from './render/refusals.ts';
import { renderApproval } from './render/text/approval.ts';
import { renderBackups } from './render/text/backups.ts';
import { renderHelp } from './render/text/help.ts';
import { renderList, renderSimilar } from './render/text/list.ts';
import { renderPlan } from './render/text/plan.ts';
import { renderPreview } from './render/text/preview.ts';
import { renderRun } from './render/text/run.ts';
import { renderStatus } from './render/text/status.ts';

/** An answer as a terminal shows it: text, the same as JSON, and the exit code (CARDS §16). */
export interface Shown {
  readonly text: string;
  readonly data: Json;
  readonly exit: number;
}

const USAGE = new Set(['usage', 'unknown-command', 'choice-unknown', 'input-invalid', 'unknown-severity']);

export function renderAnswer(answer: Answer, people: People, commands: readonly Command[], now: Date): Shown {
  if (answer.kind === 'refusal') {
    const text = refusalText(answer, { name: (person) => nameOf(people, person), dr: 'dr' });
    return {
      text,
      data: { refused: answer.code, message: text, ...answer.facts },
      exit: USAGE.has(answer.code) ? 2 : 1,
    };
  }
  if (answer.kind === 'form')
    return {
      text: `This needs more words. See: dr help ${answer.form}`,
      data: { refused: 'usage' },
      exit: 2,
    };
  return { text: textOf(answer, commands, now), data: dataOf(answer), exit: 0 };
}

function textOf(reply: Reply, commands: readonly Command[], now: Date): string {
  switch (reply.what) {
    case 'text':
      return reply.lines.join('\n').replaceAll('/dr ', 'dr ');
    case 'status':
      return renderStatus(reply.view, process.env.TZ);
    case 'run':
      return renderRun(reply.view, reply.run);
    case 'incidents':
      return renderList(reply.items, now);
    case 'similar':
      return `${renderSimilar(reply.similar, now)}\nNothing was declared. To declare all the same, add --new.`;
    case 'plan':
      return renderPlan(reply.plan, reply.version);
    case 'preview':
      return renderPreview(reply.view, reply.preview);
    case 'approval':
      return renderApproval(reply.view, reply.approval.id);
    case 'report':
      return reply.report.body;
    case 'backups':
      return renderBackups(reply.model, process.env.TZ);
    case 'help':
    case 'menu':
      return renderHelp(commands, reply.what === 'help' ? reply.topic : null);
  }
}

/** The model itself, without people and plans, which have commands of their own. */
function dataOf(reply: Reply): Json {
  if (reply.data !== undefined) return reply.data;
  switch (reply.what) {
    case 'status':
    case 'run': {
      const { incident, runs } = reply.view;
      return toJson({ incident, runs: runs.map(({ run, approvals }) => ({ ...run, approvals })) });
    }
    case 'backups':
      return toJson(reply.model);
    case 'incidents':
      return toJson(reply.items);
    case 'preview':
      return toJson(reply.preview);
    case 'plan':
      return toJson({ version: reply.version, runbooks: Object.keys(reply.plan.runbooks) });
    case 'report':
      return toJson(reply.report);
    case 'similar':
      return toJson({ similar: reply.similar.map(({ id, title }) => ({ id, title })), declared: null });
    case 'approval':
      return toJson(reply.approval);
    case 'text':
      return toJson({ lines: reply.lines });
    default:
      return toJson({ what: reply.what });
  }
}
