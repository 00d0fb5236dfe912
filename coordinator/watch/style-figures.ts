import { MajlisError } from '../../core/errors.js';
import { stratifiedSpearman } from '../../core/math/stratified-spearman.js';
import type { Stratum } from '../../core/math/stratified-spearman.js';
import { paidScore } from '../advantage/paid-score.js';
import { formatMarks } from './format-marks.js';
import type { WatchedIteration, WatchFigures } from './watched-iteration.js';

/**
 * What the reward has to do with how answers look: its rank correlation with their length in tokens and with their format
 * (`formatMarks`), within prompt groups, so that a prompt whose answers are all long and well paid does not enter; and
 * how both are spread over the batch. Answers without a score do not count; a correlation is absent where no group varies.
 */
export function styleFigures({ batch, rewards }: WatchedIteration): WatchFigures {
  const { floor } = batch.plan.reward;
  let place = 0;
  const groups = batch.groups.map(({ result }) =>
    result.trajectories.flatMap(({ tokenIds, text }) => {
      const reward = rewards.at(place++);
      if (reward === undefined) throw new MajlisError('an answer has no outcome', { code: 'data_loss' });
      const score = paidScore(reward.outcome, { floor });
      return score === undefined ? [] : [{ score, length: tokenIds.length, marks: formatMarks(text) }];
    }),
  );
  const correlation = (figure: 'length' | 'marks'): number | undefined =>
    stratifiedSpearman(
      groups.map((answers): Stratum => ({
        x: answers.map((answer) => answer[figure]),
        y: answers.map(({ score }) => score),
      })),
    );
  const paid = groups.flat();
  const lengths = spread(paid.map(({ length }) => length));
  const marks = spread(paid.map((answer) => answer.marks));
  return present({
    'watch/length_correlation': correlation('length'),
    'watch/length_std': lengths?.deviation,
    'watch/format_correlation': correlation('marks'),
    'watch/format_mean': marks?.mean,
    'watch/format_std': marks?.deviation,
  });
}

/** Mean and unbiased deviation; undefined for fewer than two numbers. */
function spread(numbers: readonly number[]): { mean: number; deviation: number } | undefined {
  if (numbers.length < 2) return undefined;
  const mean = numbers.reduce((sum, number) => sum + number, 0) / numbers.length;
  const squares = numbers.reduce((sum, number) => sum + (number - mean) ** 2, 0);
  return { mean, deviation: Math.sqrt(squares / (numbers.length - 1)) };
}

function present(figures: Readonly<Record<string, number | undefined>>): WatchFigures {
  return Object.fromEntries(
    Object.entries(figures).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
}
