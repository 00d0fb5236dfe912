import { z } from 'zod';
import { Order as WireOrder, PairVerdict as PairVerdictCodec } from '../../proto/gen/majlis/v1/messages.js';
import type * as wire from '../../proto/gen/majlis/v1/messages.js';
import type { Order, PairScore, PairVerdict } from '../domain/verdict.js';
import { outcomeMessage, outcomeToMessage } from './convert-outcome.js';
import { enumeration, finite, identifier, message } from './message-fields.js';
import { decodeMessage, parseMessage } from './parse-message.js';

const ORDER_TO_WIRE: Readonly<Record<Order, WireOrder>> = {
  first_shown_first: WireOrder.FIRST_SHOWN_FIRST,
  second_shown_first: WireOrder.SECOND_SHOWN_FIRST,
};

const pairScoreMessage: z.ZodType<PairScore> = message({
  probabilityFirst: finite
    .min(0, { error: 'a probability in [0, 1]' })
    .max(1, { error: 'a probability in [0, 1]' }),
  contributions: message({ byCriterion: z.record(z.string(), finite) })
    .transform(({ byCriterion }) => byCriterion)
    .exactOptional(),
  rationale: z.string().exactOptional(),
});

const pairVerdictMessage = message({
  judgeId: identifier,
  rubricHash: identifier,
  pairId: identifier,
  order: enumeration(ORDER_TO_WIRE),
  outcome: outcomeMessage(pairScoreMessage),
  criterionHash: identifier.exactOptional(),
});

/** Domain to wire. */
export function pairVerdictToMessage(verdict: PairVerdict): wire.PairVerdict {
  return {
    judgeId: verdict.judgeId,
    rubricHash: verdict.rubricHash,
    pairId: verdict.pairId,
    order: ORDER_TO_WIRE[verdict.order],
    outcome: { outcome: outcomeToMessage(verdict.outcome, pairScoreToMessage) },
    criterionHash: verdict.criterionHash,
  };
}

/** Wire to domain; a verdict that lacks anything is a BadInputError. */
export function pairVerdictFromMessage(verdict: wire.PairVerdict | undefined): PairVerdict {
  return parseMessage(pairVerdictMessage, verdict, 'message majlis.v1.PairVerdict');
}

/** Bytes of a majlis.v1.PairVerdict. */
export function encodePairVerdict(verdict: PairVerdict): Uint8Array {
  return PairVerdictCodec.encode(pairVerdictToMessage(verdict)).finish();
}

/** Reads a majlis.v1.PairVerdict. */
export function decodePairVerdict(bytes: Uint8Array): PairVerdict {
  return pairVerdictFromMessage(decodeMessage(PairVerdictCodec, bytes, 'message majlis.v1.PairVerdict'));
}

function pairScoreToMessage(score: PairScore): wire.PairScore {
  return {
    probabilityFirst: score.probabilityFirst,
    contributions:
      score.contributions === undefined ? undefined : { byCriterion: { ...score.contributions } },
    rationale: score.rationale,
  };
}
