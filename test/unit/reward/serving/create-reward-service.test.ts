import type { RewardModel } from '../../../../reward/model/reward-model.js';
import { createRewardService } from '../../../../reward/serving/create-reward-service.js';
import { DEFAULT_REWARD_LIMITS, type RewardLimits } from '../../../../reward/serving/reward-limits.js';
import type { ModelCall, ToldReply } from '../../../../reward/serving/reward-observer.js';
import type { RewardRequest, RunningRewardService } from '../../../../reward/serving/reward-service.js';
import { ServedRewards, type RewardName } from '../../../../reward/serving/served-rewards.js';
import { MajlisError } from '../../../../core/errors.js';
import { FakeClock } from '../../../support/fake-clock.js';
import { lengthReward, scoreLengths } from '../../../support/served-reward.js';

const active: RewardName = { alias: 'active' };
const first = { rubricHash: 'rubric-1', rewardModelHash: 'model-1' };
const anonymous = { caller: 'anonymous' };

interface Rig {
  readonly service: RunningRewardService;
  readonly rewards: ServedRewards;
  readonly clock: FakeClock;
  readonly calls: ModelCall[];
  readonly replies: ToldReply[];
  readonly refusals: string[];
}

function rig(limits: Partial<RewardLimits> = {}, reward = lengthReward()): Rig {
  const rewards = new ServedRewards();
  rewards.pointAlias('active', rewards.load(reward));
  const clock = new FakeClock();
  const [calls, replies, refusals]: [ModelCall[], ToldReply[], string[]] = [[], [], []];
  const observer = {
    onModelCall: (call: ModelCall) => void calls.push(call),
    onReply: (reply: ToldReply) => void replies.push(reply),
    onRefusal: ({ code }: { readonly code: string }) => void refusals.push(code),
  };
  const service = createRewardService({
    ...{ rewards, clock, observer, limits: { ...DEFAULT_REWARD_LIMITS, ...limits } },
  });
  return { service, rewards, clock, calls, replies, refusals };
}

function asking(texts: readonly string[], reward = active): RewardRequest {
  return { reward, items: texts.map((text) => ({ prompt: 'p', answers: [{ text }] })) };
}

function paid(raw: number, normalized: number): object {
  return { kind: 'scored', score: { raw, normalized } };
}

