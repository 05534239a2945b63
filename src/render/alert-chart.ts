import 'echarts/lib/chart/line.js';
import 'echarts/lib/component/grid.js';
import 'echarts/lib/component/markLine.js';
import 'echarts/lib/component/title.js';
import { init, use } from 'echarts/core';
import { SVGRenderer } from 'echarts/renderers';
import type { Measure } from '../domain/verdict.ts';
import { type AlertChart, knownPoints } from './alert-picture.ts';
import { clip, oneLine } from './escape.ts';
import { day, quantity } from './format.ts';

/** This module takes a second and some 50 MB to load: the process that draws imports it, and nothing else. */

/** A phone shows a picture some 360 points wide: letters of 20 are as large there as those of the message. */
const WIDTH = 600;
const HEIGHT = 340;
const TITLE_CHARS = 42;
const TEXT = { fontFamily: 'DejaVu Sans', fontSize: 19, color: '#1d1c1d' };
const FAINT = '#dddde1';
const LINE = '#2563a8';
const LIMIT = '#b3412e';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

use([SVGRenderer]);

/** An SVG of 600 × 340 in the font DejaVu Sans, on white: days of UTC below, at most six round values at the side. */
export function alertChart(chart: AlertChart): string {
  const drawing = init(null, null, { renderer: 'svg', ssr: true, width: WIDTH, height: HEIGHT });
  drawing.setOption(optionsOf(chart));
  const svg = drawing.renderToSVGString();
  drawing.dispose();
  return svg;
}

function optionsOf(chart: AlertChart) {
  const { title, unit, limit, from, to } = chart;
  const known = knownPoints(chart);
  const newest = chart.points.at(-1)?.value ?? null;
  const top = Math.max(limit ?? 0, ...known.map(({ value }) => value)) * 1.08;
  const step = roundStep(top / 5, unit);
  const now = newest === null ? 'not known now' : `now ${quantity(newest, unit)}`;
  return {
    animation: false,
    backgroundColor: '#ffffff',
    title: {
      text: clip(oneLine(title), TITLE_CHARS),
      subtext: limit === null ? now : `${now} · limit ${quantity(limit, unit)}`,
      left: 12,
      top: 12,
      itemGap: 7,
      textStyle: { ...TEXT, fontSize: 20, fontWeight: 'bold' },
      subtextStyle: TEXT,
    },
    grid: { left: 16, right: 62, top: 92, bottom: 16, outerBoundsMode: 'same' },
    xAxis: {
      type: 'value',
      min: Math.floor(from.getTime() / DAY) * DAY,
      max: to.getTime(),
      interval: Math.ceil((to.getTime() - from.getTime()) / DAY / 4) * DAY,
      name: 'UTC',
      nameLocation: 'end',
      nameGap: 10,
      nameTextStyle: TEXT,
      axisLine: { lineStyle: { color: FAINT } },
      axisTick: { show: false },
      axisLabel: { ...TEXT, margin: 12, showMaxLabel: false, formatter: (at: number) => day(new Date(at)) },
      splitLine: { show: false },
    },
    yAxis: {
      type: 'value',
      min: 0,
      max: Math.max(1, Math.ceil(top / step)) * step,
      interval: step,
      axisLine: { show: false },
      axisTick: { show: false },
      axisLabel: { ...TEXT, formatter: (value: number) => (value === 0 ? '0' : quantity(value, unit)) },
      splitLine: { lineStyle: { color: FAINT } },
    },
    series: [
      {
        type: 'line',
        data: chart.points.map(({ at, value }) => [at.getTime(), value]),
        // Few values are dots, of many only the last is.
        symbol: 'circle',
        showAllSymbol: true,
        symbolSize: (_: unknown, { dataIndex }: { dataIndex: number }) =>
          dataIndex === chart.points.length - 1 ? 11 : chart.points.length > 31 ? 0 : 7,
        itemStyle: { color: LINE },
        lineStyle: { color: LINE, width: 3 },
        ...(limit === null ? {} : { markLine: limitLine(`limit ${quantity(limit, unit)}`, limit) }),
      },
    ],
  };
}

function limitLine(name: string, at: number) {
  return {
    symbol: 'none',
    silent: true,
    lineStyle: { color: LIMIT, width: 2.5, type: [8, 5] },
    label: {
      ...TEXT,
      color: LIMIT,
      fontWeight: 'bold',
      position: 'insideStartTop',
      backgroundColor: '#ffffff',
      padding: [1, 4],
      formatter: name,
    },
    data: [{ yAxis: at }],
  };
}

const CLOCK_STEPS = [
  ...[1, 2, 5, 10, 15, 30].map((seconds) => seconds * SECOND),
  ...[1, 2, 5, 10, 15, 30].map((minutes) => minutes * MINUTE),
  ...[1, 2, 3, 6, 12].map((hours) => hours * HOUR),
];

/** The first round value that is not smaller. */
function roundStep(least: number, unit: Measure['unit']): number {
  if (unit !== 'ms') return decimalStep(least || 1);
  return CLOCK_STEPS.find((step) => step >= least) ?? decimalStep(least / DAY) * DAY;
}

function decimalStep(least: number): number {
  const scale = 10 ** Math.floor(Math.log10(least));
  return (least > 5 * scale ? 10 : least > 2 * scale ? 5 : least > scale ? 2 : 1) * scale;
}
