import type { IntervalEstimate } from '../../../core/math/interval-estimate.js';
import type { Measures } from './measures.js';

/** Measures as people read them. A difference whose interval holds 0 is not told from none, in so many words. */
export function measureText({ run, choices, answers }: Measures): string {
  return [
    `Policies of run ${run}, before and after, with 95% intervals over questions`,
    ...(choices?.before === undefined || choices.after === undefined
      ? []
      : [
          `choices   before   ${shown(choices.before)}`,
          `          after    ${shown(choices.after)}`,
          `          change   ${shown(choices.difference)}: ${verdict(choices.difference)}`,
        ]),
    ...(answers === undefined
      ? []
      : [`answers   wins less a half   ${shown(answers.difference)}: ${verdict(answers.difference)}`]),
  ].join('\n');
}

function verdict({ low, high, n }: IntervalEstimate): string {
  if (low > 0) return 'better';
  if (high < 0) return 'worse';
  return `cannot be told from no difference on ${n} questions`;
}

function shown({ value, low, high }: IntervalEstimate): string {
  const percent = (number: number): string => `${(100 * number).toFixed(1)}%`;
  return `${percent(value)} (${percent(low)} to ${percent(high)})`;
}
