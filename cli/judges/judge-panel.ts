import type { Rubric } from '../../core/domain/rubric.js';
import type { Rng } from '../../core/math/rng.js';
import type { AnswerScorer } from '../../reward/judge/answer-scorer.js';
import { createCriteriaJudge } from '../../reward/judge/criteria-judge.js';
import type { Judge } from '../../reward/judge/judge.js';
import { createLearnedJudge } from '../../reward/judge/learned-judge.js';
import { fitNgramModel } from '../../reward/judge/ngram-model.js';
import { createPositionBiasedJudge } from '../../reward/judge/position-biased-judge.js';
import { createRuleJudge } from '../../reward/judge/rule-judge.js';
import type { AuthoredPair } from '../../reward/preference/gold-pairs.js';

export interface JudgePanelParts {
  readonly rubric: Rubric;
  readonly scoreAnswer: AnswerScorer;
  /** What the learned judge is taught; without any there is neither it nor the simulated one. */
  readonly lessons: readonly AuthoredPair[];
  /** Judges who are asked. */
  readonly asked: readonly Judge[];
  readonly asks: 'rubric' | 'criteria';
  readonly rng: Rng;
}

const POSITION_BIAS = 0.9;
const JUDGE_NOISE = 1;

/**
 * A rubric's panel: rules, a learned judge, one labelled as a simulated position-biased judge, and who is asked. The
 * simulated one is there for the fusion to see through; where no gold anchors a fusion, it stays away.
 */
export function createPanel({
  rubric,
  scoreAnswer,
  lessons,
  asked,
  asks,
  rng,
}: JudgePanelParts): readonly Judge[] {
  const rules = createRuleJudge({ scorers: new Map([[rubric.hash, scoreAnswer]]) });
  const others =
    asks === 'rubric' ? asked : asked.map((judge) => byCriterion(judge, { rubric, scoreAnswer }));
  if (lessons.length === 0) return [rules, ...others];
  const learned = createLearnedJudge({ models: new Map([[rubric.hash, fitNgramModel(lessons)]]) });
  const biased = createPositionBiasedJudge(rules, { bias: POSITION_BIAS, noise: JUDGE_NOISE, rng });
  return [rules, learned, biased, ...others];
}

/** People's labels are about whole answers, and so is the record that a run leaves; a record of criteria is asked by them. */
function byCriterion(judge: Judge, options: Parameters<typeof createCriteriaJudge>[1]): Judge {
  if (judge.kind === 'human') return judge;
  const parts = createCriteriaJudge(judge, options);
  if (judge.kind !== 'recorded') return parts;
  return {
    ...judge,
    judge: async (request, signal) => {
      const whole = await judge.judge(request, signal);
      return whole.outcome.kind === 'abstained' ? parts.judge(request, signal) : whole;
    },
  };
}
