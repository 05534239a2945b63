import { describe, expect, it } from 'vitest';
import { type Inline, parseInline, parseMrkdwn } from '../../../../sandbox/page/browser/mrkdwn.ts';

const text = (words: string): Inline => ({ is: 'text', text: words });

describe('Slack markup in the page', () => {
  it('styles whole words only, as Slack does', () => {
    expect(parseInline('*bold* _it_ ~no~')).toEqual([
      { is: 'bold', parts: [text('bold')] },
      text(' '),
      { is: 'italic', parts: [text('it')] },
      text(' '),
      { is: 'strike', parts: [text('no')] },
    ]);

    for (const plain of ['2*3*4', 'snake_case_name', '* not bold *', 'a~b~c', '**'])
      expect(parseInline(plain)).toEqual([text(plain)]);
  });

  it('finds no markup inside code', () => {
    expect(parseInline('`*a* :x: &lt;b&gt;`')).toEqual([{ is: 'code', text: '*a* :x: <b>' }]);
    expect(parseMrkdwn('```\n*a*\n> b\n```')).toEqual([{ is: 'pre', text: '*a*\n> b' }]);
  });

  it('keeps escaped brackets text, however much they look like a mention', () => {
    expect(parseInline('&lt;@U1&gt; &amp;lt;')).toEqual([text('<@U1> &lt;')]);
  });

  it.each<[string, Inline]>([
    ['<@U1>', { is: 'user', id: 'U1', label: null }],
    ['<#C1|incidents>', { is: 'channel', id: 'C1', label: 'incidents' }],
    ['<#C1|>', { is: 'channel', id: 'C1', label: null }],
    ['<!subteam^S1|@dba>', { is: 'group', id: 'S1', label: '@dba' }],
    ['<!here>', { is: 'broadcast', range: 'here' }],
    [
      '<https://a.example/?b=1&amp;c=2|Open card>',
      { is: 'link', url: 'https://a.example/?b=1&c=2', label: 'Open card' },
    ],
    [
      '<!date^1763690000^{time}^https://a.example|02:13>',
      { is: 'date', seconds: 1763690000, format: '{time}', url: 'https://a.example', fallback: '02:13' },
    ],
    [':white_check_mark:', { is: 'emoji', name: 'white_check_mark' }],
  ])('reads %s', (source, expected) => {
    expect(parseInline(source)).toEqual([expected]);
  });

  it('takes a time with colons for a time', () => {
    expect(parseInline('02:14:07 UTC')).toEqual([text('02:14:07 UTC')]);
  });

  it('closes a style after a link that holds its mark', () => {
    expect(parseInline('*see <https://a.example/*b|this>*')).toEqual([
      { is: 'bold', parts: [text('see '), { is: 'link', url: 'https://a.example/*b', label: 'this' }] },
    ]);
  });

  it('joins neighbouring quoted lines, and three marks quote the rest', () => {
    const kinds = (source: string) =>
      parseMrkdwn(source).map((part) => [part.is, 'lines' in part ? part.lines.length : 0]);

    expect(kinds('a\n&gt; b\n> c\nd')).toEqual([
      ['lines', 1],
      ['quote', 2],
      ['lines', 1],
    ]);
    expect(kinds('a\n>>> b\nc')).toEqual([
      ['lines', 1],
      ['quote', 2],
    ]);
  });
});
