import { once } from 'node:events';
import { Client, credentials, Metadata, type ClientDuplexStream, type ServiceError } from '@grpc/grpc-js';
import { RewardServiceClient, RewardServiceService } from '../../../proto/gen/majlis/v1/reward.js';
import type * as wire from '../../../proto/gen/majlis/v1/reward.js';
import { MajlisError } from '../../../core/errors.js';
import { bearerMetadata } from '../../../core/rpc/bearer-token.js';
import { SUPPORTED_PROTOCOL } from '../../../core/rpc/negotiate-protocol.js';
import { startRpcServer, type RpcServer } from '../../../core/rpc/server.js';
import { fromGrpcStatus } from '../../../core/rpc/status.js';
import { systemClock } from '../../../core/runtime/clock.js';
import { authorizeToken } from '../../../core/trust/authorize.js';
import { scoreRequestToMessage } from '../../../reward/rpc/convert-score.js';
import { rewardRpc } from '../../../reward/rpc/reward-rpc.js';
import { MOST_AT_HAND } from '../../../reward/rpc/score-stream.js';
import { createRewardService } from '../../../reward/serving/create-reward-service.js';
import { DEFAULT_REWARD_LIMITS, type CallerLimits } from '../../../reward/serving/reward-limits.js';
import type { RewardRequest } from '../../../reward/serving/reward-service.js';
import { ServedRewards, type RewardName } from '../../../reward/serving/served-rewards.js';
import { lengthReward, scoreLengths } from '../../support/served-reward.js';
import { until } from '../../support/until.js';

type Stream = ClientDuplexStream<wire.ScoreStreamRequest, wire.ScoreStreamResponse>;

const hashes = { rubricHash: 'rubric-1', rewardModelHash: 'model-1' };
const active: RewardName = { alias: 'active' };
const hello: wire.ScoreStreamRequest = {
  message: { $case: 'hello', value: { protocol: SUPPORTED_PROTOCOL, software: 'test' } },
};

function asking(text: string, reward = active): RewardRequest {
  return { reward, items: [{ prompt: 'p', answers: [{ text }] }] };
}

function scores(
  requests: readonly (readonly [number, RewardRequest])[],
  deadlineMs?: number,
): wire.ScoreStreamRequest {
  const timing = deadlineMs === undefined ? {} : { deadlineMs };
  const value = {
    requests: requests.map(([number, request]) => ({
      number,
      request: scoreRequestToMessage({ request, ...timing }),
    })),
  };
  return { message: { $case: 'scores', value } };
}

const resultsIn = (replies: readonly wire.ScoreStreamResponse[]): wire.NumberedScoreResult[] =>
  replies.flatMap(({ message }) => (message?.$case === 'results' ? message.value.results : []));

const scoredAs = (raw: number, normalized: number): object => ({
  $case: 'scored',
  value: {
    ...hashes,
    items: [{ outcomes: [{ outcome: { $case: 'scored', value: { raw, normalized } } }] }],
  },
});

