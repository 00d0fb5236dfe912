import { servingLocale } from '../../core/domain/locale.js';
import type { Locale } from '../../core/domain/prompt.js';
import type { Reward } from '../../core/domain/reward.js';
import type { Outcome } from '../../core/domain/verdict.js';
import { MajlisError } from '../../core/errors.js';
import type { RewardHashes, ScoreItem, Scorer, ScoreRequest } from '../../core/scorer/scorer.js';
import type { AnswerToReward, RewardScore } from '../model/reward-model.js';
import type { RewardNormalizer } from '../model/reward-normalizer.js';
import { measureNormalizer, rawReward } from '../model/reward-normalizer.js';
import { gateAnswers, scoreLoaded, type LoadedReward } from './loaded-reward.js';
import { routeByLocale } from './route-by-locale.js';

/** What pays for answers to prompts of a locale, and of those under it. */
export interface RewardMember extends RewardHashes {
  readonly locale: Locale;
}

/**
 * The reward plane in one process: any number of rubrics with their reward models, each under its pair of hashes. Gates
 * come first, then one score per answer, centred, scaled and clipped. A request is served by exactly what it names. A set
 * of rubrics is served by its members: each answer by the one of its prompt's locale, with that one's gate and scale.
 */
export class RewardModelScorer implements Scorer {
  private readonly loaded = new Map<string, LoadedReward>();
  private readonly sets = new Map<string, readonly RewardMember[]>();

  load(reward: LoadedReward): void {
    const { hash, rubricHash } = reward.model;
    this.loaded.set(keyOf({ rubricHash, rewardModelHash: hash }), reward);
  }

  /** Serves a set under its own hashes; its members are loaded by themselves. */
  loadSet(hashes: RewardHashes, members: readonly RewardMember[]): void {
    this.sets.set(keyOf(hashes), members);
  }

  unload(hashes: RewardHashes): void {
    this.loaded.delete(keyOf(hashes));
    this.sets.delete(keyOf(hashes));
  }

  async score(request: ScoreRequest, signal?: AbortSignal): Promise<readonly (readonly Outcome<Reward>[])[]> {
    const members = this.sets.get(keyOf(request));
    if (members !== undefined) return this.scoreBySet(members, request, signal);
    const reward = this.loaded.get(keyOf(request));
    if (reward === undefined) {
      throw new MajlisError(
        `Reward model ${request.rewardModelHash} of rubric ${request.rubricHash} is not loaded.`,
        { code: 'failed_precondition' },
      );
    }
    const answers = request.items.flatMap(answersOf);
    return regroup(request.items, await scoreLoaded(reward, answers, signal));
  }

  private async scoreBySet(
    members: readonly RewardMember[],
    { items }: ScoreRequest,
    signal: AbortSignal | undefined,
  ): Promise<readonly (readonly Outcome<Reward>[])[]> {
    const routed = routeByLocale(
      items,
      members.map(({ locale }) => locale),
    );
    const outcomes: (readonly Outcome<Reward>[])[] = [];
    for (const { locale, ...hashes } of members) {
      const own = routed.get(locale);
      if (own === undefined) continue;
      const scored = await this.score({ ...hashes, items: own.items }, signal);
      for (const [at, place] of own.places.entries()) outcomes[place] = scored[at];
    }
    return outcomes;
  }
}

/**
 * Measures the reference answers that a reward is centred and scaled by; gated answers do not count. Those of a region are
 * measured with the one of `locales` that serves it.
 */
export async function calibrateReward(
  reward: Omit<LoadedReward, 'normalizer'>,
  references: readonly ScoreItem[],
  { locales = [], signal }: { readonly locales?: readonly Locale[]; readonly signal?: AbortSignal } = {},
): Promise<RewardNormalizer> {
  const answers = references.flatMap(answersOf);
  const reasons = await gateAnswers(answers, reward.gate);
  requireSomePassed(reasons);
  const passed = answers.filter((_, at) => reasons[at] === undefined);
  const scores = await reward.model.score(passed, signal);
  return measureNormalizer(
    scores.map((outcome, at) => ({
      locale: servingLocale(passed[at].prompt.locale, locales) ?? passed[at].prompt.locale,
      raw: rawReward(requireScore(outcome), reward.pessimismBeta),
    })),
  );
}

function answersOf({ prompt, promptTokenIds, answers }: ScoreItem): AnswerToReward[] {
  return answers.map(({ text, tokenIds }) => ({
    prompt,
    answer: text,
    tokenIds: [...promptTokenIds, ...tokenIds],
  }));
}

/** A policy all of whose answers the rubric rules out is paid the same for each of them, and learns nothing. */
function requireSomePassed(reasons: readonly (string | undefined)[]): void {
  const refused = reasons.filter((reason) => reason !== undefined);
  if (reasons.length === 0 || refused.length < reasons.length) return;
  throw new MajlisError(
    `The rubric refuses all ${reasons.length} answers of the policy that the run begins with, the first because it is ${refused[0]}: ` +
      'there is nothing to scale rewards by. Next: more supervised.steps, a larger sampling.maxNewTokens, or a model ' +
      'that already answers in this language.',
    { code: 'failed_precondition' },
  );
}

/** A reference answer without a score leaves nothing to centre by. */
function requireScore(outcome: Outcome<RewardScore>): RewardScore {
  if (outcome.kind === 'scored') return outcome.score;
  throw new MajlisError(`The reward model does not score a reference answer: ${outcome.kind}.`, {
    code: 'failed_precondition',
  });
}

function regroup(items: readonly ScoreItem[], outcomes: readonly Outcome<Reward>[]): Outcome<Reward>[][] {
  let start = 0;
  return items.map(({ answers }) => {
    const group = outcomes.slice(start, start + answers.length);
    start += answers.length;
    return group;
  });
}

function keyOf({ rubricHash, rewardModelHash }: RewardHashes): string {
  return `${rubricHash}/${rewardModelHash}`;
}
