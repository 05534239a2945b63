import { describe, expect, it } from 'vitest';
import { describeChart } from '../../src/render/alert-picture.ts';
import { chartOf, HOUR } from '../helpers/sample-chart.ts';

describe('a picture in a sentence', () => {
  it.each<[string, Parameters<typeof chartOf>[0], Parameters<typeof chartOf>[1], string]>([
    [
      'a rise over the limit',
      [20, 1, 2, 13, 24.5, 26],
      {},
      'Age rose from 1 h to 26 h; limit 25 h crossed at 02:00 UTC',
    ],
    ['a rise below the limit', [20, 2, 13], {}, 'Age rose from 2 h to 13 h; limit 25 h'],
    [
      'a fall',
      [38, 39, 2],
      { kind: 'size', unit: 'count', limit: 19 },
      'Size fell from 140,400,000 to 7,200,000; limit 19',
    ],
    ['no limit', [1, 2], { limit: null }, 'Age rose from 1 h to 2 h'],
    ['no limit and no answer', [1, 2, null], { limit: null }, 'Age rose from 1 h to 2 h, then not known'],
    ['a level line', [4, 4, 4], {}, 'Age is 4 h; limit 25 h'],
    ['one point', [4], {}, 'Age is 4 h; limit 25 h'],
    ['a gap, which is not 0', [4, null, 6, null], {}, 'Age rose from 4 h to 6 h, then not known; limit 25 h'],
    ['nothing', [null], {}, 'Age is not known in these days'],
  ])('of %s', (_, hours, changes, sentence) => {
    expect(describeChart(chartOf(hours, changes))).toBe(sentence);
  });

  it('names the day where it was another one', () => {
    const { to, ...chart } = chartOf([1, 26]);

    expect(describeChart({ ...chart, to: new Date(to.getTime() + 24 * HOUR) })).toContain(
      'crossed at 23 Nov 02:00 UTC',
    );
  });
});
