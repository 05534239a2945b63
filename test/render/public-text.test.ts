import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { BOT, type IncidentEvent, type RunEvent, type UpdateText } from '../../src/domain/events.ts';
import { publicText } from '../../src/render/public-text.ts';
import { renderUpdate } from '../../src/render/updates.ts';
import { person, viewAt } from './story.ts';

const template = (status: UpdateText['status']) =>
  readFileSync(new URL(`../../templates/status/${status}.md`, import.meta.url), 'utf8');
const _render = (kind: 'internal' | 'public', text: UpdateText, view: ReturnType<typeof viewAt>) =>
  renderUpdate(kind, text, view, template(text.status));

const INC = 'INC-2026-014';
const _incident = (time: string, event: IncidentEvent) =>
  [time, person('ana'), 'incident', INC, event] as const;
const _run = (time: string, event: RunEvent) => [time, BOT, 'run', 'RUN-31', event] as const;

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
