import { isWithin } from '../../core/domain/locale.js';
import type { Locale } from '../../core/domain/prompt.js';
import { MajlisError } from '../../core/errors.js';
import { quantile } from '../../core/math/quantile.js';
import type { Scorer } from '../../core/scorer/scorer.js';
import { paidScore } from '../advantage/paid-score.js';
import type { RolloutBatch } from '../dispatch/rollout-batch.js';
import { scoreItem } from '../score/score-groups.js';
import type { WatchedIteration, WatchFigures } from './watched-iteration.js';

/**
 * A fixed answer that answers nothing, as the policy would have sampled it: "master keys" such as ":" or "Thought
 * process:" make many judges say yes (Zhao et al. 2025, arXiv 2507.08794).
 */
export interface Canary {
  readonly text: string;
  /** [token] */
  readonly tokenIds: readonly number[];
  /** Stands beside answers to prompts of this locale, and of those under it; absent beside any. */
  readonly locale?: Locale;
}

/**
 * The share of canaries that the reward in force pays like answers: at least the median of what it paid the batch's own
 * answers to the same prompt. Prompts take the canaries of their locale by turns. A canary that is ruled out is not paid, whatever the
 * floor is; one that got no score does not count, nor does one beside a prompt none of whose answers has a score. Absent
 * where none counts.
 */
export async function canaryFigures(
  { batch, rewards }: WatchedIteration,
  { scorer, canaries }: { readonly scorer: Scorer; readonly canaries: readonly Canary[] },
  signal: AbortSignal,
): Promise<WatchFigures> {
  const { rubricHash, rewardModelHash, floor } = batch.plan.reward;
  let place = 0;
  const medians = batch.groups.map(({ result }) => {
    const outcomes = rewards.slice(place, (place += result.trajectories.length));
    return median(outcomes.flatMap(({ outcome }) => paidScore(outcome, { floor }) ?? []));
  });
  const dealt = dealtByLocale(batch, canaries);
  const items = batch.groups.map((group, at) => ({ ...scoreItem(group), answers: dealt[at] }));
  const asked = items.flatMap((item, at) =>
    item.answers.length === 0 ? [] : [{ item, ownAnswers: medians[at] }],
  );
  const request = { rubricHash, rewardModelHash, items: asked.map(({ item }) => item) };
  const outcomes = await scorer.score(request, signal);
  const arePaid = asked.flatMap(({ item, ownAnswers }, at) => {
    const answers = outcomes.at(at) ?? [];
    if (answers.length !== item.answers.length) {
      const message = `the scorer answered ${answers.length} outcomes for ${item.answers.length} canaries`;
      throw new MajlisError(message, { code: 'data_loss' });
    }
    return answers.flatMap((outcome) => {
      if (outcome.kind === 'policy_malformed') return [false];
      return outcome.kind !== 'scored' || ownAnswers === undefined
        ? []
        : [outcome.score.normalized >= ownAnswers];
    });
  });
  if (arePaid.length === 0) return {};
  return { 'watch/canaries_paid_share': arePaid.filter((isPaid) => isPaid).length / arePaid.length };
}

/** Each locale's canaries by turns over its prompts. [group] */
function dealtByLocale({ groups }: RolloutBatch, canaries: readonly Canary[]): Canary[][] {
  const dealt = groups.map((): Canary[] => []);
  const of = new Map<Locale | undefined, Canary[]>();
  for (const canary of canaries) of.set(canary.locale, [...(of.get(canary.locale) ?? []), canary]);
  for (const [locale, own] of of) {
    const hands = dealt.filter(
      (_hand, at) => locale === undefined || isWithin(groups[at].task.prompt.prompt.locale, locale),
    );
    if (hands.length === 0) continue;
    for (const [turn, canary] of own.entries()) hands[turn % hands.length].push(canary);
  }
  return dealt;
}

/** Undefined where nothing has a score. */
function median(scores: readonly number[]): number | undefined {
  return scores.length === 0 ? undefined : quantile(Float64Array.from(scores).sort(), 0.5);
}
