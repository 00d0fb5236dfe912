import type { IntervalEstimate } from '../../../core/math/interval-estimate.js';
import type { PairEvaluation } from '../../../reward/model/evaluate-pairs.js';
import { formatTable } from '../../terminal/format-table.js';

/** One figure of a reward model with its interval, ready to be read. */
export interface EvaluationRow {
  readonly name: string;
  readonly value: string;
  readonly interval: string;
}

/** The figures of an evaluation in the order in which people ask for them. */
export function evaluationRows(evaluation: PairEvaluation): EvaluationRow[] {
  const { accuracy, longerAccuracy, logLoss, brier, ece, lengthSlope, byLocale, byLengthGap } = evaluation;
  return [
    ...row('accuracy', accuracy, percent),
    ...row('accuracy of preferring the longer', longerAccuracy, percent),
    ...(byLocale.length > 1 ? byLocale : []).flatMap((one) =>
      row(`accuracy, ${one.group}`, one.accuracy, percent),
    ),
    ...byLengthGap.flatMap((one) =>
      row(`accuracy, lengths ${one.group} characters apart`, one.accuracy, percent),
    ),
    ...row('log-loss (0.693 knows nothing)', logLoss, decimal),
    ...row('Brier score (0.250 knows nothing)', brier, decimal),
    ...row(`ECE (${decimal(evaluation.eceByChance)} by chance alone)`, ece, decimal),
    { name: 'temperature these pairs would have', value: evaluation.temperature.toFixed(2), interval: '' },
    ...row('length slope, logits at a typical gap', lengthSlope, signed),
    ...evaluation.bySureness
      .filter(({ share }) => share < 1)
      .map(({ share, accuracy: value }) => ({
        name: `accuracy of the surest ${Math.round(share * 100)}%`,
        value: percent(value),
        interval: '',
      })),
  ];
}

/** An evaluation as text. */
export function describeEvaluation(evaluation: PairEvaluation): string {
  const { pairs, prompts, decided } = evaluation;
  const rows = evaluationRows(evaluation).map(({ name, value, interval }) => [name, value, interval]);
  return `${pairs} pairs of ${prompts} prompts, ${decided} decided\n\n${formatTable(['', '', '95% interval'], rows)}`;
}

function row(
  name: string,
  estimate: IntervalEstimate | undefined,
  format: (value: number) => string,
): EvaluationRow[] {
  if (estimate === undefined) return [];
  const { value, low, high } = estimate;
  return [{ name, value: format(value), interval: `${format(low)} to ${format(high)}` }];
}

function percent(value: number): string {
  return `${(100 * value).toFixed(1)}%`;
}

function decimal(value: number): string {
  return value.toFixed(3);
}

/** A number that may lie on either side of 0. */
export function signed(value: number): string {
  return `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(3)}`;
}
