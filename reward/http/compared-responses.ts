import { z } from 'zod';
import { logistic } from '../../core/math/logistic.js';

/** One pair as NeMo-Gym's comparison tells it. */
export const comparedPair = z.object({
  response_i: z.int(),
  response_j: z.int(),
  judge_idx: z.literal(0).meta({ description: 'There is one judge, the reward.' }),
  score_1: z.number().meta({ description: 'How helpful the first is by itself, from 1 to 5.' }),
  score_2: z.number(),
  ranking: z.number().meta({ description: 'From 1, the first is much better, to 6, the second is.' }),
});

export type ComparedPair = z.output<typeof comparedPair>;

/** Figures of a comparison, by NeMo-Gym's names. */
export const comparisonFigures = z.object({
  mean_individual_score: z.number(),
  std_individual_score: z.number(),
  tiebreak_usage_rate: z.number().meta({ description: 'Share of pairs whose two scores are equal.' }),
});

/**
 * Pairs of responses in a circle, each with the next, in the words of NeMo-Gym's comparison. Rewards are read as logits, of
 * which 0 is as good as the locale's reference answers: a score is 1 + 4σ(r), and a ranking 1 + 5σ(r_j − r_i), which is 3.5
 * where both are equal. [response] → [pair]; fewer than two responses have no pairs.
 */
export function comparePairs(rewards: readonly number[]): ComparedPair[] {
  if (rewards.length < 2) return [];
  return rewards.map((reward, first) => {
    const second = (first + 1) % rewards.length;
    return {
      ...{ response_i: first, response_j: second, judge_idx: 0 },
      score_1: scoreOf(reward),
      score_2: scoreOf(rewards[second]),
      ranking: 1 + 5 * logistic(rewards[second] - reward),
    };
  });
}

/** Figures of at least one pair; the deviation is that of the population. */
export function figuresOf(pairs: readonly ComparedPair[]): z.output<typeof comparisonFigures> {
  const scores = pairs.flatMap(({ score_1, score_2 }) => [score_1, score_2]);
  const mean = scores.reduce((sum, score) => sum + score, 0) / scores.length;
  const squares = scores.reduce((sum, score) => sum + (score - mean) ** 2, 0);
  return {
    mean_individual_score: mean,
    std_individual_score: Math.sqrt(squares / scores.length),
    tiebreak_usage_rate: pairs.filter(({ score_1, score_2 }) => score_1 === score_2).length / pairs.length,
  };
}

function scoreOf(reward: number): number {
  return 1 + 4 * logistic(reward);
}
