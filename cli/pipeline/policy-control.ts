import type { SamplingSettings } from '../../core/domain/trajectory.js';
import { byGroup } from '../../core/domain/prompt-groups.js';
import type { PolicyVersion } from '../../core/domain/policy.js';
import { servingLocale } from '../../core/domain/locale.js';
import type { Locale, Prompt, TokenizedPrompt } from '../../core/domain/prompt.js';
import { MajlisError } from '../../core/errors.js';
import type { Engine } from '../../core/engine/engine.js';
import type { IntervalEstimate } from '../../core/math/interval-estimate.js';
import type { Rng } from '../../core/math/rng.js';
import type { Scorer } from '../../core/scorer/scorer.js';
import { paidScore } from '../../coordinator/advantage/paid-score.js';
import type { RewardSource } from '../../coordinator/score/reward-source.js';
import type { IterationPlan } from '../../coordinator/dispatch/rollout-batch.js';
import type { ControlCheck, ControlFound } from '../../coordinator/watch/control-check.js';
import type { ControlJudge } from '../../workers/evaluation/control-judge.js';
import { matchPoints, winRate } from '../../workers/evaluation/win-rate.js';
import { sampleAnswers, type SampledPrompt } from './sample-answers.js';
import type { SupervisedCheckpoint } from './supervised-checkpoint.js';

export interface PolicyControlParts {
  readonly checkpoint: SupervisedCheckpoint;
  readonly heldOutPrompts: readonly TokenizedPrompt[];
  /** The run's locales, which have equal parts of a check. */
  readonly locales: readonly Locale[];
  /** Prompts of a check, at most. */
  readonly prompts: number;
  readonly sampling: SamplingSettings;
  /** By rubric id. */
  readonly judges: ReadonlyMap<string, ControlJudge>;
  readonly scorer: Scorer;
  /** One that nobody else uses. */
  readonly engine: Engine;
  /** The stream of the checks alone. */
  readonly rng: Rng;
}

/**
 * Checks policies against the SFT checkpoint on a fixed, seeded subset of the held-out prompts, by the control judge of
 * the rubric in force. Both answer each prompt with the same draws, so that what differs is the policies' doing. Arms may
 * ask at the same time: the one engine serves them in turn, and whose turn it is changes no answer.
 */
export class PolicyControl implements ControlCheck {
  private readonly prompts: readonly TokenizedPrompt[];
  private reference: Promise<SampledPrompt[]> | undefined;
  private lastTurn: Promise<unknown> = Promise.resolve();

  constructor(private readonly parts: PolicyControlParts) {
    const shuffled = parts.rng.fork('prompts').shuffle(parts.heldOutPrompts);
    this.prompts = byTurns(shuffled, parts.locales).slice(0, parts.prompts);
  }

  /** Undefined for a rubric that came from outside, for which no control judge was fitted. */
  async check(plan: IterationPlan, signal: AbortSignal): Promise<ControlFound | undefined> {
    const { judges, checkpoint } = this.parts;
    const judgeOf = judgesUnder(plan.reward, judges);
    if (judgeOf === undefined || this.prompts.length === 0) return undefined;
    this.reference ??= this.answers(checkpoint.policy, signal);
    const reference = await this.reference;
    const sampled = await this.answers(plan.policy, signal);
    const proxyScore = await this.proxyScore(sampled, plan, signal);
    const answered = { sampled, reference };
    return {
      winRate: this.winRate(judgeOf, answered, plan),
      groups: groupRates(judgeOf, answered),
      ...(proxyScore === undefined ? {} : { proxyScore }),
    };
  }

  private winRate(judgeOf: JudgeOf, answered: Answered, { iteration }: IterationPlan): IntervalEstimate {
    const { rng } = this.parts;
    return winRate(pointsOf(judgeOf, answered), rng.fork('intervals').fork(iteration));
  }

