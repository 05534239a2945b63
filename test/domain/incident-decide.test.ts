import { describe, expect, test } from 'vitest';
import type { UpdateText } from '../../src/domain/events.ts';
import {
  type Declaration,
  decideCancel,
  decideDeclare,
  decideEdit,
  decideNote,
  decidePublish,
  decideResolve,
  decideRole,
  decideSeverity,
  decideSnooze,
  decideStatus,
  type Resolution,
  readable,
} from '../../src/domain/incident-decide.ts';
import { incidentAfter, iso, later, MINUTE, NOW, plan } from './samples.ts';

const PLAN = plan({ updates: { every: '30m', bySeverity: { SEV1: '15m' } } });
const CANCELLED = incidentAfter({ kind: 'incident.cancelled', reason: 'a false alarm' });
const TEXT: UpdateText = {
  status: 'investigating',
  impact: 'x',
  changed: 'y',
  next: 'z',
  expectedBack: null,
};
const RESOLUTION: Resolution = {
  occurredAt: later(-20 * MINUTE),
  detectedAt: later(-10 * MINUTE),
  unknownDetected: null,
  rootCause: 'a migration dropped rows',
  dataLost: 'none',
  reportOwner: 'ana',
};
const NOTHING_OPEN = { run: null, approval: null };

describe('declaring', () => {
  const declaration: Declaration = {
    title: '  Sign-in fails\u200b ',
    severity: 'SEV1',
    impact: ' everyone ',
    occurredAt: later(-MINUTE),
    detectedAt: null,
  };

  test('writes clean text and starts the clock of the severity', () => {
    expect(decideDeclare(PLAN, 'p'.repeat(64), declaration, NOW)).toEqual({
      events: [
        {
          kind: 'incident.declared',
          system: 'janua',
          title: 'Sign-in fails',
          severity: 'SEV1',
          impact: 'everyone',
          occurredAt: iso(-MINUTE),
          detectedAt: null,
          declaredAt: iso(),
          plan: 'p'.repeat(64),
          updateEveryMs: 15 * MINUTE,
          draftBeforeMs: 5 * MINUTE,
        },
      ],
    });
  });

  test('keeps unknown what nobody said', () => {
    const unknown = {
      ...declaration,
      severity: 'SEV3',
      impact: null,
      occurredAt: null,
      detectedAt: NOW,
    } as const;

    expect(decideDeclare(PLAN, 'p', unknown, NOW)).toMatchObject({
      events: [{ impact: null, occurredAt: null, detectedAt: iso(), updateEveryMs: 30 * MINUTE }],
    });
  });

  test.each<[string, Partial<Declaration>, string, object]>([
    ['a short title', { title: 'down' }, 'text-unreadable', { field: 'title', min: '5' }],
    [
      'a title of nothing visible',
      { title: '\u200b\u2060\u202e    \u0007' },
      'text-unreadable',
      { field: 'title' },
    ],
    ['a long title', { title: 'é'.repeat(121) }, 'text-unreadable', { max: '120', length: '121' }],
    ['a beginning in the future', { occurredAt: later(1) }, 'input-invalid', { input: 'began', got: iso(1) }],
    [
      'a detection in the future',
      { detectedAt: later(1) },
      'input-invalid',
      { input: 'detected', got: iso(1) },
    ],
  ])('%s is refused', (_, changes, code, facts) => {
    expect(decideDeclare(PLAN, 'p', { ...declaration, ...changes }, NOW)).toMatchObject({ code, facts });
  });
});

describe('editing', () => {
  test('cleans texts and leaves the rest as it is', () => {
    expect(
      decideEdit(incidentAfter(), { title: ' New title ', impact: ' all ', occurredAt: iso() }, NOW),
    ).toEqual({
      events: [
        { kind: 'incident.edited', changes: { title: 'New title', impact: 'all', occurredAt: iso() } },
      ],
    });
    expect(decideEdit(incidentAfter(), { detectedAt: iso() }, NOW)).toEqual({
      events: [{ kind: 'incident.edited', changes: { detectedAt: iso() } }],
    });
  });

  test.each([
    [{ title: 'x' }, 'text-unreadable'],
    [{ occurredAt: iso(1) }, 'input-invalid'],
    [{ detectedAt: iso(1) }, 'input-invalid'],
  ])('%j is refused', (changes, code) => {
    expect(decideEdit(incidentAfter(), changes, NOW)).toMatchObject({ code });
  });
});

describe('severity, status, role and note', () => {
  test('a change is written with what was before', () => {
    expect(decideSeverity(incidentAfter(), PLAN, 'SEV2')).toEqual({
      events: [{ kind: 'incident.severity-changed', from: 'SEV1', to: 'SEV2', updateEveryMs: 30 * MINUTE }],
    });
    expect(decideStatus(incidentAfter(), 'identified', ' a full disk ')).toEqual({
      events: [
        { kind: 'incident.status-changed', from: 'investigating', to: 'identified', what: 'a full disk' },
      ],
    });
    expect(decideRole(incidentAfter(), 'commander', 'ben')).toEqual({
      events: [{ kind: 'incident.role-assigned', role: 'commander', person: 'ben', previous: null }],
    });
  });

  test('the same again writes nothing', () => {
    expect(decideSeverity(incidentAfter(), PLAN, 'SEV1')).toEqual({ events: [] });
    expect(decideStatus(incidentAfter(), 'investigating', 'still looking')).toEqual({ events: [] });
    expect(decideRole(incidentAfter(), 'commander', null)).toEqual({ events: [] });
  });

  test('a status needs a word on what changed', () => {
    expect(decideStatus(incidentAfter(), 'identified', '')).toMatchObject({ code: 'text-unreadable' });
  });

  test('a note may come after the end, and must say something', () => {
    expect(decideNote(' it was DNS ')).toEqual({
      events: [{ kind: 'incident.note-added', text: 'it was DNS' }],
    });
    expect(decideNote('\u200b')).toMatchObject({ code: 'text-unreadable' });
  });
});

