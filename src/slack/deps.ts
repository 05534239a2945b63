import type { Command, Tools } from '../command.ts';
import type { UpdateText } from '../domain/events.ts';
import type { IncidentView } from '../domain/views.ts';
import type { Links } from '../render/slack/text.ts';
import type { Accounts } from '../services/accounts.ts';
import type { AlertViews } from '../services/alert-views.ts';
import type { Alerts } from '../services/alerts.ts';
import type { Approvals } from '../services/approvals.ts';
import type { Backups } from '../services/backups.ts';
import type { Home } from '../services/home.ts';
import type { Incidents } from '../services/incidents.ts';
import type { Queries } from '../services/queries.ts';
import type { RestoreTests } from '../services/restore-tests.ts';
import type { Runs } from '../services/runs.ts';
import type { Views } from '../services/views.ts';

/** One call of the Web API; `app.ts` gives it, so that this layer holds no token. */
export type SlackCall = (
  road: 'interactive' | 'delivery' | 'bulk',
  method:
    | 'users.info'
    | 'views.open'
    | 'views.update'
    | 'views.publish'
    | 'chat.postEphemeral'
    | 'chat.postMessage'
    | 'conversations.info'
    | 'conversations.invite'
    | 'usergroups.list'
    | 'usergroups.users.list',
  args: Readonly<Record<string, unknown>>,
) => Promise<Readonly<Record<string, unknown>>>;

export interface SlackDeps {
  readonly call: SlackCall;
  readonly commands: readonly Command[];
  readonly incidents: Incidents;
  readonly runs: Runs;
  readonly approvals: Approvals;
  readonly alerts: Alerts;
  readonly alertViews: AlertViews;
  readonly backups: Backups;
  readonly restoreTests: RestoreTests;
  readonly accounts: Accounts;
  readonly views: Views;
  readonly queries: Queries;
  readonly home: Home;
  readonly tools: Tools;
  readonly guarding: ReadonlySet<string>;
  readonly draft: (view: IncidentView) => UpdateText;
  /** Addresses of the cards of an incident. */
  readonly links: (view: IncidentView) => Promise<Links>;
  readonly log: (fields: Record<string, unknown>, message: string) => void;
}
