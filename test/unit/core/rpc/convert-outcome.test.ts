import { PairOutcome, PairVerdict, RewardOutcome } from '../../../../proto/gen/majlis/v1/messages.js';
import type * as wire from '../../../../proto/gen/majlis/v1/messages.js';
import type { Reward } from '../../../../core/domain/reward.js';
import type { Outcome, PairScore, PairVerdict as Verdict } from '../../../../core/domain/verdict.js';
import { rewardOutcomeMessage, rewardOutcomeToMessage } from '../../../../core/rpc/convert-outcome.js';
import {
  decodePairVerdict,
  encodePairVerdict,
  pairVerdictFromMessage,
  pairVerdictToMessage,
} from '../../../../core/rpc/convert-verdict.js';
import { parseMessage } from '../../../../core/rpc/parse-message.js';
import { refusal } from './refusal.js';

const failures: readonly Outcome<never>[] = [
  { kind: 'abstained', reason: '' },
  { kind: 'judge_failed', reason: 'timeout', retryable: true },
  { kind: 'judge_failed', reason: 'quota', retryable: false },
  { kind: 'unparseable', raw: '' },
  { kind: 'policy_malformed', reason: 'no end' },
];

function readReward(bytes: Uint8Array): Outcome<Reward> {
  return parseMessage(rewardOutcomeMessage, RewardOutcome.decode(bytes), 'RewardOutcome');
}

function verdictOf(outcome: Outcome<PairScore>): Verdict {
  return {
    judgeId: 'j',
    rubricHash: 'r',
    pairId: 'p',
    order: 'second_shown_first',
    outcome,
  };
}

/** A oneof field of a message, encoded by hand: the case's field number and an empty message in it. */
function emptyCase(field: number): Uint8Array {
  return Uint8Array.of((field << 3) | 2, 0);
}

describe('a reward outcome', () => {
  it.each<Outcome<Reward>>([{ kind: 'scored', score: { raw: 0, normalized: -0 } }, ...failures])(
    'comes back as it was: %j',
    (outcome) => {
      const bytes = RewardOutcome.encode(rewardOutcomeToMessage(outcome)).finish();
      expect(readReward(bytes)).toStrictEqual(outcome);
    },
  );

  it('is refused when nothing is set', () => {
    const { input } = refusal(() => readReward(new Uint8Array()));
    expect(input).toMatchObject({
      place: 'outcome',
      found: 'nothing',
      allowed: 'one of scored, abstained, judge_failed, unparseable, policy_malformed',
    });
  });

  it.each([
    [1, 'scored.raw'],
    [2, 'abstained.reason'],
    [3, 'judge_failed.reason'],
    [4, 'unparseable.raw'],
    [5, 'policy_malformed.reason'],
  ])('is refused when case %i is an empty message', (field, place) => {
    expect(refusal(() => readReward(emptyCase(field))).input).toMatchObject({ place, found: 'nothing' });
  });

  it('is refused when the case is one that this build does not know', () => {
    expect(refusal(() => readReward(emptyCase(6))).input).toMatchObject({ place: 'outcome' });
  });

  it.each([
    [{ raw: 1, normalized: undefined }, 'scored.normalized', 'nothing'],
    [{ raw: Number.NaN, normalized: 0 }, 'scored.raw', 'NaN'],
    [{ raw: 0, normalized: Number.POSITIVE_INFINITY }, 'scored.normalized', 'Infinity'],
  ])('is refused with the reward %j', (value, place, found) => {
    const bytes = RewardOutcome.encode({ outcome: { $case: 'scored', value } }).finish();
    expect(refusal(() => readReward(bytes)).input).toMatchObject({ place, found });
  });
});

describe('a pair verdict', () => {
  it.each<Outcome<PairScore>>([
    { kind: 'scored', score: { probabilityFirst: 0 } },
    { kind: 'scored', score: { probabilityFirst: 1, contributions: {}, rationale: '' } },
    {
      kind: 'scored',
      score: { probabilityFirst: 0.25, contributions: { register: -1.5, locality: 0 }, rationale: 'لأن' },
    },
    ...failures,
  ])('comes back as it was: %j', (outcome) => {
    const verdict = verdictOf(outcome);
    expect(decodePairVerdict(encodePairVerdict(verdict))).toStrictEqual(verdict);
  });

  it('comes back with the criterion that was asked about', () => {
    const verdict = { ...verdictOf({ kind: 'abstained', reason: '' }), criterionHash: 'c1' };
    expect(decodePairVerdict(encodePairVerdict(verdict))).toStrictEqual(verdict);
  });

  it('is refused when empty or absent', () => {
    expect(refusal(() => decodePairVerdict(new Uint8Array())).input.place).toBe('judge_id');
    expect(refusal(() => pairVerdictFromMessage(undefined)).input.found).toBe('nothing');
  });

  it.each([
    [1, 'outcome.scored.probability_first'],
    [2, 'outcome.abstained.reason'],
    [3, 'outcome.judge_failed.reason'],
    [4, 'outcome.unparseable.raw'],
    [5, 'outcome.policy_malformed.reason'],
  ])('is refused when outcome case %i is an empty message', (field, place) => {
    const whole = pairVerdictToMessage(verdictOf({ kind: 'abstained', reason: '' }));
    const bytes = PairVerdict.encode({ ...whole, outcome: PairOutcome.decode(emptyCase(field)) }).finish();
    expect(refusal(() => decodePairVerdict(bytes)).input).toMatchObject({ place, found: 'nothing' });
  });

  it.each<[Partial<wire.PairVerdict>, string, string]>([
    [{ order: 0 }, 'order', '0'],
    [{ outcome: undefined }, 'outcome', 'nothing'],
    [{ outcome: { outcome: undefined } }, 'outcome.outcome', 'nothing'],
    [{ rubricHash: '' }, 'rubric_hash', 'an empty text'],
    [{ criterionHash: '' }, 'criterion_hash', 'an empty text'],
    [{ outcome: scored(1.01) }, 'outcome.scored.probability_first', '1.01'],
    [{ outcome: scored(-0.01) }, 'outcome.scored.probability_first', '-0.01'],
    [{ outcome: scored(undefined) }, 'outcome.scored.probability_first', 'nothing'],
  ])('is refused with %j', (edit, place, found) => {
    const message = { ...pairVerdictToMessage(verdictOf({ kind: 'abstained', reason: '' })), ...edit };
    const bytes = PairVerdict.encode(message).finish();
    expect(refusal(() => decodePairVerdict(bytes)).input).toMatchObject({ place, found });
  });
});

function scored(probabilityFirst: number | undefined): wire.PairOutcome {
  return {
    outcome: {
      $case: 'scored',
      value: { probabilityFirst, contributions: undefined, rationale: undefined },
    },
  };
}
