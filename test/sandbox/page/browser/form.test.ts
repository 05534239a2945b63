import { describe, expect, it } from 'vitest';
import { changedFields, merge } from '../../../../sandbox/page/browser/form.ts';
import { initialOf, matching, toggled, valueIn } from '../../../../sandbox/page/browser/values.ts';

describe('what somebody types into a dialog', () => {
  it('outlives everything the server says about it', () => {
    const server = { before: { title: null }, now: { title: null } };

    expect(merge({ title: 'Sign-in fa' }, server, {})).toEqual({ title: 'Sign-in fa' });
  });

  it('is not taken back by an echo of what was sent before', () => {
    const server = { before: { title: null }, now: { title: 'Sign' } };

    expect(merge({ title: 'Sign-in' }, server, { title: 'Sign' })).toEqual({ title: 'Sign-in' });
  });

  it('gives way where the server changed the field by itself, and new fields come with their values', () => {
    const server = { before: { severity: 'SEV2' }, now: { severity: 'SEV1', system: 'janua' } };

    expect(merge({ severity: 'SEV3', gone: 'x' }, server, {})).toEqual({ severity: 'SEV1', system: 'janua' });
  });

  it('is told to the server only where it differs; empty is nothing', () => {
    expect(
      changedFields(
        { title: 'a', impact: '', options: ['drill'] },
        { title: null, impact: null, options: ['drill'] },
      ),
    ).toEqual({
      title: 'a',
    });
  });
});

describe('values of fields', () => {
  it('are read from state as payloads carry it', () => {
    expect(valueIn({ type: 'plain_text_input', value: 'a' })).toBe('a');
    expect(valueIn({ type: 'static_select', selected_option: { text: {}, value: 'b' } })).toBe('b');
    expect(valueIn({ type: 'checkboxes', selected_options: [{ value: 'c' }, { value: 'd' }] })).toEqual([
      'c',
      'd',
    ]);
    expect(valueIn({ type: 'datetimepicker', selected_date_time: 1763690000 })).toBe('1763690000');
    expect(valueIn({ type: 'users_select', selected_user: null })).toBeNull();
    expect(valueIn(undefined)).toBeNull();
  });

  it('begin as their element says', () => {
    expect(initialOf({ type: 'users_select', action_id: 'a', initial_user: 'U1' })).toBe('U1');
    expect(initialOf({ type: 'users_select', action_id: 'a' })).toBeNull();
  });

  it('keep the order of the options when one is ticked', () => {
    expect(toggled(['c'], 'a', ['a', 'b', 'c'])).toEqual(['a', 'c']);
    expect(toggled(['a', 'c'], 'a', ['a', 'b', 'c'])).toEqual(['c']);
  });

  it('are found by their beginning first', () => {
    const choices = ['Abel', 'Babel', 'Cain'].map((text) => ({ value: text, text }));

    expect(matching(choices, 'ab').map(({ text }) => text)).toEqual(['Abel', 'Babel']);
  });
});
