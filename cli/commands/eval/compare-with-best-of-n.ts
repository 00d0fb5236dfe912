import type { PolicyVersion } from '../../../core/domain/policy.js';
import type { Prompt, TokenizedPrompt } from '../../../core/domain/prompt.js';
import type { Rubric } from '../../../core/domain/rubric.js';
import type { IntervalEstimate } from '../../../core/math/interval-estimate.js';
import type { AnswerScorer } from '../../../reward/judge/answer-scorer.js';
import { decidedValue } from '../../../reward/rubric/composite.js';
import type { ControlJudge } from '../../../workers/evaluation/control-judge.js';
import { matchPoints, winRate, winRateDifference } from '../../../workers/evaluation/win-rate.js';
import { evaluatePolicy, type EvaluationInputs } from '../../pipeline/evaluate-policy.js';
import type { ProgressListener } from '../../pipeline/progress.js';
import { sampleAnswers } from '../../pipeline/sample-answers.js';
import { klOfBestOf, nearestBestOf } from '../../pipeline/best-of-n-size.js';
import { bestOfN } from '../../pipeline/best-of-n.js';

/** A rubric's rules, and the control judge that was fitted for it. */
export interface PromptJudging {
  readonly rubric: Rubric;
  readonly scoreAnswer: AnswerScorer;
  readonly judge: ControlJudge;
}

export interface ComparisonInputs {
  readonly policy: PolicyVersion;
  /** Everything that evaluates a policy; its checkpoint is the reference. */
  readonly evaluation: Omit<EvaluationInputs, 'references'>;
  /** What judges answers to a prompt: those of its locale. */
  readonly judging: (prompt: Prompt) => PromptJudging;
  /** No more answers than this are sampled per prompt. */
  readonly mostAnswers: number;
  readonly onProgress: ProgressListener;
}

/** Reference, policy and best-of-n on the same held-out prompts. */
export interface BestOfNComparison {
  readonly n: number;
  /** Nats per answer: the policy's exact, best-of-n's by formula. */
  readonly kl: { readonly policy: IntervalEstimate; readonly bestOfN: number };
  /** Mean composite of the rubric's rules, in [−1, 1]. */
  readonly rubricScore: Readonly<Record<'reference' | 'policy' | 'bestOfN', IntervalEstimate>>;
  /** Control judge, against the reference's one answer; ties count half. */
  readonly winRate: Readonly<Record<'policy' | 'bestOfN' | 'policyMinusBestOfN', IntervalEstimate>>;
}

/**
 * Is the policy better than picking among the reference's own answers at the same distance from it? Best-of-n picks by
 * the rubric's rules, which the reward model only approximates, so it is a strong rival.
 */
export async function compareWithBestOfN(inputs: ComparisonInputs): Promise<BestOfNComparison> {
  const { policy, evaluation, judging } = inputs;
  const { prompts, rng, checkpoint, engines, sampling } = evaluation;
  const evaluated = await evaluatePolicy(policy, { ...evaluation, references: [] });
  const kls = Float64Array.from(evaluated.answers, ({ kl }) => kl);
  const meanKl = kls.reduce((sum, kl) => sum + kl, 0) / kls.length;
  const n = nearestBestOf(meanKl, inputs.mostAnswers);

  const score = ({ prompt }: TokenizedPrompt, answer: string): number => {
    const { rubric, scoreAnswer } = judging(prompt);
    return decidedValue(scoreAnswer(prompt, answer), rubric);
  };
  const plan = { policy: checkpoint.policy, samples: 1, sampling, rng };
  const single = await sampleAnswers(prompts, plan, { engines, tokenizer: checkpoint.tokenizer });
  const best = await bestOfN([n], {
    ...evaluation,
    score: (prompt, drawn) => drawn.map(({ text }) => score(prompt, text)),
    onProgress: inputs.onProgress,
  });
  const answers = {
    reference: single.map(({ answers: [answer] }) => answer.text),
    policy: evaluated.answers.map(({ text }) => text),
    bestOfN: best.get(n) ?? [],
  };

  const intervals = rng.fork('intervals');
  const points = (challengers: readonly string[]): Float64Array =>
    matchPoints(
      (prompt) => judging(prompt).judge,
      prompts.map(({ prompt }, at) => ({
        prompt,
        challenger: challengers[at],
        incumbent: answers.reference[at],
      })),
    );
  const mean = (values: Float64Array, name: string): IntervalEstimate =>
    winRate(values, intervals.fork(name));
  const scores = (name: keyof typeof answers): IntervalEstimate =>
    mean(
      Float64Array.from(prompts, (prompt, at) => score(prompt, answers[name][at])),
      `score ${name}`,
    );
  const [policyPoints, bestPoints] = [points(answers.policy), points(answers.bestOfN)];
  return {
    n,
    kl: { policy: mean(kls, 'kl'), bestOfN: klOfBestOf(n) },
    rubricScore: {
      reference: scores('reference'),
      policy: scores('policy'),
      bestOfN: scores('bestOfN'),
    },
    winRate: {
      policy: mean(policyPoints, 'policy'),
      bestOfN: mean(bestPoints, 'best of n'),
      policyMinusBestOfN: winRateDifference(policyPoints, bestPoints, intervals.fork('difference')),
    },
  };
}
