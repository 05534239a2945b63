import { describe, expect, test } from 'vitest';
import {
  renderResolve,
  renderSetStatus,
  renderTakeRole,
  renderTimeline,
} from '../../../src/render/slack/modals-incident.ts';
import { choicesOf, fieldOf, textOf } from '../../helpers/block-kit.ts';
import { storyAt } from '../../helpers/sample-day.ts';
import { declare } from '../../helpers/sample-events.ts';
import { at, createStory } from '../../helpers/sample-story.ts';

describe('the dialogs of an incident', () => {
  test('a held role names its holder', () => {
    const element = fieldOf(renderTakeRole(storyAt('commanded').view('02:20:00')), 'role')?.element;

    expect(element).toMatchObject({ initial_option: { value: 'deputy' } });
    expect(element !== undefined && 'options' in element ? element.options[0]?.description?.text : '').toBe(
      'Ana holds this and is told. It goes on the timeline.',
    );
  });

  test('the status has four words with one line each', () => {
    expect(choicesOf(renderSetStatus(storyAt('commanded').view('02:20:00')), 'status')).toEqual([
      'Investigating: the cause is not known',
      'Identified: the cause is known, work goes on',
      'Monitoring: service is back, being watched',
      'Resolved: opens the closing check',
    ]);
  });

  test('resolving shows what is known, what is not and what is in the way', () => {
    const story = createStory();
    declare(story, { detectedAt: null });
    const early = textOf(renderResolve(story.view('02:20:00')));
    const late = textOf(renderResolve(storyAt('monitoring').view('02:29:00'), { serviceFails: 'HTTP 500' }));

    expect(early).toContain(':grey_question: not known: whether service works, no step has verified it');
    expect(early).toContain(':grey_question: not known: when it was detected');
    expect(late).toContain(':x: failed: the service check fails right now (HTTP 500)');
    expect(late).toContain(':x: failed: RUN-31 is still running. Wait, or abort it first');
    expect(late).toContain('Why resolve although the check fails?');
  });

  test('resolving fills in what was measured without its marks, which a field shows as letters', () => {
    const told = storyAt('monitoring').view('02:50:00');
    const loss = { rows: 2, text: 'Lost: 2 rows of `sessions`' };

    const view = renderResolve({ ...told, incident: { ...told.incident, loss } });

    expect(fieldOf(view, 'lost')?.element).toMatchObject({ initial_value: 'Lost: 2 rows of sessions' });
  });

  test('resolving fills in what was measured, and who leads', () => {
    const view = renderResolve(storyAt('monitoring').view('02:50:00'));

    expect(fieldOf(view, 'lost')?.element).toMatchObject({ initial_value: '118 rows in 2 tables' });
    expect(fieldOf(view, 'owner')?.element).toMatchObject({ initial_option: { value: 'ana' } });
    expect(fieldOf(view, 'began')?.element).toMatchObject({
      initial_date_time: Date.parse(at('02:04:56')) / 1000,
    });
  });

  test('a long timeline shows its newest entries and where the rest is', () => {
    const text = textOf(
      renderTimeline(
        'INC-2026-014',
        Array.from({ length: 260 }, (_, index) => `entry ${index}.`),
      ),
    );

    expect(text).toContain('60 earlier entries are left out: /dr report INC-2026-014 holds all.');
    expect(text).toContain('entry 259.');
    expect(text).not.toContain('entry 59.');
  });
});
