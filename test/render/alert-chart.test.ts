import { describe, expect, it } from 'vitest';
import { alertChart } from '../../src/render/alert-chart.ts';
import { chartOf, HOUR } from '../helpers/sample-chart.ts';

/** The words of a picture, in the order they are drawn. */
const wordsOf = (svg: string): readonly string[] =>
  [...svg.matchAll(/<text[^>]*>([^<]*)<\/text>/g)].map(([, words = '']) => words);
const nightly = (days: number) => Array.from({ length: days * 24 }, (_, hour) => hour % 24);

describe('the picture of an alert', () => {
  const svg = alertChart(chartOf([...nightly(14), 24, 25, 26]));

  it('says what it shows, how it is now, and its limit at the line', () => {
    expect(wordsOf(svg)).toContain('Janua pg-daily: age of newest good backup');
    expect(wordsOf(svg)).toContain('now 26 h · limit 25 h');
    expect(wordsOf(svg)).toContain('limit 25 h');
  });

  it('has round hours at its side and days of UTC below', () => {
    expect(wordsOf(svg)).toEqual(
      expect.arrayContaining([
        '0',
        '6 h',
        '12 h',
        '18 h',
        '24 h',
        '30 h',
        '9 Nov',
        '13 Nov',
        '17 Nov',
        '21 Nov',
        'UTC',
      ]),
    );
  });

  it('lies on white, does not move and needs no font of the machine', () => {
    expect(svg).toContain('fill="#ffffff"');
    expect(svg).not.toMatch(/<animate|@keyframes|@import|https?:\/\/(?!www\.w3\.org)/);
    expect(new Set([...svg.matchAll(/font-family="?:?\s*([^;"]+)/g)].map(([, font]) => font))).toEqual(
      new Set(),
    );
    expect(svg).toContain('DejaVu Sans');
  });

  it.each<[Parameters<typeof chartOf>[1], readonly string[]]>([
    [{ unit: 'bytes', limit: 19e6 }, ['now 93.6 MB · limit 19 MB', '50 MB', '100 MB', '150 MB']],
    [{ unit: 'ms', limit: 20 * 24 * HOUR }, ['now 26 h · limit 20 d', '5 d', '25 d']],
    [{ unit: 'count', limit: null }, ['now 93,600,000', '50,000,000']],
    [{ unit: 'share', limit: 2e8 }, ['limit 20,000,000,000%']],
  ])('has round values of every unit: %j', (changes, words) => {
    expect(wordsOf(alertChart(chartOf([1, 26], changes)))).toEqual(expect.arrayContaining([...words]));
  });

  it.each([
    [[20, 30], '10 s'],
    [[90, 200], '1 min'],
  ])('has seconds and minutes for lag: %j', (seconds, step) => {
    const points = chartOf(seconds.map((value) => value / 3600)).points;

    expect(wordsOf(alertChart(chartOf([], { points, limit: 40_000, kind: 'lag' })))).toContain(step);
  });

  it('leaves a gap where nothing is known, and says so where that is now', () => {
    const lines = (hours: readonly (number | null)[]) =>
      [...alertChart(chartOf(hours)).matchAll(/<path d="(M[^"]*)"[^>]*stroke="#2563a8"/g)].flatMap(
        ([, path = '']) => path.match(/M/g),
      );

    expect(lines([1, 2, 3, 4, 5])).toHaveLength(1);
    expect(lines([1, 2, null, 4, 5])).toHaveLength(2);
    expect(wordsOf(alertChart(chartOf([null, null])))).toContain('not known now · limit 25 h');
    expect(wordsOf(alertChart(chartOf([1, 2, null])))).toContain('not known now · limit 25 h');
  });

  it('is drawn from no points at all', () => {
    expect(alertChart(chartOf([], { limit: null }))).toContain('<svg');
  });

  it('takes a title for what it is', () => {
    const words = alertChart(chartOf([1], { title: `<script>&"\u202e${'x'.repeat(500)}` }));

    expect(words).not.toContain('<script');
    expect(words).not.toContain('\u202e');
    expect(words).toContain('&lt;script&gt;');
    expect(words.length).toBeLessThan(20_000);
  });

  it('draws two weeks of checks every five minutes', () => {
    const hours = Array.from({ length: 4_032 }, (_, index) => (index / 12) % 24);

    expect(
      alertChart(
        chartOf(hours, {
          points: chartOf(hours).points.map((point, index) => ({
            ...point,
            at: new Date(point.at.getTime() - (4_031 - index) * -0.9166 * HOUR),
          })),
        }),
      ),
    ).toContain('<svg');
  });
});
