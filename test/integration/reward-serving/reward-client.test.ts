import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { BadInputError, MajlisError } from '../../../core/errors.js';
import type { ScoreItem } from '../../../core/scorer/scorer.js';
import { startRpcServer, type RpcServer } from '../../../core/rpc/server.js';
import { systemClock } from '../../../core/runtime/clock.js';
import { compiledModule } from '../../../core/runtime/package-root.js';
import { authorizeToken } from '../../../core/trust/authorize.js';
import { RewardClient, type RewardClientOptions } from '../../../reward/rpc/reward-client.js';
import { rewardRpc } from '../../../reward/rpc/reward-rpc.js';
import { RewardModelScorer } from '../../../reward/scorer/reward-model-scorer.js';
import { createRewardService } from '../../../reward/serving/create-reward-service.js';
import { DEFAULT_REWARD_LIMITS, type CallerLimits } from '../../../reward/serving/reward-limits.js';
import type { RewardRequest } from '../../../reward/serving/reward-service.js';
import { ServedRewards } from '../../../reward/serving/served-rewards.js';
import { FakeClock } from '../../support/fake-clock.js';
import { lengthReward, scoreLengths } from '../../support/served-reward.js';
import { until } from '../../support/until.js';

const hashes = { rubricHash: 'rubric-1', rewardModelHash: 'model-1' };

function asking(text: string): RewardRequest {
  return { reward: { alias: 'active' }, items: [{ prompt: 'p', answers: [{ text }] }] };
}

const paid = (raw: number, normalized: number): object => ({ kind: 'scored', score: { raw, normalized } });

