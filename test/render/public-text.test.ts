import { describe, expect, it } from 'vitest';
import { publicText } from '../../src/render/public-text.ts';
import { viewAt } from './story.ts';

describe('public text', () => {
  it.each([
    'https://x.y',
    'see 10.0.0.4',
    'db-1.internal is down',
    'RUN-31 runs',
    'commit 9f2c41d0aa11',
    'janua_run31',
    'file a.dump',
    'Ana is on it',
    'the janua-primary server',
    'Mina Sato decides',
  ])('refuses "%s"', (text) => {
    expect(publicText(text, viewAt('02:20'))).toBe('');
  });

  it('lets plain words through', () => {
    expect(publicText('Sign-in fails for most customers. Analysis goes on.', viewAt('02:20'))).toBe(
      'Sign-in fails for most customers. Analysis goes on.',
    );
  });
});
