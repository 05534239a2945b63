import { svgToPng } from '../clients/png.ts';
import { alertChart } from '../render/alert-chart.ts';
import type { AlertChart } from '../render/alert-picture.ts';

/** Draws one picture and ends (draw.ts). */
process.once('message', async (chart: AlertChart) => {
  process.send?.(await svgToPng(alertChart(chart)), () => process.disconnect());
});
