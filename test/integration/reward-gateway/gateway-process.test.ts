import type { Rubric } from '../../../core/domain/rubric.js';
import type { Order, PairVerdict } from '../../../core/domain/verdict.js';
import { openGateway, type OpenGateway } from '../../../cli/judges/open-gateway.js';
import { systemClock } from '../../../core/runtime/clock.js';
import { readGatewayConfig } from '../../../reward/gateway/gateway-config.js';
import type { JudgeRequest } from '../../../reward/judge/judge.js';
import { connectGatewayJudge } from '../../../reward/rpc/gateway-judge.js';
import type { GatewayJudge } from '../../../reward/rpc/gateway-judge.js';
import { shippedRubric } from '../../support/reward-fixtures.js';
import { useTemporaryFolder } from '../../support/temporary-folder.js';
import { until } from '../../support/until.js';
import { majlis } from '../cli/majlis-process.js';
import { ChatEndpoint, mostWithin } from './chat-endpoint.js';
import type { Reaction, SeenRequest } from './chat-endpoint.js';
import { aPair, askAll, GatewayProcess, type GatewayFile } from './gateway-process.js';

const ORDERS: readonly Order[] = ['first_shown_first', 'second_shown_first'];

interface SpendJson {
  readonly currency: string;
  readonly spend: readonly { readonly calls: number; readonly costMicros: number; readonly run: string }[];
}

/** What the endpoint bills, in millionths: 3.70 and 11.10 a million tokens, each call rounded up as the gateway does. */
function billed(seen: readonly SeenRequest[]): number {
  return seen.reduce((sum, { usage }) => {
    if (usage === undefined) return sum;
    return sum + Math.ceil((usage.promptTokens * 37 + usage.completionTokens * 111) / 10);
  }, 0);
}

const tokensOf = ({ usage }: SeenRequest): number =>
  usage === undefined ? 0 : usage.promptTokens + usage.completionTokens;