  /** Mean over the answers that have a score; undefined where none has. */
  private async proxyScore(
    sampled: readonly SampledPrompt[],
    { reward }: IterationPlan,
    signal: AbortSignal,
  ): Promise<number | undefined> {
    const { rubricHash, rewardModelHash, floor } = reward;
    const items = sampled.map(({ prompt, answers }) => ({
      prompt: prompt.prompt,
      promptTokenIds: prompt.tokenIds,
      answers,
    }));
    const outcomes = await this.parts.scorer.score({ rubricHash, rewardModelHash, items }, signal);
    const scores = outcomes.flat().flatMap((outcome) => paidScore(outcome, { floor }) ?? []);
    return scores.length === 0 ? undefined : scores.reduce((sum, score) => sum + score, 0) / scores.length;
  }

  /** One answer per prompt, each from its prompt's own stream. */
  private answers(policy: PolicyVersion, signal: AbortSignal): Promise<SampledPrompt[]> {
    const { sampling, rng, checkpoint, engine } = this.parts;
    return this.inTurn(async () => {
      signal.throwIfAborted();
      const plan = { policy, samples: 1, sampling, rng: rng.fork('answers') };
      return sampleAnswers(this.prompts, plan, { engines: [engine], tokenizer: checkpoint.tokenizer });
    });
  }

  private inTurn<Value>(work: () => Promise<Value>): Promise<Value> {
    const turn = this.lastTurn.then(work, work);
    this.lastTurn = turn;
    return turn;
  }
}

type JudgeOf = (prompt: Prompt) => ControlJudge;

/** The control judges of what is in force, by the prompt's locale; undefined where one of them is missing. */
function judgesUnder(
  { rubricId, members }: RewardSource,
  judges: ReadonlyMap<string, ControlJudge>,
): JudgeOf | undefined {
  if (members === undefined) {
    const judge = judges.get(rubricId);
    return judge === undefined ? undefined : () => judge;
  }
  const byLocale = new Map(members.map((member) => [member.locale, judges.get(member.rubricId)]));
  if ([...byLocale.values()].includes(undefined)) return undefined;
  const tags = [...byLocale.keys()];
  return ({ locale }) => {
    const judge = byLocale.get(servingLocale(locale, tags) ?? '');
    if (judge !== undefined) return judge;
    throw new MajlisError(`no rubric in force serves ${locale}`, { code: 'internal' });
  };
}

/** Both sides' answers to the same prompts, in their order. */
type Answered = Readonly<Record<'sampled' | 'reference', readonly SampledPrompt[]>>;

function pointsOf(judgeOf: JudgeOf, { sampled, reference }: Answered): Float64Array {
  const matches = sampled.map(({ prompt, answers: [answer] }, at) => ({
    prompt: prompt.prompt,
    challenger: answer.text,
    incumbent: reference[at].answers[0].text,
  }));
  return matchPoints(judgeOf, matches);
}

/** Mean points of each group that the prompts tell apart. */
function groupRates(judgeOf: JudgeOf, answered: Answered): Readonly<Record<string, number>> {
  const points = pointsOf(judgeOf, answered);
  const rows = answered.sampled.map(({ prompt }, at) => ({ prompt: prompt.prompt, points: points[at] }));
  return Object.fromEntries(
    [...byGroup(rows)].map(([group, matched]) => [
      group,
      matched.reduce((sum, row) => sum + row.points, 0) / matched.length,
    ]),
  );
}

/** Prompts so that locales take turns as long as each has any, in their order within each. */
function byTurns(prompts: readonly TokenizedPrompt[], locales: readonly Locale[]): TokenizedPrompt[] {
  const seen = new Map<Locale | undefined, number>();
  return prompts
    .map((prompt) => {
      const locale = servingLocale(prompt.prompt.locale, locales);
      const turn = seen.get(locale) ?? 0;
      seen.set(locale, turn + 1);
      return { prompt, turn };
    })
    .sort((a, b) => a.turn - b.turn)
    .map(({ prompt }) => prompt);
}
