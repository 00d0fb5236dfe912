import type { TwoJudges } from '../../../../reward/preference/panel-agreement.js';
import { escapeHtml } from '../../../../workers/evaluation/report/escape-html.js';

const CELL = 44;
const LEFT = 150;
const TOP = 12;
const LONGEST_NAME = 22;
/** As wide as the other charts, so that letters are of one size. */
const NARROWEST = 560;
/** From here on a cell is too dark for black letters. */
const DARK = 0.6;

/** Cohen's κ of every two judges as a matrix: green above chance, brown below, grey where it is undefined. */
export function agreementChart(judges: readonly string[], twos: readonly TwoJudges[]): string {
  if (twos.length === 0) return '';
  const kappas = new Map(
    twos.flatMap(
      ({ judges: [one, other], kappa }) =>
        [
          [JSON.stringify([one, other]), kappa],
          [JSON.stringify([other, one]), kappa],
        ] as const,
    ),
  );
  const title = "Cohen's kappa of every two judges";
  const width = Math.max(NARROWEST, LEFT + judges.length * CELL + 12);
  const height = TOP + judges.length * CELL + 24;
  const cells = judges.flatMap((one, row) => [
    `<text x="${LEFT - 8}" y="${TOP + (row + 0.5) * CELL}" text-anchor="end" dominant-baseline="middle">${row + 1}. ${escapeHtml(shortened(one))}</text>`,
    `<text x="${LEFT + (row + 0.5) * CELL}" y="${height - 8}" text-anchor="middle">${row + 1}</text>`,
    ...judges.map((other, column) =>
      cell(row, column, one === other ? 1 : kappas.get(JSON.stringify([one, other]))),
    ),
  ]);
  return [
    `<figure><figcaption>${title}</figcaption>`,
    `<svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${title}">`,
    ...cells,
    '</svg></figure>',
  ].join('\n');
}

function cell(row: number, column: number, kappa: number | undefined): string {
  const [x, y] = [LEFT + column * CELL, TOP + row * CELL];
  const color = kappa === undefined ? '#8883' : kappa >= 0 ? '#0b6e4f' : '#b5541c';
  const opacity = kappa === undefined ? 1 : Math.min(1, Math.abs(kappa)).toFixed(2);
  const text = kappa === undefined ? '–' : kappa.toFixed(2);
  const ink = Math.abs(kappa ?? 0) > DARK ? ' fill="#fff"' : '';
  return (
    `<rect x="${x}" y="${y}" width="${CELL - 2}" height="${CELL - 2}" fill="${color}" fill-opacity="${opacity}"/>` +
    `<text x="${x + CELL / 2}" y="${y + CELL / 2}" text-anchor="middle" dominant-baseline="middle"${ink}>${text}</text>`
  );
}

function shortened(name: string): string {
  return name.length <= LONGEST_NAME ? name : `${name.slice(0, LONGEST_NAME - 1)}…`;
}
