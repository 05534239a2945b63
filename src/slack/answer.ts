import type { Answer, Command, Reply } from '../command.ts';
import { nameOf, type People } from '../domain/people.ts';
import { Severity } from '../domain/plan.ts';
import type { Refusal } from '../domain/refusal.ts';
import { escapeSlack } from '../render/escape.ts';
import { refusalText } from '../render/refusals.ts';
import { renderBackups } from '../render/slack/backups-list.ts';
import type { Button, Message } from '../render/slack/blocks.ts';
import {
  type CommandHelp,
  renderCommandHelp,
  renderHelp,
  renderHome,
  renderIncidentMenu,
  useCommandButton,
} from '../render/slack/help.ts';
import { renderIncidentCard } from '../render/slack/incident-card.ts';
import { nearDuplicateReply } from '../render/slack/modals-declare.ts';
import { renderReply } from '../render/slack/reply.ts';
import { renderRunCard } from '../render/slack/run-card.ts';
import type { Links } from '../render/slack/text.ts';

/** An answer as a message only the person sees. Cards keep their words and lose nothing but their place. */
export function toMessage(
  answer: Exclude<Answer, { kind: 'form' }>,
  people: People,
  commands: readonly Command[],
  links: Links,
): Message {
  return answer.kind === 'refusal'
    ? refusalMessage(answer, people)
    : replyMessage(answer, people, commands, links);
}

/** A refusal in its one sentence, with the button of the nearest command where there is one. */
function refusalMessage(refusal: Refusal, people: People): Message {
  const near = refusal.code === 'unknown-command' ? refusal.facts.near : undefined;
  const buttons: Button[] = near ? [useCommandButton(near)] : [];
  return renderReply([refusalLine(refusal, people)], buttons);
}

/** A refusal in its sentence, for a block of Slack's. */
export function refusalLine(refusal: Refusal, people: People): string {
  return escapeSlack(plainRefusal(refusal, people));
}

/** The same where Slack shows letters as they are: under a field. */
export function plainRefusal(refusal: Refusal, people: People): string {
  return refusalText(refusal, { name: (person) => nameOf(people, person) });
}

function replyMessage(reply: Reply, people: People, commands: readonly Command[], links: Links): Message {
  switch (reply.what) {
    case 'text':
      return renderReply(reply.lines.map(escapeSlack));
    case 'menu':
      return reply.view === null ? renderHome(reply.open.length) : renderIncidentMenu(reply.view);
    case 'help':
      return reply.topic === null ? renderHelp(commands.map(helpOf)) : renderCommandHelp(helpOf(reply.topic));
    case 'incidents':
      return renderReply(
        reply.items.length === 0
          ? ['There is no open incident. To open one: /dr declare']
          : reply.items.map(
              (incident) =>
                `${incident.id} · ${incident.system} · ${incident.severity} · ${incident.status} · “${escapeSlack(incident.title)}”`,
            ),
      );
    case 'status':
      return renderIncidentCard(reply.view, links);
    case 'run':
      return renderRunCard(reply.view, reply.run, links);
    case 'approval':
      return renderReply([
        `Approvals need the card or \`dr approve\`. Nothing was recorded. ${reply.approval.id} waits on its card.`,
      ]);
    case 'plan':
      return renderReply([
        `*${escapeSlack(reply.plan.name)}* · ${reply.version}`,
        ...Object.entries(reply.plan.runbooks).map(
          ([id, runbook]) =>
            `\`${id}\` ${escapeSlack(runbook.title)}${runbook.scenario === undefined ? '' : ` · ${escapeSlack(runbook.scenario)}`}`,
        ),
      ]);
    case 'preview':
      return renderReply([
        `*${reply.preview.title}*: nothing has been changed by this preview.`,
        ...reply.preview.blocked.map((line) => `failed: ${escapeSlack(line)}`),
        ...reply.preview.steps.map(
          ({ number, title, lines }) =>
            `${number}. ${escapeSlack(title)}${lines.length === 0 ? '' : `: ${escapeSlack(lines.join('; '))}`}`,
        ),
      ]);
    case 'similar': {
      const [incident] = reply.similar;
      if (incident === undefined) return renderReply(['Nothing was declared.']);
      const draft = {
        system: reply.system,
        title: reply.title,
        severity: Severity.catch(incident.severity).parse(reply.severity),
        impact: null,
        occurredAt: null,
        drill: false,
        resembles: incident.id,
      };
      return nearDuplicateReply({ incident, systemName: reply.system, people, draft });
    }
    case 'backups':
      return renderBackups(reply.model);
    case 'report':
      return renderReply([
        `The report of ${reply.report.incident} is in its channel (draft ${reply.report.revision}).`,
        ...(reply.report.missing.length === 0
          ? []
          : [`Still missing: ${escapeSlack(reply.report.missing.join(', '))}.`]),
      ]);
  }
}

function helpOf(command: Command): CommandHelp {
  const who = {
    anyone: 'anyone',
    responder: 'responders in people.yml',
    approver: 'approvers of the system',
  }[command.who];
  const usage = command.usage.replace(`/dr ${command.name}`, '').trim();
  return {
    name: command.name,
    group: command.group,
    usage,
    summary: command.summary,
    examples: command.examples,
    who,
    ...(command.more === undefined ? {} : { details: command.more }),
  };
}
