import { armsOf } from './figure-rows.js';
import { formatNumber } from './format-figure.js';
import type { ControlPoint, ReportData } from './report-data.js';

/** The checks by the control judge as text, one line each; empty where none was made. */
export function controlLines(data: ReportData): string[] {
  const lines = armsOf(data).flatMap((name) =>
    (data.curves[name]?.checks ?? []).map((point) => `    ${name.padEnd(8)}  ${lineOf(point)}`),
  );
  return lines.length === 0 ? [] : ['Reward and control win rate, check by check', ...lines, ''];
}

function lineOf({ iteration, kl, proxy, control }: ControlPoint): string {
  const { value, low, high } = control;
  const interval = `${(low * 100).toFixed(1)} to ${(high * 100).toFixed(1)}`;
  return (
    `iteration ${iteration}: KL ${formatNumber(kl, 'nats')}, reward ${proxy.toFixed(2)}, ` +
    `control win rate ${formatNumber(value, 'percent')} (${interval})`
  );
}
