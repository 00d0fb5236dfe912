import { setImmediate } from 'node:timers/promises';
import { servingLocale } from '../../core/domain/locale.js';
import type { Locale } from '../../core/domain/prompt.js';
import type { Reward } from '../../core/domain/reward.js';
import type { Outcome } from '../../core/domain/verdict.js';
import { MajlisError } from '../../core/errors.js';
import type { ScoreItem, Scorer, ScoreRequest } from '../../core/scorer/scorer.js';
import type { AnswerToReward, RewardModel, RewardScore } from '../model/reward-model.js';
import type { RewardNormalizer } from '../model/reward-normalizer.js';
import { measureNormalizer, normalizeReward, rawReward } from '../model/reward-normalizer.js';
import { routeByLocale } from './route-by-locale.js';
import type { AnswerGate } from './veto-gate.js';

/** What scores under one rubric. */
export interface LoadedReward {
  /** It is served under its hash and its rubric's. */
  readonly model: RewardModel;
  readonly normalizer: RewardNormalizer;
  readonly gate: AnswerGate;
  /** β of the pessimistic reward μ − σ²/(2β); absent pays the heads' mean. */
  readonly pessimismBeta?: number;
}

type RewardHashes = Pick<ScoreRequest, 'rubricHash' | 'rewardModelHash'>;

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
    const gated = await gateAnswers(request.items, reward.gate);
    const passed = gated.filter(({ reason }) => reason === undefined);
    const answers = passed.map(({ item, answer }) => toReward(item, answer));
    const scores = await reward.model.score(answers, signal);
    let next = 0;
    const outcomes = gated.map(({ item, reason }): Outcome<Reward> => {
      if (reason !== undefined) return { kind: 'policy_malformed', reason };
      next += 1;
      return paid(scores[next - 1], item, reward);
    });
    return regroup(request.items, outcomes);
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
  const gated = await gateAnswers(references, reward.gate);
  const passed = gated.flatMap(({ item, answer, reason }) =>
    reason === undefined ? [toReward(item, answer)] : [],
  );
  requireSomePassed(gated);
  const scores = await reward.model.score(passed, signal);
  return measureNormalizer(
    scores.map((outcome, at) => ({
      locale: servingLocale(passed[at].prompt.locale, locales) ?? passed[at].prompt.locale,
      raw: rawReward(requireScore(outcome), reward.pessimismBeta),
    })),
  );
}

function toReward(
  { prompt, promptTokenIds }: ScoreItem,
  answer: ScoreItem['answers'][number],
): AnswerToReward {
  return { prompt, answer: answer.text, tokenIds: [...promptTokenIds, ...answer.tokenIds] };
}

/** A policy all of whose answers the rubric rules out is paid the same for each of them, and learns nothing. */
function requireSomePassed(gated: readonly GatedAnswer[]): void {
  const refused = gated.flatMap(({ reason }) => (reason === undefined ? [] : [reason]));
  if (gated.length === 0 || refused.length < gated.length) return;
  throw new MajlisError(
    `The rubric refuses all ${gated.length} answers of the policy that the run begins with, the first because it is ${refused[0]}: ` +
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

function paid(
  outcome: Outcome<RewardScore>,
  { prompt }: ScoreItem,
  { normalizer, pessimismBeta }: LoadedReward,
): Outcome<Reward> {
  if (outcome.kind !== 'scored') return outcome;
  const raw = rawReward(outcome.score, pessimismBeta);
  return { kind: 'scored', score: normalizeReward(raw, prompt.locale, normalizer) };
}

interface GatedAnswer {
  readonly item: ScoreItem;
  readonly answer: ScoreItem['answers'][number];
  /** Why no model needs to look at it. */
  readonly reason: string | undefined;
}

/** Gates prompt by prompt and lets the event loop turn in between, so that rules never hold up a trainer's call. */
async function gateAnswers(items: readonly ScoreItem[], gate: AnswerGate): Promise<GatedAnswer[]> {
  const gated: GatedAnswer[] = [];
  for (const item of items) {
    await setImmediate();
    for (const answer of item.answers) gated.push({ item, answer, reason: gate(item.prompt, answer.text) });
  }
  return gated;
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
