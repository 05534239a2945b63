import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { UpdateText } from '../../src/domain/events.ts';
import { draftUpdate, nextUpdateAt, renderUpdate } from '../../src/render/updates.ts';
import { at, plan, toldUntil, viewAt } from './story.ts';

const template = (status: UpdateText['status']) =>
  readFileSync(new URL(`../../templates/status/${status}.md`, import.meta.url), 'utf8');
const render = (text: UpdateText, view: ReturnType<typeof viewAt>) =>
  renderUpdate(text, view, template(text.status));

describe('an update as text', () => {
  it('has the fields that S-108 names: title, status, start, impact, expected end, next update, closing line', () => {
    const view = viewAt('02:20');

    expect(render(draftUpdate(view), view)).toBe(
      `Janua: Sign-in fails for most customers

We are looking into the cause.

Status: Investigating
Started: 21 Nov 2026 02:04 UTC
Impact: Since 02:04 UTC: All regions. Login and token refresh return 500.
Expected back: not known yet
Next update by 03:12 UTC.

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

    const text = render(draftUpdate(view), view);

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

    const shown = render(text, named);

    expect(shown).toMatch(/^Janua: Disruption\n/);
    expect(shown).toContain('Impact: Janua is affected.\nExpected back: not known yet\n');
  });

  it("takes the plan's title and leaves the closing line out where the plan has none", () => {
    const { closing: _, ...updates } = plan.updates;
    const view = {
      ...viewAt('02:20'),
      plan: { ...plan, updates: { ...updates, title: 'Service disruption' } },
    };

    const shown = render(draftUpdate(view), view);

    expect(shown).toMatch(/^Janua: Service disruption\n/);
    expect(shown).not.toContain('patience');
  });

  it('cannot have a field forged by a line break in a text', () => {
    const view = viewAt('02:20');

    const shown = render({ ...draftUpdate(view), impact: 'x\nStatus: Resolved\u202e\u0000' }, view);

    expect(shown).toContain('\nImpact: x Status: Resolved\n');
  });

  it('is refused, naming the file, when its template asks for what is not there', () => {
    const view = viewAt('02:20');

    expect(() => renderUpdate(draftUpdate(view), view, '{{ nonsense }}')).toThrow(
      /^templates\/status\/investigating\.md: undefined variable: nonsense.*Nothing was written/,
    );
    expect(() => renderUpdate(draftUpdate(view), view, '{{ title | shout }}')).toThrow(
      /undefined filter: shout/,
    );
  });

  it('says so when nobody knows when it began', () => {
    const view = viewAt('02:13');

    expect(render(draftUpdate(view), view)).toContain(
      'Started: not known yet (declared 21 Nov 2026 02:12 UTC)',
    );
  });

  it('is honest about data: nothing measured, nothing lost, unknown, a span', () => {
    const view = viewAt('03:30');
    const lost = (changes: Partial<typeof view.incident>) => {
      const changed = { ...view, incident: { ...view.incident, ...changes } };
      return render(draftUpdate(changed), changed).split('\n')[2];
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
  });
});
