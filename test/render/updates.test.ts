import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { UpdateText } from '../../src/domain/events.ts';
import { draftUpdate, nextUpdateAt, renderUpdate } from '../../src/render/updates.ts';
import { at, plan, toldUntil, viewAt } from './story.ts';

const template = (status: UpdateText['status']) =>
  readFileSync(new URL(`../../templates/status/${status}.md`, import.meta.url), 'utf8');
const render = (kind: 'internal' | 'public', text: UpdateText, view: ReturnType<typeof viewAt>) =>
  renderUpdate(kind, text, view, template(text.status));

describe('an update as text', () => {
  it('has every field of the internal template', () => {
    const view = viewAt('02:20');

    expect(render('internal', draftUpdate(view), view)).toBe(
      `Update 1 · INC-2026-014 · Janua · SEV1 Critical: Sign-in fails for most customers

Status: Investigating (since 02:12 UTC)
Started: 21 Nov 2026 02:04 UTC
Impact: Since 02:04 UTC: All regions. Login and token refresh return 500.
What changed: 3 steps of RUN-31 finished, the last: step 3 Restore into a scratch database, done: janua_run31, 214,600 rows. "Cut over to the restored database" has 1 of 2 approvals (APR-57). Ana started RUN-31, Restore PostgreSQL from a backup.
What is next: Two people approve "Cut over to the restored database" (APR-57 has 1 of 2, until 02:33 UTC). 118 rows would be lost.
Expected back: not known yet
Next update: by 03:12 UTC

Thank you for your patience.
`,
    );
  });

  it.each([
    ['02:20', 'We are looking into the cause.'],
    ['02:21:05', 'We know the cause and are restoring from a backup.'],
    ['02:25', 'We are still working on this. There is nothing new to report.'],
    ['02:36', 'Janua works again since 02:27 UTC. We keep watching it. There is nothing new to report.'],
    [
      '03:30',
      'This is resolved. Janua has worked normally since 02:27 UTC. Changes made between 02:00 UTC and 02:05 UTC were lost. We will publish what happened and what we change.',
    ],
  ])('tells the public at %s: %s', (now, sentence) => {
    const view = viewAt(now);

    const text = render('public', draftUpdate(view), view);

    expect(text).toContain(`\n${sentence}\n`);
    expect(text).toContain('Started: 21 Nov 2026 02:04 UTC');
    expect(text).toMatch(/Next update by \d\d:\d\d UTC\.|This is the last update\./);
    for (const inside of ['Ana', 'Ben', 'RUN-', 'APR-', 'INC-', 'janua_', 'PostgreSQL', 'Cut over', 'dump'])
      expect(text).not.toContain(inside);
  });

  it('keeps machines and people out of public text, whatever a person typed', () => {
    const view = viewAt('02:20');
    const text: UpdateText = {
      ...draftUpdate(view),
      impact: 'Ben restarts db-1.internal',
      expectedBack: 'ask mina@janua.test',
    };
    const named = { ...view, incident: { ...view.incident, title: 'janua-api returns 500' } };

    const shown = render('public', text, named);

    expect(shown).toMatch(/^Janua: Disruption\n/);
    expect(shown).toContain('Impact: Janua is affected.\nExpected back: not known yet\n');
  });

  it("takes the plan's title and leaves the closing line out where the plan has none", () => {
    const { closing: _, ...updates } = plan.updates;
    const view = {
      ...viewAt('02:20'),
      plan: { ...plan, updates: { ...updates, title: 'Service disruption' } },
    };

    const shown = render('public', draftUpdate(view), view);

    expect(shown).toMatch(/^Janua: Service disruption\n/);
    expect(shown).not.toContain('patience');
  });

  it('cannot have a field forged by a line break in a text', () => {
    const view = viewAt('02:20');

    const shown = render(
      'internal',
      { ...draftUpdate(view), changed: 'x\nStatus: Resolved\u202e\u0000' },
      view,
    );

    expect(shown).toContain('What changed: x Status: Resolved\n');
  });

  it.each(['impact', 'changed', 'next'] as const)('is refused, naming it, when "%s" is missing', (field) => {
    const view = viewAt('02:20');

    expect(() => render('internal', { ...draftUpdate(view), [field]: ' \u200b' }, view)).toThrow(
      `The internal update of INC-2026-014 lacks "${field}".`,
    );
  });

  it('is refused, naming the file, when its template asks for what is not there', () => {
    const view = viewAt('02:20');

    expect(() => renderUpdate('public', draftUpdate(view), view, '{{ nonsense }}')).toThrow(
      /^templates\/status\/investigating\.md: undefined variable: nonsense.*Nothing was written/,
    );
    expect(() => renderUpdate('public', draftUpdate(view), view, '{{ title | shout }}')).toThrow(
      /undefined filter: shout/,
    );
  });

  it('says so when nobody knows when it began', () => {
    const view = viewAt('02:13');

    expect(render('public', draftUpdate(view), view)).toContain(
      'Started: not known yet (declared 21 Nov 2026 02:12 UTC)',
    );
  });

  it('is honest about data: nothing measured, nothing lost, unknown, a span', () => {
    const view = viewAt('03:30');
    const lost = (changes: Partial<typeof view.incident>) => {
      const changed = { ...view, incident: { ...view.incident, ...changes } };
      return render('public', draftUpdate(changed), changed).split('\n')[2];
    };

    expect(lost({ loss: { rows: 0, text: '' } })).toContain(' No data was lost. ');
    expect(lost({ loss: null, recoveryPoint: null })).not.toContain('lost');
    expect(lost({ loss: null })).toContain(
      'Changes made between 02:00 UTC and 02:05 UTC may have been lost.',
    );
    expect(lost({ occurredAt: null })).toContain('Changes made after 02:00 UTC were lost.');
    expect(lost({ recoveryPoint: null })).toContain('Some recent changes were lost.');
  });
});

describe('the promise of the next update', () => {
  it('is one interval after this one falls due, or what was recorded once it is out', () => {
    const before = viewAt('02:20');
    const late = viewAt('02:50', toldUntil('02:20'));
    const out = viewAt('02:28:30');
    const published = out.incident.updates.published.at(-1)?.text;
    if (published === undefined) throw new Error('nothing published');

    expect(nextUpdateAt(draftUpdate(before), before)).toBe(at('03:12:04'));
    expect(nextUpdateAt(draftUpdate(late), late)).toBe(at('03:20'));
    expect(nextUpdateAt(published, out)).toBe(at('02:58'));
    expect(nextUpdateAt({ ...published, status: 'resolved' }, out)).toBeNull();
    expect(render('internal', published, out)).toMatch(/^Update 2 · /);
    expect(render('internal', draftUpdate(out), out)).toMatch(/^Update 3 · /);
  });
});