describe('RewardClient', () => {
  const rewards = new ServedRewards();
  const calls: number[] = [];
  let held: Promise<void> | undefined;
  let limits: CallerLimits = {};
  let server: RpcServer;
  let client: RewardClient;
  const reward = lengthReward({
    score: async (answers) => {
      await held;
      return scoreLengths(answers);
    },
  });
  const service = createRewardService({
    ...{ rewards, clock: systemClock },
    limits: { ...DEFAULT_REWARD_LIMITS, cacheBytes: 0, caller: () => limits },
    observer: {
      onModelCall: ({ answers }) => void calls.push(answers),
      onReply: () => undefined,
      onRefusal: () => undefined,
    },
  });

  function start(port = 0): Promise<RpcServer> {
    return startRpcServer({
      services: [rewardRpc({ service, software: 'test', stopping: new AbortController().signal })],
      authorize: authorizeToken('secret', { name: 'team-a', role: 'researcher' }),
      ...{ graceMs: 0, port },
    });
  }

  function connect(changes: Partial<RewardClientOptions> = {}): RewardClient {
    const { address } = server;
    return new RewardClient({ address, token: 'secret', software: 'test', clock: systemClock, ...changes });
  }

  beforeAll(async () => {
    rewards.pointAlias('active', rewards.load(reward));
    server = await start();
    client = connect();
  });
  beforeEach(() => {
    calls.length = 0;
    held = undefined;
    limits = {};
  });
  afterAll(async () => {
    client.close();
    await server.close();
  });

  it('scores as the reward does in the same process, whatever the answers', async () => {
    const local = new RewardModelScorer();
    local.load(reward);
    const texts = ['', 'سافر إلى أسوان', '밥을 먹어요', '\ud83d\ude00', 'x'.repeat(30)];
    const items = Array.from({ length: 300 }, (_, at): ScoreItem => ({
      prompt: {
        id: `p${at}`,
        locale: 'ar',
        text: `سؤال ${at}`,
        ...(at % 2 === 0 ? { category: 'food' } : {}),
      },
      promptTokenIds: [1, 2],
      answers: texts.slice(at % 6).map((text) => ({ text, tokenIds: [at] })),
    }));
    expect(await client.score({ ...hashes, items })).toEqual(await local.score({ ...hashes, items }));
    expect(await client.score({ ...hashes, items: [] })).toEqual([]);
  });

  it('sends what is asked in one tick at once, so that it is scored in one call', async () => {
    const replies = await Promise.all(['a', 'bb', 'ccc'].map((text) => client.ask(asking(text))));
    expect(replies.map(({ outcomes }) => outcomes)).toEqual([
      [[paid(1, -1.8)]],
      [[paid(2, -1.6)]],
      [[paid(3, -1.4)]],
    ]);
    expect(calls).toEqual([3]);
  });

  it('has more requests waiting than a server takes at hand', async () => {
    const replies = await Promise.all(
      Array.from({ length: 700 }, (_, at) => client.ask(asking('x'.repeat(at % 20)))),
    );
    expect(replies.map(({ outcomes }) => outcomes)).toEqual(
      Array.from({ length: 700 }, (_, at) => [[paid(at % 20, ((at % 20) - 10) / 5)]]),
    );
  });

  it('sends megabytes in messages that servers take', async () => {
    const long = '밥'.repeat(90_000);
    const items = Array.from({ length: 32 }, () => ({
      prompt: { id: 'p', locale: 'ar', text: 'p' },
      promptTokenIds: [],
      answers: [{ text: long, tokenIds: [] }],
    }));
    const outcomes = await client.score({ ...hashes, items });
    expect(outcomes).toEqual(Array(32).fill([paid(90_000, 5)]));
  });

  it('refuses a request that no server takes, before it cuts the stream for others', async () => {
    const answers = Array.from({ length: 90 }, () => ({ text: 'x'.repeat(100_000) }));
    const tooLarge = client.ask({ reward: hashes, items: [{ prompt: 'p', answers }] });
    const other = client.ask(asking('a'));
    await expect(tooLarge).rejects.toMatchObject({
      code: 'invalid_argument',
      message: expect.stringMatching(/found 90\d{5} bytes for 1 prompts; allowed: at most 8387584 bytes/),
    });
    expect((await other).outcomes).toEqual([[paid(1, -1.8)]]);
  });

  it('tells an answer that the wire cannot carry as the server would, and asks about the others', async () => {
    const items = [
      { prompt: 'p', answers: [{ text: '\ud800' }, { text: 'ok' }] },
      { prompt: '\udc00', answers: [{ text: 'ok' }] },
    ];
    const { outcomes } = await client.ask({ reward: hashes, items });
    expect(outcomes).toMatchObject([
      [{ kind: 'policy_malformed' }, paid(2, -1.6)],
      [{ kind: 'judge_failed', retryable: false }],
    ]);
    expect(calls).toEqual([1]);
  });

  it('does not ask again what is refused: a wrong token, a hash that is not loaded', async () => {
    const stranger = connect({ token: 'guess' });
    await expect(stranger.ask(asking('a'))).rejects.toMatchObject({ code: 'unauthenticated' });
    stranger.close();
    await expect(client.score({ ...hashes, rewardModelHash: 'm', items: [] })).rejects.toMatchObject({
      code: 'failed_precondition',
    });
    await expect(client.ask({ ...asking('a'), reward: { alias: '' } })).rejects.toBeInstanceOf(BadInputError);
  });

  it('waits as long as a full server says, but not for the quota of tomorrow', async () => {
    limits = { answersPerSecond: 20, burst: 1 };
    const replies = await Promise.all([client.ask(asking('a')), client.ask(asking('b'))]);
    expect(replies).toHaveLength(2);
    expect(calls).toEqual([1, 1]);
    limits = { answersPerDay: calls.length };
    const beyond = Promise.all([client.ask(asking('a')), client.ask(asking('b')), client.ask(asking('c'))]);
    await expect(beyond).rejects.toMatchObject({ code: 'resource_exhausted' });
  });

  it('fails what it waits for when its signal fires, or when it is closed', async () => {
    let letGo: () => void = () => undefined;
    held = new Promise((resolve) => (letGo = resolve));
    const leaving = new AbortController();
    const left = expect(client.ask(asking('a'), leaving.signal)).rejects.toMatchObject({ code: 'cancelled' });
    const other = connect();
    const closed = expect(other.ask(asking('b'))).rejects.toMatchObject({ code: 'cancelled' });
    await until('both wait', () => service.status().requests === 2);
    leaving.abort();
    other.close();
    await Promise.all([left, closed]);
    await expect(other.ask(asking('c'))).rejects.toMatchObject({ code: 'cancelled' });
    letGo();
    await until('nobody waits', () => service.status().requests === 0);
  });

  it('gives up a server that says nothing in time', async () => {
    let letGo: () => void = () => undefined;
    held = new Promise((resolve) => (letGo = resolve));
    const clock = new FakeClock();
    const impatient = connect({ clock, deadlineMs: 1000 });
    const late = expect(impatient.ask(asking('a'))).rejects.toMatchObject({
      code: 'deadline_exceeded',
      message: 'no reply within 1000 ms',
    });
    await until('it waits', () => service.status().requests === 1);
    await clock.advance(3000);
    await late;
    impatient.close();
    letGo();
  });

  it('finds a server that was started again, and asks it what the old one did not answer', async () => {
    let letGo: () => void = () => undefined;
    held = new Promise((resolve) => (letGo = resolve));
    const asked = client.ask(asking('four'));
    await until('it waits', () => service.status().requests === 1);
    const { port } = server;
    await server.close();
    letGo();
    server = await start(port);
    expect((await asked).outcomes).toEqual([[paid(4, -1.2)]]);
  });

  it('says that a server is away once it has tried often enough', async () => {
    const nobody = connect({ address: '127.0.0.1:9', retries: 1 });
    const failure = await nobody.ask(asking('a')).catch((thrown: unknown) => thrown);
    expect(failure).toBeInstanceOf(MajlisError);
    expect(failure).toMatchObject({ code: 'unavailable' });
    nobody.close();
  });

  it('keeps a program alive that waits for its answer, and is told that the server is away', async () => {
    const program = `
      const { RewardClient } = require(${JSON.stringify(compiledModule('reward/rpc/reward-client'))});
      const { systemClock } = require(${JSON.stringify(compiledModule('core/runtime/clock'))});
      const client = new RewardClient({ address: '127.0.0.1:9', software: 'test', clock: systemClock, retries: 1 });
      client.ask({ reward: { alias: 'active' }, items: [{ prompt: 'p', answers: [{ text: 'a' }] }] })
        .catch((error) => console.log(error.code)).finally(() => client.close());`;
    const { stdout } = await promisify(execFile)(process.execPath, ['-e', program]);
    expect(stdout).toBe('unavailable\n');
  });
});
