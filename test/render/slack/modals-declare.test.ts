import { describe, expect, test } from 'vitest';
import { parseDraft } from '../../../src/render/slack/declare-draft.ts';
import { parseValue } from '../../../src/render/slack/ids.ts';
import {
  type DeclareForm,
  declareFault,
  nearDuplicateReply,
  renderDeclared,
  renderDeclareForm,
  renderDeclaring,
  renderNearDuplicate,
} from '../../../src/render/slack/modals-declare.ts';
import { buttonsOf, choicesOf, fieldOf, textOf } from '../../helpers/block-kit.ts';
import { storyAt } from '../../helpers/sample-day.ts';
import { people, samplePlan } from '../../helpers/sample-plan.ts';
import { at } from '../../helpers/sample-story.ts';

const NOW = new Date(at('02:12:00'));

describe('the form to declare', () => {
  const form: DeclareForm = {
    plans: [samplePlan()],
    system: 'janua',
    open: [],
    people,
    given: {},
    notes: [],
    now: NOW,
  };

  test('offers the severities in the words of the plan, and preselects the plan’s own', () => {
    const view = renderDeclareForm(form);

    expect(choicesOf(view, 'severity')).toEqual([
      'SEV1 · Critical',
      'SEV2 · Major',
      'SEV3 · Minor',
      'SEV4 · Low',
    ]);
    expect(fieldOf(view, 'severity')?.element).toMatchObject({ initial_option: { value: 'SEV2' } });
  });

  test('keeps what was typed while the system changes', () => {
    const view = renderDeclareForm({ ...form, given: { title: 'Sign-in fails & more', severity: 'SEV1' } });

    expect(fieldOf(view, 'title')?.element).toMatchObject({ initial_value: 'Sign-in fails & more' });
    expect(fieldOf(view, 'severity')?.element).toMatchObject({ initial_option: { value: 'SEV1' } });
    expect(fieldOf(view, 'system')).toMatchObject({
      dispatch_action: true,
      element: { action_id: 'declare.choose-system' },
    });
  });

  test('shows at most three open incidents', () => {
    const { incident } = storyAt('declared').view('02:13:00');

    const text = textOf(renderDeclareForm({ ...form, open: [incident, incident, incident, incident] }));

    expect(text.match(/> Sign-in fails/g)).toHaveLength(3);
    expect(text).toContain('and 1 more: /dr list');
  });

  test('says what to do where no plan is loaded', () => {
    expect(textOf(renderDeclareForm({ ...form, plans: [] }))).toContain('No plan is loaded');
  });

  test.each([
    [
      { is: 'no-system' } as const,
      'system',
      'Choose a system. If none fits, choose the nearest and say so in the title.',
    ],
    [
      { is: 'too-short' } as const,
      'title',
      'Say in a few words what people notice, for example "Sign-in fails".',
    ],
    [
      { is: 'too-long', length: 121 } as const,
      'title',
      '121 of 120 characters. Put the rest under "Who or what is affected?".',
    ],
    [
      { is: 'future', at: new Date(at('02:24:00')), now: NOW } as const,
      'began',
      'That is 12 min in the future (now 02:12 UTC). Choose a past time, or leave it empty.',
    ],
    [
      { is: 'long-ago', at: new Date('2026-11-12T02:12:00Z'), now: NOW } as const,
      'began',
      'That is 9 d ago. If it is right, send the form once more.',
    ],
    [{ is: 'unreadable', field: 'impact' } as const, 'impact', 'This field holds no readable text.'],
  ])('puts the words of a fault under its field: %o', (fault, id, text) => {
    expect(declareFault(fault)).toEqual({ field: id, text });
  });
});

describe('a near-duplicate', () => {
  const { incident } = storyAt('commanded').view('02:13:00');
  const draft = {
    system: 'janua',
    title: 'Login returns 500',
    severity: 'SEV1',
    impact: null,
    occurredAt: null,
    drill: false,
    resembles: incident.id,
  } as const;
  const near = { incident, systemName: 'Janua', people, draft };

  test('offers to join or to go on, and keeps what was typed', () => {
    const view = renderNearDuplicate(near);

    expect(choicesOf(view, 'choice')).toEqual(['Join INC-2026-014', 'Declare a new one']);
    expect(parseDraft(view.private_metadata)).toEqual(draft);
  });

  test('offers to raise the severity only upwards', () => {
    const minor = { ...near, incident: { ...incident, severity: 'SEV3' as const } };

    expect(choicesOf(renderNearDuplicate(minor), 'choice')).toContain('Raise it to SEV1');
    expect(buttonsOf(nearDuplicateReply(minor).blocks).map(({ text }) => text.text)).toEqual([
      'Join INC-2026-014',
      'Raise to SEV1',
      'Declare a new one',
    ]);
  });

  test.each(['Password mails are late', '😀'.repeat(200), '100% & more = ?'])(
    'carries a typed title into the form of a new one: %s',
    (title) => {
      const [button] = buttonsOf(nearDuplicateReply({ ...near, draft: { ...draft, title } }).blocks).slice(
        -1,
      );

      const carried = parseValue(button?.value ?? '')?.title ?? '';

      expect(title.startsWith(carried.replace(/…$/, ''))).toBe(true);
      expect(carried.length).toBeGreaterThanOrEqual(Math.min(title.length, 100));
    },
  );

  test('of a channel still being made says so, and later names it, or says that it is not there', () => {
    expect(textOf(renderDeclaring('INC-2026-014'))).toContain(
      'INC-2026-014 is recorded. Making its channel.',
    );
    expect(textOf(renderDeclared(incident))).toContain('Channel: <#C0INC014>');
    expect(textOf(renderDeclared({ ...incident, channel: null }))).toContain('Its channel is not made yet');
  });
});
