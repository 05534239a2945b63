/** What typing "/" offers: usage and one line of help of each command, in the order of `/dr help`. */
export type CommandHelp = { readonly usage: string; readonly help: string };

export const COMMANDS: readonly CommandHelp[] = [
  { usage: '/dr declare [system] [sev] [what is wrong]', help: 'open an incident; with no words, a form' },
  { usage: '/dr status [INC]', help: 'where an incident stands' },
  { usage: '/dr list [all]', help: 'open incidents, or all of them' },
  { usage: '/dr backups [system] [all]', help: 'age, size, last restore and possible loss of every backup' },
  { usage: '/dr severity SEV1–SEV4', help: 'change severity' },
  { usage: '/dr role commander|deputy|scribe|liaison [@person]', help: 'take or give a role' },
  { usage: '/dr note words', help: 'add to the timeline' },
  {
    usage: '/dr edit [title="…"] [impact="…"] [began=…] [detected=…]',
    help: 'correct title, impact or times',
  },
  { usage: '/dr plan [system]', help: 'scenarios and runbooks' },
  { usage: '/dr run [runbook] [key=value …] [--dry-run]', help: 'preview, then start' },
  {
    usage: '/dr step retry|skip|done|choose|happened|did-not-happen [step] [words]',
    help: 'answer a stopped or asking step',
  },
  { usage: '/dr approve [APR]', help: 'review an approval' },
  { usage: '/dr abort [RUN] reason', help: 'stop a run safely' },
  { usage: '/dr update [words]', help: 'post a status update now' },
  {
    usage: '/dr resolve [cause="…"] [began=…] [detected=…] [lost="…"]',
    help: 'close, with the facts checked',
  },
  { usage: '/dr cancel reason', help: 'close an incident that was declared by mistake' },
  {
    usage: '/dr report [INC] | lesson words | action words',
    help: 'post-incident report, and what only people can add to it',
  },
  { usage: '/dr audit verify', help: 'prove the log is unchanged' },
  { usage: '/dr help [command]', help: 'this, or one command in full' },
];
