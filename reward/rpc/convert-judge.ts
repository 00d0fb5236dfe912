import { z } from 'zod';
import { VerdictSource as WireSource } from '../../proto/gen/majlis/v1/judge.js';
import type * as wire from '../../proto/gen/majlis/v1/judge.js';
import { Order as WireOrder } from '../../proto/gen/majlis/v1/messages.js';
import type { Order } from '../../core/domain/verdict.js';
import { BadInputError } from '../../core/errors.js';
import type { Spend, SpendFilter } from '../../core/judgements/judgement-store.js';
import { promptMessage, promptToMessage } from '../../core/rpc/convert-rollout.js';
import { pairVerdictFromMessage, pairVerdictToMessage } from '../../core/rpc/convert-verdict.js';
import {
  count,
  enumeration,
  flag,
  identifier,
  message,
  positiveCount,
  text,
} from '../../core/rpc/message-fields.js';
import { parseMessage } from '../../core/rpc/parse-message.js';
import type { GatewayAnswer, GatewayQuestion } from '../gateway/judge-gateway.js';
import type { Judge, JudgeRequest } from '../judge/judge.js';
import { verdictOf } from '../judge/verdict-of.js';
import type { ReceivedRubrics } from './received-rubric.js';

/** Messages of JudgeService. What a client reads back is checked like what a server is asked. */
const REQUEST = 'message majlis.v1.JudgeRequest';
const RESPONSE = 'message majlis.v1.JudgeResponse';

const ORDER_TO_WIRE: Readonly<Record<Order, WireOrder>> = {
  first_shown_first: WireOrder.FIRST_SHOWN_FIRST,
  second_shown_first: WireOrder.SECOND_SHOWN_FIRST,
};

const SOURCE_TO_WIRE: Readonly<Record<GatewayAnswer['source'], WireSource>> = {
  cache: WireSource.CACHE,
  shared: WireSource.SHARED,
  judge: WireSource.JUDGE,
};

const judgeRequestMessage = message({
  judgeId: identifier,
  run: identifier,
  pair: message({ id: identifier, prompt: promptMessage, first: text, second: text }),
  rubric: identifier,
  criterion: z.string().exactOptional(),
  order: enumeration(ORDER_TO_WIRE),
  deadlineMs: positiveCount.exactOptional(),
});

const responseMessage = message({ verdict: z.unknown(), source: enumeration(SOURCE_TO_WIRE) });

const servedJudgeMessage = message({
  id: identifier,
  fingerprint: identifier,
  family: z.string().exactOptional(),
  orderBlind: flag,
});

const spendFilterMessage = message({
  run: z.string().exactOptional(),
  judge: z.string().exactOptional(),
  rubricHash: z.string().exactOptional(),
});

const spendReplyMessage = message({
  currency: identifier,
  spend: z.array(
    message({
      run: identifier,
      judge: identifier,
      rubricHash: identifier,
      calls: count,
      failedCalls: count,
      promptTokens: count,
      completionTokens: count,
      costMicros: count,
    }),
  ),
});

/** What a client may know of a judge that a gateway serves. */
export type JudgeDescription = Pick<Judge, 'id' | 'family'> &
  Required<Pick<Judge, 'fingerprint' | 'orderBlind'>>;

/** What was spent, in a currency. */
export interface SpendReport {
  readonly currency: string;
  readonly spend: readonly Spend[];
}

/** Domain to wire. `rubricText` is the rubric as JSON: made once, it serves all requests about it. */
export function judgeRequestToMessage(
  { judgeId, run, request, deadlineMs }: GatewayQuestion,
  rubricText: string,
): wire.JudgeRequest {
  const { pair, criterion, order } = request;
  return {
    judgeId,
    run,
    pair: { ...pair, prompt: promptToMessage(pair.prompt) },
    rubric: rubricText,
    criterion: criterion?.key,
    order: ORDER_TO_WIRE[order],
    deadlineMs,
  };
}

/** Wire to domain; a request that lacks anything, or whose rubric is not what it says, is a BadInputError. */
export function judgeRequestFromMessage(
  received: wire.JudgeRequest | undefined,
  rubrics: ReceivedRubrics,
): GatewayQuestion {
  const { judgeId, run, pair, order, criterion, deadlineMs, ...parsed } = parseMessage(
    judgeRequestMessage,
    received,
    REQUEST,
  );
  const rubric = rubrics.read(parsed.rubric);
  const asked = criterion === undefined ? undefined : rubric.criteria.find(({ key }) => key === criterion);
  if (criterion !== undefined && asked === undefined) {
    const allowed = rubric.criteria.map(({ key }) => key).join(', ');
    throw new BadInputError({
      source: REQUEST,
      place: 'criterion',
      found: JSON.stringify(criterion),
      allowed,
    });
  }
  const request: JudgeRequest = { pair, rubric, order, ...(asked === undefined ? {} : { criterion: asked }) };
  return { judgeId, run, request, ...(deadlineMs === undefined ? {} : { deadlineMs }) };
}

/** Domain to wire. */
export function judgeResponseToMessage({ verdict, source }: GatewayAnswer): wire.JudgeResponse {
  return { verdict: pairVerdictToMessage(verdict), source: SOURCE_TO_WIRE[source] };
}

/** Wire to domain, read against the request: a verdict on anything else is a BadInputError. */
export function judgeResponseFromMessage(
  { judgeId, request }: Pick<GatewayQuestion, 'judgeId' | 'request'>,
  response: wire.JudgeResponse | undefined,
): GatewayAnswer {
  const { source } = parseMessage(responseMessage, response, RESPONSE);
  const received = pairVerdictFromMessage(response?.verdict);
  const verdict = verdictOf(judgeId, request, received.outcome);
  for (const place of ['judgeId', 'rubricHash', 'criterionHash', 'pairId', 'order'] as const) {
    if (received[place] === verdict[place]) continue;
    const found = received[place] ?? 'none';
    const allowed = `${verdict[place] ?? 'none'}, as asked`;
    throw new BadInputError({ source: RESPONSE, place: `verdict.${place}`, found, allowed });
  }
  return { verdict, source };
}

/** Domain to wire. */
export function servedJudgeToMessage(judge: Judge): wire.ServedJudge {
  const { id, fingerprint = id, family, orderBlind = false } = judge;
  return { id, fingerprint, family, orderBlind };
}

/** Wire to domain. */
export function servedJudgesFromMessage({ judges }: wire.ListJudgesResponse): readonly JudgeDescription[] {
  const source = 'message majlis.v1.ListJudgesResponse';
  return judges.map((judge) => parseMessage(servedJudgeMessage, judge, source));
}

/** Wire to domain. */
export function spendFilterFromMessage(request: wire.GetSpendRequest): SpendFilter {
  return parseMessage(spendFilterMessage, request, 'message majlis.v1.GetSpendRequest');
}

/** Domain to wire. */
export function spendFilterToMessage({ run, judge, rubricHash }: SpendFilter): wire.GetSpendRequest {
  return { run, judge, rubricHash };
}

/** Domain to wire. */
export function spendReportToMessage({ currency, spend }: SpendReport): wire.GetSpendResponse {
  return { currency, spend: spend.map((one) => ({ ...one })) };
}

/** Wire to domain. */
export function spendReportFromMessage(response: wire.GetSpendResponse): SpendReport {
  return parseMessage(spendReplyMessage, response, 'message majlis.v1.GetSpendResponse');
}
