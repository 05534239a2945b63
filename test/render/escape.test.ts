import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  cleanText,
  clip,
  escapeSlack,
  markdownCode,
  markdownInk,
  markdownQuote,
  markdownUser,
  oneLine,
  plainInk,
  slackBlock,
  slackCode,
  slackInk,
  slackQuote,
  slackUser,
} from '../../src/render/escape.ts';

const anyText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 200 }),
  fc.string({ unit: 'grapheme', maxLength: 200 }),
  fc.constantFrom('&', '<!here>', '\u202e', ':x:', '```', '|', '&amp;&lt;').map((part) => part.repeat(9)),
);

describe('cleaning', () => {
  it('removes NUL, terminal escapes, bidi and zero-width characters, and keeps line breaks', () => {
    expect(cleanText('a\u0000b\u001b[31mc\u202ed\u200be\ufefff\u2066g\r\nh\u2028i\tj')).toBe(
      'ab[31mcdefg\nh\ni j',
    );
    expect(cleanText('lone \ud800 surrogate').isWellFormed()).toBe(true);
    expect(oneLine(' a \n\n b ')).toBe('a b');
  });
});

describe('clipping', () => {
  it('counts the ending, keeps graphemes and entities whole', () => {
    expect(clip('abc', 3)).toBe('abc');
    expect(clip('abcd', 3)).toBe('ab…');
    expect(clip('ab&amp;cd', 6)).toBe('ab…');
    expect(clip('a👩‍👩‍👧b', 5)).toBe('a…');
    expect(clip('abcdef', 5, ' …')).toBe('abc …');
  });

  it('never passes the limit nor cuts an entity, for any text', () => {
    fc.assert(
      fc.property(anyText, fc.integer({ min: 1, max: 60 }), (text, max) => {
        const clipped = slackUser(text, max);
        expect(clipped.length).toBeLessThanOrEqual(max);
        expect(clipped).not.toMatch(/&(?!(?:amp|lt|gt);)/);
        expect(clipped.isWellFormed()).toBe(true);
      }),
      { numRuns: 500 },
    );
  });
});

describe('text of people in Slack', () => {
  it('cannot mention, link, embolden, open code or become an emoji', () => {
    const shown = slackUser(
      '<!channel> <https://evil|APPROVED> *bold* `code` ~gone~ :white_check_mark: approved at 02:14:07',
    );

    expect(shown).not.toMatch(/[<>*`~]/);
    expect(shown).not.toContain(':white_check_mark:');
    expect(shown).toContain('02:14:07');
  });

  it('is quoted on every line, so that a forged line looks like what it is', () => {
    expect(slackQuote('first\nAPPROVED by CTO')).toBe('> first\n> APPROVED by CTO');
    expect(slackQuote('x'.repeat(99), 20)).toHaveLength(20);
  });

  it('cannot end a code span or block early, and what is copied from there holds no look-alike', () => {
    expect(slackCode('a`b')).toBe('`ab`');
    expect(slackBlock('a\n```\nb <x> * ~')).toBe('```\na\n\nb &lt;x&gt; * ~\n```');
    expect(escapeSlack('a & <b>')).toBe('a &amp; &lt;b&gt;');
  });
});

describe('text of people in Markdown', () => {
  it.each([
    ['![x](javascript:1)', '!\\[x\\](javascript:1)'],
    ['<script>&amp;', '\\<script>\\&amp;'],
    ['a | b', 'a \\| b'],
    ['# heading', '\\# heading'],
    ['1. list', '1\\. list'],
    ['- list', '\\- list'],
    ['_it_ but snake_case', '\\_it\\_ but snake_case'],
    ['~~gone~~ **bold** `code`', '\\~\\~gone\\~\\~ \\*\\*bold\\*\\* \\`code\\`'],
    ['see http://evil.example www.evil.example', 'see http\\://evil.example www\\.evil.example'],
    ['http.check at 02:14:07', 'http.check at 02:14:07'],
  ])('%s is inert', (text, shown) => {
    expect(markdownUser(text)).toBe(shown);
  });

  it('stays inside its quote, line by line', () => {
    expect(markdownQuote('one\n\n## two')).toBe('> one\n>\n>\n>\n> \\## two');
  });

  it('gets a fence longer than any inside it', () => {
    expect(markdownCode('plain')).toBe('`plain`');
    expect(markdownCode('a``b|c')).toBe('``` a``b\\|c ```');
  });

  it('never opens markup, for any text', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        expect(markdownUser(text)).not.toMatch(/(?<!\\)(?:\\\\)*[[\]<|`*~&]/);
        expect(markdownUser(text)).not.toContain('\n');
      }),
      { numRuns: 500 },
    );
  });
});

it('every ink quotes people, so that their words are seen to be theirs', () => {
  for (const ink of [plainInk, slackInk, markdownInk]) {
    expect(ink.quote('say "yes"')).toBe(`"say 'yes'"`);
    expect(ink.text('janua-api')).toBe('janua-api');
  }
  expect([plainInk, slackInk, markdownInk].map((ink) => ink.code('janua'))).toEqual([
    'janua',
    '`janua`',
    '`janua`',
  ]);
});
