import { z } from 'zod';
import { error, type PlanFault } from './plan-fault.ts';

const PersonId = z.string().regex(/^[a-z][a-z0-9-]{0,39}$/, 'expected a short id like "ana"');

const Person = z.strictObject({
  name: z.string().min(1).max(80),
  /** Every Slack account of this person: however many, they are one voter. */
  slack: z
    .array(z.string().regex(/^[UW][A-Z0-9]{2,}$/, 'expected a Slack user id like "U0123ABCD"'))
    .default([]),
  email: z.email().optional(),
  /** Public keys that may sign votes from the command line, in authorized_keys form. */
  sshKeys: z
    .array(
      z.string().regex(
        // To the end: another white space after the key would make one key look like two.
        /^(ssh-ed25519|ecdsa-sha2-nistp(256|384|521)|ssh-rsa|sk-ssh-ed25519@openssh\.com) [A-Za-z0-9+/]+={0,2}( [^\t\r\n]*)?$/,
      ),
    )
    .default([]),
  responder: z.boolean().default(true),
  title: z.string().max(80).optional(),
});

/** `people.yml`: who people are. A person is a row here, whatever accounts and keys they use. */
export const People = z.strictObject({ people: z.record(PersonId, Person) });
export type People = z.infer<typeof People>;

export interface PersonRef {
  readonly id: string;
  readonly name: string;
}

/** The person behind a Slack account; undefined for strangers. */
export function personBySlack(people: People, account: string): PersonRef | undefined {
  const found = Object.entries(people.people).find(([, person]) => person.slack.includes(account));
  return found && { id: found[0], name: found[1].name };
}

export function personById(people: People, id: string): PersonRef | undefined {
  const person = rowOf(people, id);
  return person && { id, name: person.name };
}

/** A person's name, or the id itself where people.yml no longer has them (old events keep reading). */
export function nameOf(people: People, id: string): string {
  return rowOf(people, id)?.name ?? id;
}

export function isResponder(people: People, id: string): boolean {
  return rowOf(people, id)?.responder ?? false;
}

/** Ids come from people's fingers: `constructor` is nobody. */
function rowOf(people: People, id: string) {
  return Object.hasOwn(people.people, id) ? people.people[id] : undefined;
}

/** Faults across rows: one account or key that two people claim would let one person vote twice. */
export function peopleFaults(people: People): readonly PlanFault[] {
  const owners = new Map<string, string>();
  const faults: PlanFault[] = [];
  for (const [id, person] of Object.entries(people.people)) {
    const claims = [
      ...person.slack.map((claim, index) => ({ claim, path: ['slack', index] })),
      ...person.sshKeys.map((key, index) => ({
        claim: key.split(' ').slice(0, 2).join(' '),
        path: ['sshKeys', index],
      })),
    ];
    for (const { claim, path } of claims) {
      const other = owners.get(claim);
      if (other !== undefined && other !== id)
        faults.push(error(['people', id, ...path], `${claim.slice(0, 40)} already belongs to ${other}`));
      owners.set(claim, id);
    }
  }
  return faults;
}
