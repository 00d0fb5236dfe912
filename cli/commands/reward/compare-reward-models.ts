import { MajlisError } from '../../../core/errors.js';
import type { IntervalEstimate } from '../../../core/math/interval-estimate.js';
import { createRng } from '../../../core/math/rng.js';
import { comparePairs } from '../../../reward/model/compare-pairs.js';
import { createLightRewardModel } from '../../../reward/model/light/light-reward-model.js';
import { readPreferences } from '../../../reward/model/read-preferences.js';
import { scorePairs } from '../../../reward/model/score-pairs.js';
import { formatTable } from '../../terminal/format-table.js';
import type { CommandResult, Session } from '../session.js';
import { signed } from './describe-evaluation.js';
import { openLightReward } from './open-light-reward.js';

export interface CompareRewardsRequest {
  readonly first: string;
  readonly second: string;
  readonly pairs: string;
  readonly seed: number;
}

/**
 * Compares two reward models pair by pair on the same labelled pairs. They may be of different rubrics: which labels the pairs
 * have is then what decides.
 */
export async function compareRewardModels(
  { first, second, pairs: path, seed }: CompareRewardsRequest,
  { signal }: Session,
): Promise<CommandResult> {
  const stored = await Promise.all([first, second].map((directory) => openLightReward(directory)));
  const pairs = await readPreferences(path, { locale: stored[0].rubric.locale });
  const [one, other] = await Promise.all(
    stored.map((reward) => scorePairs(createLightRewardModel(reward), pairs, { signal })),
  );
  // What one light model cannot read is too long for the other, so that both leave out the same pairs.
  if (one.scored.length === 0 || one.scored.length !== other.scored.length) {
    throw new MajlisError(`no pairs of ${path} are scored by both models`, { code: 'failed_precondition' });
  }
  const comparison = comparePairs(one.scored, other.scored, { rng: createRng(seed).fork('comparison') });
  const [firstHash, secondHash] = stored.map(({ hash }) => hash);
  const rows = (
    [
      ['accuracy', comparison.accuracy, 'higher'],
      ['log-loss', comparison.logLoss, 'lower'],
      ['Brier score', comparison.brier, 'lower'],
    ] as const
  ).flatMap(([name, estimate, better]) => (estimate === undefined ? [] : [toRow(name, estimate, better)]));
  const title = `${first} (${firstHash.slice(0, 12)}) minus ${second} (${secondHash.slice(0, 12)})`;
  const differ = `${comparison.pairs} pairs, ${comparison.disagreements} ordered differently`;
  return {
    json: { first: firstHash, second: secondHash, excluded: one.excluded, ...comparison },
    text: `${title}\n${differ}\n\n${formatTable(['', 'difference', '95% interval', ''], rows)}`,
  };
}

function toRow(name: string, { value, low, high }: IntervalEstimate, better: 'higher' | 'lower'): string[] {
  const isApart = low > 0 || high < 0;
  const firstIsBetter = better === 'higher' ? value > 0 : value < 0;
  const verdict = isApart ? `the ${firstIsBetter ? 'first' : 'second'} is better` : 'not told apart';
  return [name, signed(value), `${signed(low)} to ${signed(high)}`, verdict];
}
