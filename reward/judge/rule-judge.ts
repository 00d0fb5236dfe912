import { logistic } from '../../core/math/logistic.js';
import type { AnswerScorer } from './answer-scorer.js';
import type { Judge } from './judge.js';
import { verdictOf } from './verdict-of.js';

/** Logits per point of composite difference: a full point is a preference of 0.98. */
const GAIN = 4;

export interface RuleJudgeOptions {
  readonly id?: string;
  /** The prepared evaluators of a rubric, by rubric hash; judging under another rubric is abstained from. */
  readonly scorers: ReadonlyMap<string, AnswerScorer>;
}

/**
 * The rubric's deterministic evaluators as a pairwise judge: P(first) = σ(4·(R(first) − R(second))). It says the same
 * in either order, and what each criterion added to the difference.
 */
export function createRuleJudge({ id = 'rules', scorers }: RuleJudgeOptions): Judge {
  return {
    id,
    kind: 'rules',
    judge: async (request) => {
      const { pair, rubric } = request;
      const scorer = scorers.get(rubric.hash);
      if (scorer === undefined) {
        return verdictOf(id, request, { kind: 'abstained', reason: `rubric ${rubric.id} is not prepared` });
      }
      const first = scorer(pair.prompt, pair.first);
      const second = scorer(pair.prompt, pair.second);
      if (first.value === undefined || second.value === undefined) {
        const reason = `the rules of rubric ${rubric.id} alone do not decide what an answer is worth`;
        return verdictOf(id, request, { kind: 'abstained', reason });
      }
      const contributions = Object.fromEntries(
        Object.entries(first.contributions).map(([key, part]) => [
          key,
          part - (second.contributions[key] ?? 0),
        ]),
      );
      const probabilityFirst = logistic(GAIN * (first.value - second.value));
      return verdictOf(id, request, { kind: 'scored', score: { probabilityFirst, contributions } });
    },
  };
}