describe('the judge gateway as a process', () => {
  const folder = useTemporaryFolder();
  let rubric: Rubric;
  let endpoint: ChatEndpoint;
  let gateway: GatewayProcess | undefined;
  let judges: GatewayJudge[];

  beforeAll(async () => {
    rubric = await shippedRubric('ar-msa');
  });
  beforeEach(async () => {
    endpoint = await ChatEndpoint.start();
    judges = [];
  });
  afterEach(async () => {
    for (const judge of judges) judge.close();
    await gateway?.end('SIGKILL');
    gateway = undefined;
    await endpoint.close();
  });

  async function start(file: Partial<GatewayFile> = {}): Promise<GatewayProcess> {
    const endpoints = { fake: { url: endpoint.url, concurrency: 64 } };
    gateway = await GatewayProcess.start(folder(), { endpoints, ...file });
    return gateway;
  }

  async function connect(
    run?: string,
    options?: { deadlineMs?: number; retries?: number },
  ): Promise<GatewayJudge> {
    if (gateway === undefined) throw new Error('no gateway');
    const judge = await gateway.connect(run, options);
    judges.push(judge);
    return judge;
  }

  const requests = (pairs: number): JudgeRequest[] =>
    Array.from({ length: pairs }, (_, number) =>
      ORDERS.map((order) => ({ pair: aPair(number), rubric, order })),
    ).flat();

  async function spend(): Promise<SpendJson> {
    const { stdout, stderr, status } = await majlis([
      ...['--json', 'reward', 'spend', '--config', gateway?.configPath ?? ''],
    ]);
    if (status !== 0) throw new Error(stderr);
    return JSON.parse(stdout) as SpendJson;
  }

  const costIn = ({ spend: all }: SpendJson): number =>
    all.reduce((sum, { costMicros }) => sum + costMicros, 0);
  const kinds = (verdicts: readonly PairVerdict[]): string[] => [
    ...new Set(verdicts.map(({ outcome }) => outcome.kind)),
  ];

  it('is asked by a run of the same configuration, and is the run itself where no process serves it', async () => {
    await start({ endpoints: { fake: { url: endpoint.url } } });
    const config = await readGatewayConfig(gateway?.configPath ?? '');
    const open = (): Promise<OpenGateway> =>
      openGateway({
        config,
        configPath: gateway?.configPath ?? '',
        serves: true,
        run: 'run-7',
        clock: systemClock,
      });
    const asked = requests(4);
    const served = await open();
    const verdicts = await Promise.all(asked.map((request) => served.judges[0].judge(request)));
    await served.close();
    expect(kinds(verdicts)).toEqual(['scored']);
    expect((await spend()).spend.map(({ run, calls }) => ({ run, calls }))).toEqual([
      { run: 'run-7', calls: 8 },
    ]);

    // As on another machine, whose store says nothing of who serves, and where no port may be taken.
    const listen = { ...config.listen, host: '192.0.2.1', reachedAt: gateway?.address ?? '' };
    const elsewhere = await openGateway({
      config: { ...config, listen, store: 'of-another-machine.sqlite' },
      ...{ configPath: gateway?.configPath ?? '', serves: true, run: 'run-8', clock: systemClock },
    });
    expect(await elsewhere.judges[0].judge(asked[0])).toEqual(verdicts[0]);
    await elsewhere.close();
    await gateway?.end();

    const own = await open();
    expect(await Promise.all(asked.map((request) => own.judges[0].judge(request)))).toEqual(verdicts);
    await own.close();
    expect(endpoint.seen).toHaveLength(8);
  }, 30_000);

  it('holds requests and tokens per window over 64 callers, at the endpoint, in every stretch of time', async () => {
    const limits = { requests: 40, tokens: 130_000, perSeconds: 1 };
    await start({ endpoints: { fake: { url: endpoint.url, concurrency: 64, limits } } });
    const asked = requests(90);
    const verdicts = await askAll(await connect(), asked);
    expect(kinds(verdicts)).toEqual(['scored']);
    expect(endpoint.seen).toHaveLength(180);
    expect(mostWithin(endpoint.seen, 1000, () => 1)).toBeLessThanOrEqual(40);
    expect(mostWithin(endpoint.seen, 1000, tokensOf)).toBeLessThanOrEqual(130_000);
    // The limit is used, too.
    expect(mostWithin(endpoint.seen, 1000, () => 1)).toBe(40);
  }, 60_000);

  it('spends no more than the budget with 64 callers, tells every sum to the millionth, and uses it up', async () => {
    await start({ perRun: 0.25 });
    const judge = await connect();
    const verdicts = await askAll(judge, requests(100));
    expect(kinds(verdicts).sort()).toEqual(['judge_failed', 'scored']);
    const refused = verdicts.find(({ outcome }) => outcome.kind === 'judge_failed');
    expect(refused?.outcome).toMatchObject({
      retryable: false,
      reason: expect.stringMatching(/^the budget of run run-1 has 0\.\d+ left, and a call may cost 0\.\d+$/),
    });
    expect(billed(endpoint.seen)).toBeLessThanOrEqual(250_000);
    expect(costIn(await spend())).toBe(billed(endpoint.seen));
    // Whoever is refused now is refused because what is left is less than one call may cost.
    for (let number = 1000, spent = -1; spent < endpoint.seen.length; number += 1) {
      spent = endpoint.seen.length;
      await judge.judge({ pair: aPair(number), rubric, order: 'first_shown_first' });
    }
    const left = 250_000 - billed(endpoint.seen);
    const mostOfACall = Math.ceil((4 * 4 * endpoint.seen[0].prompt.length * 37) / 10) / 10;
    expect(left).toBeGreaterThanOrEqual(0);
    expect(left).toBeLessThan(mostOfACall);
    expect(costIn(await spend())).toBe(billed(endpoint.seen));
    // Another run has a budget of its own.
    const other = await connect('run-2');
    const answered = await other.judge({ pair: aPair(5000), rubric, order: 'first_shown_first' });
    expect(answered.outcome.kind).toBe('scored');
  }, 60_000);

  it('loses no verdict that it acknowledged when it is killed, and keeps its budget', async () => {
    endpoint.delayMs = 15;
    await start({ perRun: 2 });
    const running = gateway as GatewayProcess;
    const judge = await connect('run-1', { retries: 0 });
    const acknowledged: PairVerdict[] = [];
    let killed: Promise<unknown> | undefined;
    const verdicts = await askAll(judge, requests(100), {
      onVerdict: (verdict) => {
        if (verdict.outcome.kind === 'scored') acknowledged.push(verdict);
        if (acknowledged.length === 70) killed ??= running.end('SIGKILL');
      },
    });
    await killed;
    expect(acknowledged.length).toBeGreaterThanOrEqual(70);
    expect(verdicts.filter(({ outcome }) => outcome.kind === 'judge_failed').length).toBeGreaterThan(0);
    expect(kinds(verdicts).sort()).toEqual(['judge_failed', 'scored']);
    const before = billed(endpoint.seen);

    await running.run();
    // Nobody can be asked any more: what comes now was kept.
    endpoint.react = () => ({ status: 401 });
    const again = await connect();
    const byPair = new Map(requests(100).map((request) => [`${request.pair.id} ${request.order}`, request]));
    for (const verdict of acknowledged) {
      const request = byPair.get(`${verdict.pairId} ${verdict.order}`);
      if (request === undefined) throw new Error(`no request ${verdict.pairId}`);
      expect(await again.judge(request)).toEqual(verdict);
    }
    // Calls under way at the kill count at their most: never less than what was billed.
    expect(costIn(await spend())).toBeGreaterThanOrEqual(before);
    expect(costIn(await spend())).toBeLessThanOrEqual(2_000_000);
  }, 60_000);

  it('holds its limits across a kill and a start, with the calls that were under way', async () => {
    const limits = { requests: 12, perSeconds: 2 };
    await start({ endpoints: { fake: { url: endpoint.url, concurrency: 64, limits } } });
    const running = gateway as GatewayProcess;
    // Ten are answered, two are under way when the process dies.
    endpoint.react = (_prompt, number) => (number < 10 ? 'answer' : 'hang');
    let told = 0;
    const doomed = askAll(await connect('run-1', { retries: 0 }), requests(6), {
      onVerdict: () => (told += 1),
    });
    await until('ten are answered', () => told === 10 && endpoint.seen.length === 12);
    await running.end('SIGKILL');
    expect(kinds(await doomed)).toContain('judge_failed');

    endpoint.react = () => 'answer';
    await running.run();
    const verdicts = await askAll(await connect(), requests(10));
    expect(kinds(verdicts)).toEqual(['scored']);
    expect(endpoint.seen).toHaveLength(22);
    expect(mostWithin(endpoint.seen, 2000, () => 1)).toBe(12);
  }, 60_000);

  it('gives the verdicts of a healthy judge when a third of the calls fail and retries succeed', async () => {
    await start();
    const healthy = await askAll(await connect(), requests(40));
    expect(kinds(healthy)).toEqual(['scored']);
    await gateway?.end('SIGKILL');
    await endpoint.close();

    endpoint = await ChatEndpoint.start();
    const faults: readonly Reaction[] = [
      { status: 500 },
      { status: 429, retryAfterSeconds: 0 },
      { status: 503 },
      'hang',
    ];
    // Every third call fails, in each of these ways in turn.
    endpoint.react = (_prompt, number) => (number % 3 === 1 ? faults[Math.floor(number / 3) % 4] : 'answer');
    const sick = { fake: { url: endpoint.url, concurrency: 64, timeoutMs: 200 } };
    // Another model, so that nothing is answered from what the healthy one said.
    await start({ endpoints: sick, judge: { model: 'sick' } });
    const verdicts = await askAll(await connect(), requests(40));
    expect(endpoint.seen.length).toBeGreaterThan(110);
    expect(verdicts).toEqual(healthy);
  }, 60_000);

  it('answers judge_failed and never a number when retries cannot succeed', async () => {
    endpoint.react = () => ({ status: 500 });
    const breaker = { failures: 1000, pauseMs: 100 };
    await start({
      endpoints: { fake: { url: endpoint.url, breaker } },
      judge: { retry: { attempts: 3, firstDelayMs: 2, longestDelayMs: 5 } },
    });
    const verdicts = await askAll(await connect(), requests(8));
    for (const { outcome } of verdicts) {
      expect(outcome).toEqual({ kind: 'judge_failed', reason: 'HTTP 500', retryable: true });
    }
    expect(endpoint.seen).toHaveLength(48);
    // A failure is not kept: a judge that is well again is asked.
    endpoint.react = () => 'answer';
    expect(kinds(await askAll(await connect(), requests(8)))).toEqual(['scored']);
    expect(await spend()).toMatchObject({ spend: [{ calls: 64, failedCalls: 48 }] });
  }, 60_000);

  it('asks equal questions of 64 callers once, and a question that was answered never again', async () => {
    endpoint.delayMs = 30;
    await start();
    const [one] = requests(1);
    const same = Array.from({ length: 64 }, (_, index) => ({
      ...one,
      pair: { ...one.pair, id: `name-${index}` },
    }));
    const verdicts = await askAll(await connect(), same);
    expect(endpoint.seen).toHaveLength(1);
    expect(new Set(verdicts.map(({ outcome }) => JSON.stringify(outcome))).size).toBe(1);
    expect(verdicts.map(({ pairId }) => pairId)).toEqual(same.map(({ pair }) => pair.id));
    await (await connect('another-run')).judge(one);
    expect(endpoint.seen).toHaveLength(1);
    const { spend: all } = await spend();
    expect(all).toHaveLength(1);
  });

  it('goes by another endpoint while one is down, and back when it is well', async () => {
    const spare = await ChatEndpoint.start();
    try {
      endpoint.react = () => ({ status: 503 });
      const breaker = { failures: 3, pauseMs: 400 };
      await start({
        endpoints: { main: { url: endpoint.url, breaker }, spare: { url: spare.url, breaker } },
      });
      const judge = await connect();
      expect(kinds(await askAll(judge, requests(20), { callers: 4 }))).toEqual(['scored']);
      expect(endpoint.seen.length).toBeLessThan(15);
      expect(spare.seen).toHaveLength(40);
      endpoint.react = () => 'answer';
      await systemClock.sleep(450);
      const before = endpoint.seen.length;
      await judge.judge({ pair: aPair(999), rubric, order: 'first_shown_first' });
      expect(endpoint.seen.length).toBe(before + 1);
    } finally {
      await spare.close();
    }
  }, 60_000);

  it('keeps quiet for as long as the endpoint asks', async () => {
    endpoint.react = (_prompt, number) => (number === 0 ? { status: 429, retryAfterSeconds: 1 } : 'answer');
    await start({ endpoints: { fake: { url: endpoint.url, concurrency: 1 } } });
    expect(kinds(await askAll(await connect(), requests(2)))).toEqual(['scored']);
    const [first, second] = endpoint.seen;
    expect(second.atMs - first.atMs).toBeGreaterThanOrEqual(999);
  });

  it('finishes what it has when it is asked to stop, and leaves with status 0', async () => {
    endpoint.delayMs = 300;
    const running = await start();
    const judge = await connect('run-1', { retries: 0 });
    const asked = askAll(judge, requests(4));
    await systemClock.sleep(150);
    const { status } = await running.end('SIGTERM');
    expect(status).toBe(0);
    expect(kinds(await asked)).toEqual(['scored']);
  }, 20_000);

  it('tells a deadline that passes as a failed judge', async () => {
    endpoint.react = () => 'hang';
    await start();
    const judge = await connect('run-1', { deadlineMs: 200 });
    const verdict = await judge.judge(requests(1)[0]);
    expect(verdict.outcome).toEqual({
      kind: 'judge_failed',
      reason: 'no verdict within 200 ms',
      retryable: true,
    });
  });

  it('tells a candidate of 50 MB as a failed judge, without sending it anywhere, and goes on', async () => {
    await start();
    const judge = await connect();
    const [one] = requests(1);
    const giant = { ...one, pair: { ...one.pair, second: 'سافر إلى لندن '.repeat(3_600_000) } };
    const { outcome } = await judge.judge(giant);
    expect(outcome).toEqual({
      kind: 'judge_failed',
      reason: `the second answer has ${giant.pair.second.length} characters; a judge reads at most 100000`,
      retryable: false,
    });
    expect(endpoint.seen).toHaveLength(0);
    expect((await judge.judge(one)).outcome.kind).toBe('scored');
  });

  it('lets nobody in without its token', async () => {
    const { address } = await start();
    const stranger = { address, token: 'guess', judgeId: 'judge', run: 'r', clock: systemClock };
    await expect(connectGatewayJudge(stranger)).rejects.toMatchObject({ code: 'unauthenticated' });
  });

  it('refuses a judge that it does not serve, and a rubric that is not what its hash says', async () => {
    const { address, token } = await start();
    const options = { address, token, judgeId: 'nobody', run: 'r', clock: systemClock };
    await expect(connectGatewayJudge(options)).rejects.toThrow('serves no judge "nobody"; it serves judge');
    const judge = await connect();
    const forged = { ...rubric, title: 'Another rubric' };
    await expect(
      judge.judge({ pair: aPair(0), rubric: forged, order: 'first_shown_first' }),
    ).rejects.toMatchObject({ code: 'invalid_argument' });
    expect(endpoint.seen).toHaveLength(0);
  });
});