describe('resolving', () => {
  const resolve = (changes: Partial<Resolution> = {}, open = {}, incident = incidentAfter()) =>
    decideResolve(incident, PLAN, { ...RESOLUTION, ...changes }, { ...NOTHING_OPEN, ...open }, NOW);

  test('records the instants, the cause and when the report is due', () => {
    expect(resolve()).toEqual({
      events: [
        {
          kind: 'incident.edited',
          changes: { occurredAt: iso(-20 * MINUTE), detectedAt: iso(-10 * MINUTE) },
        },
        {
          kind: 'incident.resolved',
          at: iso(),
          rootCause: 'a migration dropped rows',
          dataLost: 'none',
          reportOwner: 'ana',
          reportDueAt: iso(48 * 60 * MINUTE),
          unknownDetected: null,
        },
      ],
    });
  });

  test('takes instants that were said before', () => {
    const known = incidentAfter({
      kind: 'incident.edited',
      changes: { occurredAt: iso(-9 * MINUTE), detectedAt: iso(-8 * MINUTE) },
    });

    expect(resolve({ occurredAt: null, detectedAt: null }, {}, known)).toMatchObject({
      events: [{ changes: { occurredAt: iso(-9 * MINUTE), detectedAt: iso(-8 * MINUTE) } }, {}],
    });
  });

  test('a detection nobody knows stays unknown, with the reason', () => {
    expect(resolve({ detectedAt: null, unknownDetected: 'no alert was set' })).toMatchObject({
      events: [{ changes: { occurredAt: iso(-20 * MINUTE) } }, { unknownDetected: 'no alert was set' }],
    });
  });

  test.each<[string, Partial<Resolution>, object, string, object]>([
    ['an open run', {}, { run: 'RUN-1' }, 'run-active', { run: 'RUN-1', while: 'resolve' }],
    ['an open approval', {}, { approval: 'APR-1' }, 'approval-open', { approval: 'APR-1' }],
    ['no cause', { rootCause: '?' }, {}, 'text-unreadable', { field: 'root cause' }],
    ['no beginning', { occurredAt: null }, {}, 'resolve-incomplete', { missing: 'when it began' }],
    ['no detection', { detectedAt: null }, {}, 'resolve-incomplete', { missing: 'when it was detected' }],
    ['a detection before it began', { detectedAt: later(-21 * MINUTE) }, {}, 'resolve-incomplete', {}],
    [
      'a beginning in the future',
      { occurredAt: later(1), detectedAt: later(2) },
      {},
      'input-invalid',
      { input: 'began' },
    ],
    ['a detection in the future', { detectedAt: later(1) }, {}, 'input-invalid', { input: 'detected' }],
  ])('is refused with %s', (_, changes, open, code, facts) => {
    expect(resolve(changes, open)).toMatchObject({ code, facts });
  });
});

describe('cancelling', () => {
  test('needs a reason and no open run', () => {
    expect(decideCancel(incidentAfter(), ' a false alarm ', null)).toEqual({
      events: [{ kind: 'incident.cancelled', reason: 'a false alarm' }],
    });
    expect(decideCancel(incidentAfter(), 'x', null)).toMatchObject({ code: 'text-unreadable' });
    expect(decideCancel(incidentAfter(), 'a false alarm', 'RUN-1')).toMatchObject({
      code: 'run-active',
      facts: { run: 'RUN-1', while: 'cancel' },
    });
  });
});

describe('an incident that is over', () => {
  test.each([
    ['edit', decideEdit(CANCELLED, { title: 'A new title' }, NOW)],
    ['severity', decideSeverity(CANCELLED, PLAN, 'SEV2')],
    ['status', decideStatus(CANCELLED, 'identified', 'found it')],
    ['role', decideRole(CANCELLED, 'scribe', 'ben')],
    ['update', decidePublish(CANCELLED, TEXT, true, NOW)],
    ['snooze', decideSnooze(CANCELLED, MINUTE, 'on a call', NOW)],
    ['resolve', decideResolve(CANCELLED, PLAN, RESOLUTION, NOTHING_OPEN, NOW)],
    ['cancel', decideCancel(CANCELLED, 'a false alarm', null)],
  ])('takes no %s', (_, decision) => {
    expect(decision).toMatchObject({
      code: 'incident-closed',
      facts: { incident: 'INC-2026-001', status: 'cancelled' },
    });
  });
});

describe('readable text', () => {
  test.each([
    ['a\u0000b\u0007', 'ab'],
    ['right\u202e to left', 'right to left'],
    ['line one\nline two\t', 'line one\nline two'],
    ['half \ud800', 'half \ufffd'],
    ['\ufeffplain', 'plain'],
  ])('%j reads %j', (text, clean) => {
    expect(readable(text)).toBe(clean);
  });
});