describe('RewardService over gRPC', () => {
  let server: RpcServer;
  let client: RewardServiceClient;
  let held: Promise<void> | undefined;
  let calls: number;
  let replied: number;
  let limits: CallerLimits = {};
  const callers = new Set<string>();
  const stopping = new AbortController();
  const rewards = new ServedRewards();
  const service = createRewardService({
    rewards,
    clock: systemClock,
    limits: { ...DEFAULT_REWARD_LIMITS, cacheBytes: 0, caller: (name) => (callers.add(name), limits) },
    observer: {
      onModelCall: () => void (calls += 1),
      onReply: () => void (replied += 1),
      onRefusal: () => undefined,
    },
  });

  beforeAll(async () => {
    rewards.pointAlias(
      'active',
      rewards.load(
        lengthReward({
          gate: (_, answer) => (answer === 'a wordy refusal' ? 'x'.repeat(50_000) : undefined),
          score: async (answers) => {
            await held;
            if (answers.some(({ answer }) => answer === 'bad')) {
              throw new MajlisError('no tokens', { code: 'failed_precondition' });
            }
            return scoreLengths(answers);
          },
        }),
      ),
    );
    server = await startRpcServer({
      services: [rewardRpc({ service, software: 'test', stopping: stopping.signal })],
      authorize: authorizeToken('secret', { name: 'team-a', role: 'researcher' }),
      graceMs: 50,
    });
    client = new RewardServiceClient(server.address, credentials.createInsecure());
  });
  beforeEach(() => {
    [calls, replied] = [0, 0];
    held = undefined;
    limits = {};
  });
  afterAll(async () => {
    client.close();
    await server.close();
  });

  function score(
    request: RewardRequest,
    metadata = bearerMetadata('secret'),
    deadlineMs?: number,
  ): Promise<wire.ScoreResponse> {
    const message = scoreRequestToMessage({ request });
    return new Promise((resolve, reject) => {
      const done = (error: ServiceError | null, response: wire.ScoreResponse): void =>
        error === null ? resolve(response) : reject(fromGrpcStatus(error));
      const options = deadlineMs === undefined ? {} : { deadline: Date.now() + deadlineMs };
      client.score(message, metadata, options, done);
    });
  }

  const open = (): Stream => client.scoreStream(bearerMetadata('secret'));

  /** The replies of a stream that is sent these messages and ended. */
  async function exchange(messages: readonly wire.ScoreStreamRequest[]): Promise<wire.ScoreStreamResponse[]> {
    const stream = open();
    const replies: wire.ScoreStreamResponse[] = [];
    stream.on('data', (reply: wire.ScoreStreamResponse) => replies.push(reply));
    for (const message of messages) stream.write(message);
    stream.end();
    await once(stream, 'end');
    return replies;
  }

  it('answers one request by alias or by hashes, and knows who asked', async () => {
    callers.clear();
    const expected = {
      ...hashes,
      items: [{ outcomes: [{ outcome: { $case: 'scored', value: { raw: 15, normalized: 1 } } }] }],
    };
    expect(await score(asking('x'.repeat(15)))).toEqual(expected);
    expect(await score(asking('x'.repeat(15), hashes))).toEqual(expected);
    expect([...callers]).toEqual(['team-a']);
  });

  it.each<[string, () => Promise<unknown>, object]>([
    ['no token', () => score(asking('a'), new Metadata()), { code: 'unauthenticated' }],
    ['a wrong token', () => score(asking('a'), bearerMetadata('guess')), { code: 'unauthenticated' }],
    [
      'a hash that is not loaded',
      () => score(asking('a', { ...hashes, rewardModelHash: 'm' })),
      { code: 'failed_precondition' },
    ],
    [
      'another rubric',
      () => score(asking('a', { ...hashes, rubricHash: 'r' })),
      { code: 'failed_precondition' },
    ],
    [
      'no name at all',
      () => score(asking('a', { alias: '' })),
      { code: 'invalid_argument', input: { place: 'rubric_hash' } },
    ],
    [
      'a message that is too large',
      () => score(asking('x'.repeat(9 * 1024 * 1024))),
      { code: 'resource_exhausted', message: expect.stringContaining('8388608') },
    ],
  ])('refuses %s by status', async (_, act, expected) => {
    await expect(act()).rejects.toMatchObject(expected);
  });

  it('tells a caller beyond his limits when to come back', async () => {
    limits = { answersPerSecond: 1, burst: 1 };
    await expect(Promise.all([score(asking('a')), score(asking('b'))])).rejects.toMatchObject({
      code: 'resource_exhausted',
      retryAfterMs: expect.any(Number),
    });
  });

  it('gives up a call whose deadline has passed', async () => {
    let letGo: () => void = () => undefined;
    held = new Promise((resolve) => (letGo = resolve));
    await expect(score(asking('a'), undefined, 30)).rejects.toMatchObject({ code: 'deadline_exceeded' });
    await until('nothing waits', () => service.status().requests === 0);
    letGo();
  });

  it('greets, answers what came together in one call and one message, and ends when the client has', async () => {
    const replies = await exchange([
      hello,
      scores([
        [7, asking('a')],
        [8, asking('bb')],
      ]),
      scores([]),
    ]);
    expect(replies).toHaveLength(2);
    expect(replies[0].message).toMatchObject({ $case: 'hello', value: { protocol: 1 } });
    expect(resultsIn(replies)).toEqual([
      { number: 7, result: scoredAs(1, -1.8) },
      { number: 8, result: scoredAs(2, -1.6) },
    ]);
    expect(calls).toBe(1);
  });

  it('answers empty lists by empty lists', async () => {
    const empty = { reward: active, items: [] };
    const none = { reward: active, items: [{ prompt: 'p', answers: [] }] };
    const results = resultsIn(
      await exchange([
        hello,
        scores([
          [1, empty],
          [2, none],
        ]),
      ]),
    );
    expect(results.map(({ result }) => result)).toEqual([
      { $case: 'scored', value: { ...hashes, items: [] } },
      { $case: 'scored', value: { ...hashes, items: [{ outcomes: [] }] } },
    ]);
  });

  it('tells a request that it cannot answer apart from the others, and goes on', async () => {
    const replies = await exchange([
      hello,
      scores([
        [1, asking('a', { alias: 'nothing' })],
        [2, asking('bad')],
        [3, asking('a', { rubricHash: 'r', rewardModelHash: '' })],
        [4, asking('good')],
      ]),
      { message: { $case: 'scores', value: { requests: [{ number: 5, request: undefined }] } } },
    ]);
    const byNumber = new Map(resultsIn(replies).map(({ number, result }) => [number, result]));
    expect(byNumber.get(1)).toMatchObject({ $case: 'failed', value: { code: 9 } });
    expect(byNumber.get(2)).toMatchObject({ $case: 'failed', value: { code: 9, message: 'no tokens' } });
    expect(byNumber.get(3)).toMatchObject({
      $case: 'failed',
      value: { code: 3, badInput: { place: 'reward_model_hash', found: 'an empty text' } },
    });
    expect(byNumber.get(4)).toEqual(scoredAs(4, -1.2));
    expect(byNumber.get(5)).toMatchObject({ $case: 'failed', value: { code: 3 } });
  });

  it('fails a request of a stream at its own deadline', async () => {
    let letGo: () => void = () => undefined;
    held = new Promise((resolve) => (letGo = resolve));
    const stream = open();
    stream.write(hello);
    stream.write(scores([[1, asking('a')]], 20));
    stream.write(scores([[2, asking('b')]]));
    const replies: wire.ScoreStreamResponse[] = [];
    stream.on('data', (reply: wire.ScoreStreamResponse) => replies.push(reply));
    await until('one result', () => resultsIn(replies).length === 1);
    expect(resultsIn(replies)).toMatchObject([
      { number: 1, result: { $case: 'failed', value: { code: 4 } } },
    ]);
    letGo();
    stream.end();
    await once(stream, 'end');
    expect(resultsIn(replies)[1]).toEqual({ number: 2, result: scoredAs(1, -1.8) });
  });

  it.each<[string, wire.ScoreStreamRequest[]]>([
    ['no hello', [scores([[1, asking('a')]])]],
    ['a second hello', [hello, hello]],
    ['no message', [hello, { message: undefined }]],
    [
      'a request without a number',
      [hello, { message: { $case: 'scores', value: { requests: [{ request: undefined }] } } }],
    ],
    [
      'too many requests in one message',
      [hello, scores(Array.from({ length: MOST_AT_HAND + 1 }, (_, at) => [at, asking('a')]))],
    ],
  ])('ends a stream with %s as invalid_argument', async (_, messages) => {
    const stream = open();
    stream.resume();
    for (const message of messages) stream.write(message);
    const [error] = (await once(stream, 'error')) as [ServiceError];
    expect(fromGrpcStatus(error)).toMatchObject({
      code: 'invalid_argument',
      input: { source: 'message majlis.v1.ScoreStreamRequest' },
    });
  });

  it('ends a stream of bytes that are no message as invalid, whatever it is telling meanwhile', async () => {
    const raw = new Client(server.address, credentials.createInsecure());
    const { path } = RewardServiceService.scoreStream;
    const asItIs = (bytes: Buffer): Buffer => bytes;
    const stream = raw.makeBidiStreamRequest(path, asItIs, asItIs, bearerMetadata('secret'));
    const ended = once(stream, 'error');
    const refused = asking('a', { alias: 'nobody' });
    for (const message of [hello, scores([[1, refused]]), scores([[2, refused]])]) {
      stream.write(RewardServiceService.scoreStream.requestSerialize(message));
    }
    // A field of wire type 6, which there is not.
    stream.write(Buffer.from([0x0e, 1]));
    stream.resume();
    const [failure] = (await ended) as [ServiceError];
    expect(fromGrpcStatus(failure).code).toBe('invalid_argument');
    raw.close();
  });

  it('ends a stream of nobody that it knows as unauthenticated', async () => {
    const stream = client.scoreStream(bearerMetadata('guess'));
    stream.resume();
    const [error] = (await once(stream, 'error')) as [ServiceError];
    expect(fromGrpcStatus(error)).toMatchObject({ code: 'unauthenticated' });
  });

  it('reads no further for a client that sends and never reads, and answers others meanwhile', async () => {
    const sent = 2 * MOST_AT_HAND;
    let received = 0;
    const stream = open();
    stream.pause();
    stream.write(hello);
    for (let number = 0; number < sent; number += 1)
      stream.write(scores([[number, asking('a wordy refusal')]]));
    stream.end();
    await until('all places are taken', () => replied >= MOST_AT_HAND);
    expect(await score(asking('other'))).toMatchObject(hashes);
    expect(replied).toBeLessThan(sent);
    stream.on('data', (reply: wire.ScoreStreamResponse) => (received += resultsIn([reply]).length));
    stream.resume();
    await once(stream, 'end');
    expect(received).toBe(sent);
  });

  it('gives up the requests of a client that has gone', async () => {
    let letGo: () => void = () => undefined;
    held = new Promise((resolve) => (letGo = resolve));
    const stream = open();
    stream.on('error', () => undefined).resume();
    stream.write(hello);
    stream.write(scores([[1, asking('a')]]));
    await until('it waits', () => service.status().requests === 1);
    stream.cancel();
    await until('nothing waits', () => service.status().requests === 0);
    letGo();
  });

  it('ends its streams once they are answered when the process stops', async () => {
    let letGo: () => void = () => undefined;
    held = new Promise((resolve) => (letGo = resolve));
    const stream = open();
    const replies: wire.ScoreStreamResponse[] = [];
    stream.on('data', (reply: wire.ScoreStreamResponse) => replies.push(reply));
    stream.write(hello);
    stream.write(scores([[1, asking('a')]]));
    await until('it waits', () => service.status().requests === 1);
    stopping.abort();
    letGo();
    await once(stream, 'end');
    expect(resultsIn(replies)).toEqual([{ number: 1, result: scoredAs(1, -1.8) }]);
  });
});
