import { describe, expect, it } from 'vitest';
import { parseMarkdown, parseSpans } from '../../../../sandbox/page/browser/markdown.ts';

describe('Markdown of a report in the page', () => {
  it('reads headings, paragraphs, lists, tables, quotes, code and rules', () => {
    const source = [
      '# Report',
      'Two',
      'lines',
      '',
      '- one',
      '  goes on',
      '- [x] two',
      '',
      '| a | b \\| c |',
      '|---|:--:|',
      '| `1` | 2 |',
      '',
      '> said',
      '```',
      '# no heading',
      '```',
      '---',
    ].join('\n');

    expect(parseMarkdown(source)).toEqual([
      { is: 'heading', level: 1, spans: parseSpans('Report') },
      { is: 'paragraph', lines: [parseSpans('Two'), parseSpans('lines')] },
      { is: 'list', ordered: false, items: [parseSpans('one goes on'), parseSpans('☑ two')] },
      {
        is: 'table',
        head: [parseSpans('a'), parseSpans('b | c')],
        rows: [[[{ is: 'code', text: '1' }], parseSpans('2')]],
      },
      { is: 'quote', lines: [parseSpans('said')] },
      { is: 'code', text: '# no heading' },
      { is: 'rule' },
    ]);
  });

  it('ends whatever the source is', () => {
    for (const source of ['', '```', '|', '|\n|--|', '#', '-', '>', '**', '[a](', '\n\n', '1. a\n```\nb'])
      expect(parseMarkdown(source)).toBeInstanceOf(Array);
  });

  it('tells code from back quotes that are letters', () => {
    expect(parseSpans('of \\`sessions\\` 1,750 and \\`audit\\`, `` a`b `` and `c`')).toEqual([
      { is: 'text', text: 'of `sessions` 1,750 and `audit`, ' },
      { is: 'code', text: 'a`b' },
      { is: 'text', text: ' and ' },
      { is: 'code', text: 'c' },
    ]);
    expect(parseSpans('\\[no link\\](x), https\\://x, \\*\\*no\\*\\*')).toEqual([
      { is: 'text', text: '[no link](x), https://x, **no**' },
    ]);
  });

  it('decodes escapes once', () => {
    expect(parseSpans('\\*a\\* &amp;lt; **b**')).toEqual([
      { is: 'text', text: '*a* &lt; ' },
      { is: 'bold', text: 'b' },
    ]);
  });
});