/** A model that answers when it is let. */
function heldModel(): {
  readonly score: RewardModel['score'];
  letGo(): void;
  readonly signals: AbortSignal[];
} {
  let letGo: () => void = () => undefined;
  const signals: AbortSignal[] = [];
  const score: RewardModel['score'] = async (answers, signal) => {
    if (signal !== undefined) signals.push(signal);
    await new Promise<void>((resolve, reject) => {
      letGo = resolve;
      signal?.addEventListener('abort', () => reject(new MajlisError('given up', { code: 'cancelled' })));
    });
    return scoreLengths(answers);
  };
  return { score, signals, letGo: () => letGo() };
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('the reward service', () => {
  it('answers item by item in order, and says which hashes an alias was', async () => {
    const { service } = rig();
    const items = [
      { prompt: 'one', answers: [{ text: 'x'.repeat(10) }, { text: 'x'.repeat(15) }] },
      { prompt: 'two', locale: 'ar-EG', answers: [] },
      { prompt: 'three', answers: [{ text: '' }] },
    ];
    expect(await service.score({ reward: active, items }, anonymous)).toEqual({
      ...first,
      outcomes: [[paid(10, 0), paid(15, 1)], [], [paid(0, -2)]],
    });
    expect(await service.score({ reward: first, items: [] }, anonymous)).toEqual({ ...first, outcomes: [] });
  });

  it('scores what comes in one tick in one call, and never mixes rewards', async () => {
    const { service, rewards, calls } = rig();
    const second = rewards.load(lengthReward({ hash: 'model-2', rubricHash: 'rubric-2' }));
    await Promise.all([
      service.score(asking(['a', 'bb']), anonymous),
      service.score(asking(['ccc']), { caller: 'other' }),
      service.score(asking(['a'], second), anonymous),
    ]);
    expect(calls).toEqual([
      { ...first, answers: 3, tookMs: 0 },
      { ...second, answers: 1, tookMs: 0 },
    ]);
  });

  it('gives a model no more answers at a time than it may have, one call after the other', async () => {
    const { service, calls } = rig({ answersPerCall: 2 });
    const { outcomes } = await service.score(asking(['a', 'bb', 'ccc', 'dddd', 'eeeee']), anonymous);
    expect(calls.map(({ answers }) => answers)).toEqual([2, 2, 1]);
    expect(outcomes.flat()).toEqual([1, 2, 3, 4, 5].map((raw) => paid(raw, (raw - 10) / 5)));
  });

  it('gives a model no more than a call is worth to it', async () => {
    const reward = lengthReward();
    const light = { ...reward, model: { ...reward.model, answersAtOnce: 3 } };
    const { service, calls } = rig({ answersPerCall: 4 }, light);
    await service.score(asking(['a', 'b', 'c', 'd', 'e']), anonymous);
    expect(calls.map(({ answers }) => answers)).toEqual([3, 2]);
  });

  it('lets a small request through while a large one is served, and the loop turn between calls', async () => {
    const { service } = rig({ answersPerCall: 10 });
    const order: string[] = [];
    const large = service.score(asking(Array.from({ length: 1000 }, (_, at) => `${at}`)), anonymous);
    const small = service.score(asking(['a', 'b', 'c']), { caller: 'other' });
    const replies = [large.then(() => order.push('large')), small.then(() => order.push('small'))];
    setImmediate(() => setImmediate(() => order.push('the loop')));
    await Promise.all(replies);
    expect(order).toEqual(['small', 'the loop', 'large']);
  });

  it('answers again from what it kept, but not of another prompt, locale, category or reward', async () => {
    const { service, replies, rewards } = rig();
    const second = rewards.load(lengthReward({ hash: 'model-2', rubricHash: 'rubric-2' }));
    const ask = async (changes: object, reward: RewardName = active): Promise<number | undefined> => {
      const item = { prompt: 'p', answers: [{ text: 'answer' }], ...changes };
      await service.score({ reward, items: [item] }, anonymous);
      return replies.at(-1)?.cached;
    };
    expect(await ask({})).toBe(0);
    expect(await ask({})).toBe(1);
    expect(await ask({ locale: 'ar' })).toBe(1);
    expect(await ask({ prompt: 'pa', answers: [{ text: 'nswer' }] })).toBe(0);
    expect(await ask({ locale: 'ar-EG' })).toBe(0);
    expect(await ask({ category: 'food' })).toBe(0);
    expect(await ask({ promptTokenIds: [1], answers: [{ text: 'answer', tokenIds: [2] }] })).toBe(0);
    expect(await ask({}, second)).toBe(0);
  });

  it('keeps no failure', async () => {
    let fails = true;
    const score: RewardModel['score'] = async (answers) => {
      if (!fails) return scoreLengths(answers);
      return answers.map(() => ({ kind: 'judge_failed', reason: 'full', retryable: true }));
    };
    const { service } = rig({}, lengthReward({ score }));
    const failed = await service.score(asking(['a']), anonymous);
    expect(failed.outcomes).toEqual([[{ kind: 'judge_failed', reason: 'full', retryable: true }]]);
    fails = false;
    expect((await service.score(asking(['a']), anonymous)).outcomes).toEqual([[paid(1, -1.8)]]);
  });

  it('tells an answer that is no text or too long from a prompt that is, and scores the others', async () => {
    const { service, calls } = rig();
    const long = 'x'.repeat(100_001);
    const items = [
      {
        prompt: 'p',
        answers: [{ text: 'a\ud800b' }, { text: long }, { text: 'ok' }, { text: '\ud83d\ude00' }],
      },
      { prompt: '\udc00', answers: [{ text: 'ok' }] },
    ];
    const { outcomes } = await service.score({ reward: active, items }, anonymous);
    const surrogate = 'has a lone surrogate at';
    expect(outcomes).toEqual([
      [
        { kind: 'policy_malformed', reason: `the answer ${surrogate} 1: it is no Unicode text` },
        { kind: 'policy_malformed', reason: 'the answer has 100001 characters; at most 100000 are read' },
        paid(2, -1.6),
        paid(2, -1.6),
      ],
      [
        {
          kind: 'judge_failed',
          reason: `the prompt ${surrogate} 0: it is no Unicode text`,
          retryable: false,
        },
      ],
    ]);
    expect(calls).toEqual([{ ...first, answers: 2, tookMs: 0 }]);
  });

  it('refuses a locale that the reward was not measured in, and a reward that is not there', async () => {
    const { service, refusals } = rig();
    const items = [{ prompt: 'p', locale: 'ko', answers: [{ text: 'a' }] }];
    await expect(service.score({ reward: active, items }, anonymous)).rejects.toMatchObject({
      code: 'failed_precondition',
      message: 'Item 0 is in "ko", which reward model model-1 was not measured in: it serves ar.',
    });
    await expect(service.score(asking(['a'], { alias: 'x' }), anonymous)).rejects.toMatchObject({
      code: 'failed_precondition',
    });
    expect(refusals).toEqual(['failed_precondition', 'failed_precondition']);
  });

  it('refuses more answers than a request may hold', async () => {
    const { service } = rig({ answersPerRequest: 2 });
    await expect(service.score(asking(['a', 'b', 'c']), anonymous)).rejects.toMatchObject({
      code: 'invalid_argument',
      message: 'request of anonymous: found 3 answers; allowed: at most 2 in one request',
    });
  });

  it('says when to ask again while its queue is full, and answers what it kept even then', async () => {
    const { score, letGo } = heldModel();
    const { service } = rig({ queuedAnswers: 1 }, lengthReward({ score }));
    const kept = service.score(asking(['kept']), anonymous);
    await turn();
    letGo();
    await kept;
    const inCall = service.score(asking(['in call']), anonymous);
    await turn();
    const queued = service.score(asking(['queued']), anonymous);
    expect(service.status()).toMatchObject({ requests: 2, queuedAnswers: 1 });
    await expect(service.score(asking(['too much']), anonymous)).rejects.toMatchObject({
      code: 'resource_exhausted',
      retryAfterMs: 1000,
    });
    expect((await service.score(asking(['kept']), anonymous)).outcomes).toEqual([[paid(4, -1.2)]]);
    letGo();
    await inCall;
    await turn();
    await turn();
    letGo();
    await queued;
    expect(service.status()).toMatchObject({ requests: 0, queuedAnswers: 0, cacheEntries: 3 });
  });

  it('charges a caller nothing for what it refuses, so that asking again does not use up a day', async () => {
    const limits = { caller: () => ({ answersPerSecond: 1, burst: 2, answersPerDay: 3 }), queuedAnswers: 1 };
    const { score, letGo } = heldModel();
    const { service } = rig(limits, lengthReward({ score }));
    const held = service.score(asking(['queued']), { caller: 'other' });
    for (let times = 0; times < 5; times += 1) {
      await expect(service.score(asking(['a', 'b']), anonymous)).rejects.toThrow('1 answers wait already');
      const foreign = { reward: active, items: [{ prompt: 'p', locale: 'ko', answers: [{ text: 'a' }] }] };
      await expect(service.score(foreign, anonymous)).rejects.toMatchObject({ code: 'failed_precondition' });
    }
    await turn();
    letGo();
    await held;
    const paying = service.score(asking(['a', 'b']), anonymous);
    await turn();
    letGo();
    await paying;
    await expect(service.score(asking(['c']), anonymous)).rejects.toThrow('more than 1 answers a second');
  });

  it('charges a caller nothing while the model is away', async () => {
    let isAway = true;
    const score: RewardModel['score'] = async (answers) => {
      if (isAway) throw new MajlisError('the trainer is away', { code: 'unavailable' });
      return scoreLengths(answers);
    };
    const { service } = rig({ caller: () => ({ answersPerDay: 2 }) }, lengthReward({ score }));
    for (let times = 0; times < 3; times += 1) {
      await expect(service.score(asking(['a']), anonymous)).rejects.toMatchObject({ code: 'unavailable' });
    }
    isAway = false;
    await service.score(asking(['a', 'b']), anonymous);
    await expect(service.score(asking(['a']), anonymous)).rejects.toThrow('has used 2 of 2 answers a day');
  });

  it('fails a request at its deadline and no other, and lets none wait longer than the service does', async () => {
    const { score, letGo, signals } = heldModel();
    const { service, clock } = rig({ deadlineMs: 100 }, lengthReward({ score }));
    const impatient = service.score(asking(['a']), { ...anonymous, deadlineMs: 10 });
    const patient = service.score(asking(['b']), { ...anonymous, deadlineMs: 1000 });
    const failed = expect(impatient).rejects.toMatchObject({
      code: 'deadline_exceeded',
      message: 'not scored within 10 ms',
    });
    await clock.advance(50);
    await failed;
    expect(signals[0].aborted).toBe(false);
    letGo();
    expect((await patient).outcomes).toEqual([[paid(1, -1.8)]]);
    const tooLong = expect(
      service.score(asking(['c']), { ...anonymous, deadlineMs: 1000 }),
    ).rejects.toMatchObject({ message: 'not scored within 100 ms' });
    await clock.advance(100);
    await tooLong;
    expect(signals[1].aborted).toBe(true);
    expect(clock.sleeping).toBe(0);
  });

  it('gives a call up once everybody has left it, and serves whoever comes then', async () => {
    const { score, letGo, signals } = heldModel();
    const { service } = rig({}, lengthReward({ score }));
    const clients = [new AbortController(), new AbortController()];
    const left = clients.map(async ({ signal }) =>
      expect(service.score(asking(['a']), { ...anonymous, signal })).rejects.toMatchObject({
        code: 'cancelled',
      }),
    );
    await turn();
    clients[0].abort();
    await left[0];
    expect(signals[0].aborted).toBe(false);
    clients[1].abort();
    await Promise.all(left);
    expect(signals[0].aborted).toBe(true);
    const next = service.score(asking(['b']), anonymous);
    await turn();
    await turn();
    letGo();
    expect((await next).outcomes).toEqual([[paid(1, -1.8)]]);
  });

  it('tells a failure of the model to the request that brought it about, not to its neighbours', async () => {
    const score: RewardModel['score'] = async (answers) => {
      if (answers.some(({ answer }) => answer === 'bad')) {
        throw new MajlisError('no tokens', { code: 'failed_precondition' });
      }
      return scoreLengths(answers);
    };
    const { service } = rig({}, lengthReward({ score }));
    const [good, bad] = await Promise.allSettled([
      service.score(asking(['good']), anonymous),
      service.score(asking(['fine', 'bad']), anonymous),
    ]);
    expect(good).toMatchObject({ status: 'fulfilled', value: { outcomes: [[paid(4, -1.2)]] } });
    expect(bad).toMatchObject({
      status: 'rejected',
      reason: { code: 'failed_precondition', message: 'no tokens' },
    });
  });

  it('does not ask a model that is away once for each request', async () => {
    const away: RewardModel['score'] = () => Promise.reject(new MajlisError('away', { code: 'unavailable' }));
    const { service, calls } = rig({}, lengthReward({ score: away }));
    const replies = ['a', 'b', 'c'].map((text) => service.score(asking([text]), anonymous));
    const failed = await Promise.allSettled(replies);
    expect(failed).toMatchObject(Array(3).fill({ status: 'rejected', reason: { code: 'unavailable' } }));
    expect(calls).toHaveLength(1);
  });

  it('never answers with a mixture while an alias moves', async () => {
    const { service, rewards } = rig({ answersPerCall: 1 });
    const tenfold: RewardModel['score'] = async (answers) =>
      answers.map(({ answer }) => ({ kind: 'scored', score: { mean: 10 * answer.length, variance: 0 } }));
    const second = rewards.load(lengthReward({ hash: 'model-2', rubricHash: 'rubric-2', score: tenfold }));
    const before = service.score(asking(['a', 'b']), anonymous);
    rewards.pointAlias('active', second);
    const after = service.score(asking(['a', 'b']), anonymous);
    const unloaded = rewards.unload(first);
    expect(await before).toEqual({ ...first, outcomes: [[paid(1, -1.8)], [paid(1, -1.8)]] });
    expect(await after).toEqual({ ...second, outcomes: [[paid(10, 0)], [paid(10, 0)]] });
    await unloaded;
  });

  it('finishes what it has when it drains, takes nothing more, and fails what takes too long', async () => {
    const { score, letGo } = heldModel();
    const { service, clock } = rig({}, lengthReward({ score }));
    const quick = service.score(asking(['a']), anonymous);
    await turn();
    const drained = service.drain(1000);
    await expect(service.score(asking(['b']), anonymous)).rejects.toMatchObject({ code: 'unavailable' });
    letGo();
    expect((await quick).outcomes).toEqual([[paid(1, -1.8)]]);
    await drained;
    expect(clock.sleeping).toBe(0);
    const stuck = rig({}, lengthReward({ score }));
    const failed = expect(stuck.service.score(asking(['a']), anonymous)).rejects.toMatchObject({
      code: 'unavailable',
    });
    const stopped = stuck.service.drain(1000);
    await stuck.clock.advance(1000);
    await Promise.all([failed, stopped]);
  });

  it('tells who watches what each caller was answered', async () => {
    const { service, replies } = rig();
    await service.score(asking(['a', 'b']), { caller: 'team' });
    await service.score(asking(['b', 'c']), { caller: 'team' });
    expect(replies).toMatchObject([
      { ...first, caller: 'team', answers: 2, cached: 0 },
      { ...first, caller: 'team', answers: 2, cached: 1 },
    ]);
  });
});
