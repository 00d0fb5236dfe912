import { dirname, resolve } from 'node:path';
import { makeFolderDurably, writeDurably } from '../../../core/runtime/durable-file.js';
import type { PairEvaluation } from '../../../reward/model/evaluate-pairs.js';
import { escapeHtml } from '../../../workers/evaluation/report/escape-html.js';
import { REPORT_STYLE } from '../../../workers/evaluation/report/report-style.js';
import { evaluationRows } from './describe-evaluation.js';

const SIDE = 300;
const MARGIN = 40;
const LARGEST_DOT = 12;
const TICKS = [0.5, 0.6, 0.7, 0.8, 0.9, 1];

/** Writes an evaluation as one self-contained page; a page of that name is replaced whole. */
export async function writeEvaluationPage(
  path: string,
  title: string,
  evaluation: PairEvaluation,
): Promise<void> {
  await makeFolderDurably(dirname(resolve(path)));
  await writeDurably(path, Buffer.from(evaluationPage(title, evaluation)));
}

/** The page: no script, no outside resource, all text escaped. */
export function evaluationPage(title: string, evaluation: PairEvaluation): string {
  const rows = evaluationRows(evaluation).map(
    ({ name, value, interval }) =>
      `<tr><th>${escapeHtml(name)}</th><td>${escapeHtml(value)}</td><td>${escapeHtml(interval)}</td></tr>`,
  );
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title>
<style>${REPORT_STYLE}</style>
<h1>${escapeHtml(title)}</h1>
<p>${evaluation.pairs} pairs of ${evaluation.prompts} prompts, ${evaluation.decided} decided. Intervals are 95%, over prompts.</p>
${reliabilityDiagram(evaluation.bins)}
<table><tr><th></th><th></th><th>95% interval</th></tr>${rows.join('')}</table>
</html>
`;
}

/** Dots of bins, as large as their weight: on the line, a probability can be believed; below it, it promises too much. */
function reliabilityDiagram(bins: PairEvaluation['bins']): string {
  const lowest = Math.min(0.5, ...bins.map(({ accuracy }) => accuracy));
  const x = (probability: number): number => MARGIN + ((probability - 0.5) / 0.5) * SIDE;
  const y = (share: number): number => MARGIN / 2 + ((1 - share) / (1 - lowest)) * SIDE;
  const most = Math.max(...bins.map(({ weight }) => weight));
  const dots = bins.map(({ confidence, accuracy, weight }) => {
    const radius = LARGEST_DOT * Math.sqrt(weight / most);
    const told = `${(100 * confidence).toFixed(1)}% sure, ${(100 * accuracy).toFixed(1)}% right`;
    return `<circle cx="${x(confidence).toFixed(1)}" cy="${y(accuracy).toFixed(1)}" r="${radius.toFixed(1)}" fill="#0b6e4f" fill-opacity="0.6"><title>${told}</title></circle>`;
  });
  const ticks = TICKS.flatMap((tick) => [
    `<text x="${x(tick)}" y="${SIDE + MARGIN}" text-anchor="middle">${100 * tick}%</text>`,
    `<text x="${MARGIN - 6}" y="${y(tick)}" text-anchor="end" dominant-baseline="middle">${100 * tick}%</text>`,
  ]);
  const caption = 'How often the preferred answer is the better one, by how sure the model is';
  return `<figure><figcaption>${caption}</figcaption>
<svg viewBox="0 0 ${SIDE + 2 * MARGIN} ${SIDE + 1.5 * MARGIN}" role="img" aria-label="${caption}">
<line x1="${x(0.5)}" y1="${y(0.5)}" x2="${x(1)}" y2="${y(1)}" stroke="#888"/>
${[...ticks, ...dots].join('\n')}
</svg></figure>`;
}
