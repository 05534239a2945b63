import { describe, expect, test } from 'vitest';
import type { Actor } from '../../src/domain/events.ts';
import {
  isResponder,
  nameOf,
  People,
  peopleFaults,
  personById,
  personBySlack,
} from '../../src/domain/people.ts';
import { refusalOf } from '../../src/domain/permission.ts';
import { isRefusal, refuse } from '../../src/domain/refusal.ts';

const KEY = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ';
const people = People.parse({
  people: {
    ana: { name: 'Ana Duarte', slack: ['U0ANA', 'U0ANA2'], sshKeys: [`${KEY} ana@laptop`] },
    dan: { name: 'Dan Weber', slack: ['U0DAN'], responder: false },
  },
});

describe('people', () => {
  test('every account of a person leads to the same person', () => {
    expect(personBySlack(people, 'U0ANA')).toEqual({ id: 'ana', name: 'Ana Duarte' });
    expect(personBySlack(people, 'U0ANA2')).toEqual({ id: 'ana', name: 'Ana Duarte' });
    expect(personBySlack(people, 'U0NOBODY')).toBeUndefined();
  });

  test.each(['ben', 'constructor'])('"%s", who has no row, is nobody', (id) => {
    expect(personById(people, id)).toBeUndefined();
    expect(nameOf(people, id)).toBe(id);
    expect(isResponder(people, id)).toBe(false);
  });

  test('a row gives the name and whether its person responds', () => {
    expect(personById(people, 'ana')).toEqual({ id: 'ana', name: 'Ana Duarte' });
    expect(nameOf(people, 'dan')).toBe('Dan Weber');
    expect([isResponder(people, 'ana'), isResponder(people, 'dan')]).toEqual([true, false]);
  });

  test('an account or key that two people claim is a fault, whatever its comment says', () => {
    const doubled = People.parse({
      people: {
        ana: { name: 'Ana', slack: ['U0ANA', 'U0ANA'], sshKeys: [`${KEY} ana@laptop`] },
        ben: { name: 'Ben', slack: ['U0ANA'], sshKeys: [`${KEY} ben@desk`] },
      },
    });

    expect(peopleFaults(people)).toEqual([]);
    expect(peopleFaults(doubled)).toMatchObject([
      { path: ['people', 'ben', 'slack', 0], message: 'U0ANA already belongs to ana' },
      { path: ['people', 'ben', 'sshKeys', 0], message: `${KEY.slice(0, 40)} already belongs to ana` },
    ]);
  });

  test.each([
    ['an id with a capital', { Ana: { name: 'Ana' } }],
    ['a Slack name for an id', { ana: { name: 'Ana', slack: ['@ana'] } }],
    ['a private key', { ana: { name: 'Ana', sshKeys: ['-----BEGIN OPENSSH PRIVATE KEY-----'] } }],
    ['a misspelt field', { ana: { name: 'Ana', slak: ['U0ANA'] } }],
  ])('%s is refused', (_, rows) => {
    expect(People.safeParse({ people: rows }).success).toBe(false);
  });
});

describe('who may', () => {
  const actor = (person: string | null): Actor => ({ person, via: 'slack', account: null });

  test.each([
    ['anyone', null, null],
    ['responder', null, 'not-permitted'],
    ['approver', null, 'not-permitted'],
    ['responder', 'ana', null],
    ['responder', 'dan', 'not-permitted'],
    ['approver', 'ana', 'not-permitted'],
    ['approver', 'mina', null],
    ['responder', 'mina', null],
  ] as const)('%s, asked by %s: %s', (who, person, code) => {
    const refusal = refusalOf(who, actor(person), people, ['mina'], 'Starting a runbook');

    expect(refusal?.code ?? null).toBe(code);
  });
});

describe('a refusal', () => {
  test('is told from anything else', () => {
    expect(isRefusal(refuse('which-incident'))).toBe(true);
    expect([null, 'refusal', {}, { kind: 'wait' }].map(isRefusal)).toEqual([false, false, false, false]);
  });
});
