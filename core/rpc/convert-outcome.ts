import { z } from 'zod';
import type * as wire from '../../proto/gen/majlis/v1/messages.js';
import type { Reward } from '../domain/reward.js';
import type { Outcome } from '../domain/verdict.js';
import { finite, flag, message, text } from './message-fields.js';

/** The cases that RewardOutcome and PairOutcome share; only `scored` differs. */
type WireOutcome<Score> =
  | { readonly $case: 'scored'; readonly value: Score }
  | { readonly $case: 'abstained'; readonly value: wire.Abstained }
  | { readonly $case: 'judgeFailed'; readonly value: wire.JudgeFailed }
  | { readonly $case: 'unparseable'; readonly value: wire.Unparseable }
  | { readonly $case: 'policyMalformed'; readonly value: wire.PolicyMalformed };

const failures = [
  z
    .object({ $case: z.literal('abstained'), value: message({ reason: text }) })
    .transform(({ value }) => ({ kind: 'abstained' as const, ...value })),
  z
    .object({ $case: z.literal('judgeFailed'), value: message({ reason: text, retryable: flag }) })
    .transform(({ value }) => ({ kind: 'judge_failed' as const, ...value })),
  z
    .object({ $case: z.literal('unparseable'), value: message({ raw: text }) })
    .transform(({ value }) => ({ kind: 'unparseable' as const, ...value })),
  z
    .object({ $case: z.literal('policyMalformed'), value: message({ reason: text }) })
    .transform(({ value }) => ({ kind: 'policy_malformed' as const, ...value })),
] as const;

/** Schema of an outcome message, given the schema of its score. An outcome without a case is refused. */
export function outcomeMessage<Score>(score: z.ZodType<Score>): z.ZodType<Outcome<Score>> {
  const scored = z
    .object({ $case: z.literal('scored'), value: score })
    .transform(({ value }) => ({ kind: 'scored' as const, score: value }));
  const error = 'one of scored, abstained, judge_failed, unparseable, policy_malformed';
  return message({ outcome: z.discriminatedUnion('$case', [scored, ...failures], { error }) }).transform(
    ({ outcome }) => outcome,
  );
}

/** Schema of majlis.v1.RewardOutcome. */
export const rewardOutcomeMessage: z.ZodType<Outcome<Reward>> = outcomeMessage(
  message({ raw: finite, normalized: finite }),
);

/** Domain to wire. */
export function rewardOutcomeToMessage(outcome: Outcome<Reward>): wire.RewardOutcome {
  return { outcome: outcomeToMessage(outcome, (reward) => reward) };
}

/** The oneof of an outcome message, given how its score is written. */
export function outcomeToMessage<Score, WireScore>(
  outcome: Outcome<Score>,
  scoreToMessage: (score: Score) => WireScore,
): WireOutcome<WireScore> {
  switch (outcome.kind) {
    case 'scored':
      return { $case: 'scored', value: scoreToMessage(outcome.score) };
    case 'abstained':
      return { $case: 'abstained', value: { reason: outcome.reason } };
    case 'judge_failed':
      return { $case: 'judgeFailed', value: { reason: outcome.reason, retryable: outcome.retryable } };
    case 'unparseable':
      return { $case: 'unparseable', value: { raw: outcome.raw } };
    case 'policy_malformed':
      return { $case: 'policyMalformed', value: { reason: outcome.reason } };
  }
}
