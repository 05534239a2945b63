import { describe, expect, test } from 'vitest';
import { channelName } from '../../src/domain/channel-name.ts';

describe('the name of an incident channel', () => {
  test.each([
    ['Sign-in fails', 'inc-2026-014-janua-sign-in-fails'],
    ['  Épée & Zürich!! ', 'inc-2026-014-janua-epee-zurich'],
    ['登录失败', 'inc-2026-014-janua'],
    ['Sign-in fails for most customers in Europe', 'inc-2026-014-janua-sign-in-fails-for-most'],
    ['x'.repeat(80), 'inc-2026-014-janua'],
  ])('for "%s" is %s', (title, name) => {
    expect(channelName('INC-2026-014', 'janua', title)).toBe(name);
  });
});
