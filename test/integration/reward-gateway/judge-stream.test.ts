import { once } from 'node:events';
import { credentials } from '@grpc/grpc-js';
import type { ClientDuplexStream } from '@grpc/grpc-js';
import { JudgeServiceClient, JudgeServiceService } from '../../../proto/gen/majlis/v1/judge.js';
import type * as wire from '../../../proto/gen/majlis/v1/judge.js';
import type { Rubric } from '../../../core/domain/rubric.js';
import type { PairVerdict } from '../../../core/domain/verdict.js';
import { openMemoryJudgements } from '../../../core/judgements/memory-judgements.js';
import type { JudgementStore } from '../../../core/judgements/judgement-store.js';
import { SUPPORTED_PROTOCOL } from '../../../core/rpc/negotiate-protocol.js';
import { startRpcServer, type RpcServer } from '../../../core/rpc/server.js';
import { systemClock } from '../../../core/runtime/clock.js';
import { JudgeGateway } from '../../../reward/gateway/judge-gateway.js';
import { PaidChat } from '../../../reward/gateway/paid-chat.js';
import type { JudgeRequest } from '../../../reward/judge/judge.js';
import { verdictOf } from '../../../reward/judge/verdict-of.js';
import { judgeRequestToMessage } from '../../../reward/rpc/convert-judge.js';
import { judgeService } from '../../../reward/rpc/judge-service.js';
import { MOST_AT_HAND } from '../../../reward/rpc/judge-stream.js';
import { shippedRubric } from '../../support/reward-fixtures.js';
import { until } from '../../support/until.js';
import { aPair } from './gateway-process.js';

type Stream = ClientDuplexStream<wire.JudgeStreamRequest, wire.JudgeStreamResponse>;

const hello: wire.JudgeStreamRequest = {
  message: { $case: 'hello', value: { protocol: SUPPORTED_PROTOCOL, software: 'test' } },
};

describe('the stream of the judge service', () => {
  let rubric: Rubric;
  let store: JudgementStore;
  let server: RpcServer;
  let client: JudgeServiceClient;
  let answer: (request: JudgeRequest) => Promise<PairVerdict>;
  let asked: number;
  const stopping = new AbortController();

  beforeAll(async () => {
    rubric = await shippedRubric('ar-msa');
  });
  beforeEach(async () => {
    asked = 0;
    store = await openMemoryJudgements(systemClock);
    const retry = { attempts: 1, firstDelayMs: 1, longestDelayMs: 1 };
    const chat = new PaidChat({ routes: [], store, clock: systemClock, retry, maxCompletionTokens: 1 });
    const judge = {
      id: 'judge',
      kind: 'language_model' as const,
      judge: async (request: JudgeRequest) => {
        asked += 1;
        return answer(request);
      },
    };
    const gateway = new JudgeGateway({
      judges: [{ judge, chat, deadlineMs: 60_000 }],
      endpoints: [],
      ...{ store, clock: systemClock, budgetMicros: () => undefined },
    });
    const service = judgeService({ gateway, currency: 'USD', software: 'test', stopping: stopping.signal });
    expect(service.definition).toBe(JudgeServiceService);
    server = await startRpcServer({ services: [service], graceMs: 50 });
    client = new JudgeServiceClient(server.address, credentials.createInsecure());
  });
  afterEach(async () => {
    client.close();
    await server.close();
    await store.close();
  });

  const scored = async (request: JudgeRequest): Promise<PairVerdict> =>
    verdictOf('judge', request, { kind: 'scored', score: { probabilityFirst: 0.75 } });

  function request(number: number, change: Partial<wire.JudgeRequest> = {}): wire.JudgeStreamRequest {
    const question = { pair: aPair(number), rubric, order: 'first_shown_first' as const };
    const message = judgeRequestToMessage(
      { judgeId: 'judge', run: 'run-1', request: question },
      JSON.stringify(rubric),
    );
    return { message: { $case: 'judge', value: { number, request: { ...message, ...change } } } };
  }

  /** The replies of a stream that is sent these messages and ended. */
  async function exchange(messages: readonly wire.JudgeStreamRequest[]): Promise<wire.JudgeStreamResponse[]> {
    const stream: Stream = client.judgeStream();
    const replies: wire.JudgeStreamResponse[] = [];
    stream.on('data', (reply: wire.JudgeStreamResponse) => replies.push(reply));
    for (const message of messages) stream.write(message);
    stream.end();
    await once(stream, 'end');
    return replies;
  }

  const resultsIn = (replies: readonly wire.JudgeStreamResponse[]) =>
    replies.flatMap(({ message }) => (message?.$case === 'result' ? [message.value] : []));

  it('greets, answers each request under its number, and ends when the client has ended', async () => {
    answer = async (one) => {
      // The first is the slowest: replies may overtake.
      if (one.pair.id === 'pair-1') await systemClock.sleep(40);
      return scored(one);
    };
    const replies = await exchange([hello, request(1), request(2), request(3)]);
    expect(replies[0].message).toMatchObject({ $case: 'hello', value: { protocol: 1 } });
    const results = resultsIn(replies);
    expect(results.map(({ number }) => number)).toEqual([2, 3, 1]);
    for (const { number, result } of results) {
      expect(result).toMatchObject({ $case: 'judged', value: { verdict: { pairId: `pair-${number}` } } });
    }
  });

  it('tells a request that it cannot take apart from the others, and goes on', async () => {
    answer = scored;
    const replies = await exchange([
      hello,
      request(1, { judgeId: 'nobody' }),
      request(2, { rubric: '{}' }),
      request(3, { criterion: 'no-such-criterion' }),
      request(4),
    ]);
    const byNumber = new Map(resultsIn(replies).map(({ number, result }) => [number, result]));
    expect(byNumber.get(1)).toMatchObject({ $case: 'failed', value: { code: 5 } });
    expect(byNumber.get(2)).toMatchObject({ $case: 'failed', value: { code: 3 } });
    expect(byNumber.get(3)).toMatchObject({
      $case: 'failed',
      value: { code: 3, badInput: { place: 'criterion', found: '"no-such-criterion"' } },
    });
    expect(byNumber.get(4)).toMatchObject({ $case: 'judged' });
  });

  it('ends with invalid_argument where the first message is no hello', async () => {
    answer = scored;
    const stream: Stream = client.judgeStream();
    stream.resume();
    stream.write(request(1));
    const [error] = (await once(stream, 'error')) as [{ code: number }];
    expect(error.code).toBe(3);
    expect(asked).toBe(0);
  });

  it('reads no further while it has as many requests as it takes at hand', async () => {
    const waiting: (() => void)[] = [];
    answer = async (one) => {
      await new Promise<void>((resolve) => waiting.push(resolve));
      return scored(one);
    };
    const stream: Stream = client.judgeStream();
    let answered = 0;
    stream.on('data', ({ message }: wire.JudgeStreamResponse) => {
      if (message?.$case === 'result') answered += 1;
    });
    stream.write(hello);
    const most = MOST_AT_HAND + 100;
    for (let number = 0; number < most; number += 1) stream.write(request(number));
    stream.end();
    await until('as many are at hand as may be', () => asked === MOST_AT_HAND);
    await systemClock.sleep(150);
    expect(asked).toBe(MOST_AT_HAND);
    waiting.shift()?.();
    await until('one more is read for one that is answered', () => asked === MOST_AT_HAND + 1);
    const release = setInterval(() => waiting.splice(0).forEach((resolve) => resolve()), 5);
    await once(stream, 'end');
    clearInterval(release);
    expect(answered).toBe(most);
  });
});
