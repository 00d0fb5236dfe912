import { readFileSync, writeFileSync } from 'node:fs';
import type { Rubric } from '../../../core/domain/rubric.js';
import type { JudgeRequest } from '../../../reward/judge/judge.js';
import type { GatewayJudge } from '../../../reward/rpc/gateway-judge.js';
import { shippedRubric } from '../../support/reward-fixtures.js';
import { useTemporaryFolder } from '../../support/temporary-folder.js';
import { until } from '../../support/until.js';
import { majlis } from '../cli/majlis-process.js';
import { ChatEndpoint } from './chat-endpoint.js';
import { aPair, askAll, GatewayProcess, PRICE } from './gateway-process.js';

describe('the metrics of a gateway', () => {
  const folder = useTemporaryFolder();
  let rubric: Rubric;
  let endpoint: ChatEndpoint;
  let gateway: GatewayProcess;
  let judge: GatewayJudge;

  beforeAll(async () => {
    rubric = await shippedRubric('ar-msa');
  });
  beforeEach(async () => {
    endpoint = await ChatEndpoint.start();
  });
  afterEach(async () => {
    judge.close();
    await gateway.end('SIGKILL');
    await endpoint.close();
  });

  async function start(breaker: object = {}): Promise<void> {
    const endpoints = { main: { url: endpoint.url, timeoutMs: 400, breaker } };
    const retry = { attempts: 3, firstDelayMs: 2, longestDelayMs: 5 };
    const file = { endpoints, perRun: 2, judge: { retry }, metrics: { port: 0 } };
    gateway = await GatewayProcess.start(folder(), file);
    judge = await gateway.connect('pilot');
  }

  const request = (number: number): JudgeRequest => ({
    pair: aPair(number),
    rubric,
    order: 'first_shown_first',
  });

  /** Samples by name and labels, as the exposition writes them. */
  async function scrape(): Promise<Map<string, number>> {
    const response = await fetch(gateway.metricsUrl ?? '');
    expect(response.headers.get('content-type')).toMatch(/^text\/plain; version=/);
    const lines = (await response.text()).split('\n').filter((line) => line !== '' && !line.startsWith('#'));
    return new Map(
      lines.map((line) => {
        const at = line.lastIndexOf(' ');
        return [line.slice(0, at), Number(line.slice(at + 1))];
      }),
    );
  }

  it('count verdicts, calls, tokens and money as the endpoint saw them', async () => {
    // The second call is refused and tried again; the rest is answered.
    endpoint.react = (_prompt, number) => (number === 1 ? { status: 429, retryAfterSeconds: 0 } : 'answer');
    await start();
    await askAll(judge, [1, 2, 3].map(request), { callers: 1 });
    await judge.judge(request(1));
    const found = await scrape();
    const verdict = (source: string): number | undefined =>
      found.get(`majlis_judge_verdicts_total{judge="judge",source="${source}",outcome="scored"}`);
    const call = (outcome: string): number | undefined =>
      found.get(`majlis_judge_calls_total{judge="judge",endpoint="main",outcome="${outcome}"}`);
    expect([verdict('judge'), verdict('cache')]).toEqual([3, 1]);
    expect([call('content'), call('http_429')]).toEqual([3, 1]);
    expect(found.get('majlis_judge_retries_total{judge="judge"}')).toBe(1);

    const used = endpoint.seen.flatMap(({ usage }) => (usage === undefined ? [] : [usage]));
    const prompt = used.reduce((sum, { promptTokens }) => sum + promptTokens, 0);
    const completion = used.reduce((sum, { completionTokens }) => sum + completionTokens, 0);
    const tokens = (type: string): number | undefined =>
      found.get(`majlis_judge_tokens_total{judge="judge",endpoint="main",type="${type}"}`);
    expect([tokens('prompt'), tokens('completion')]).toEqual([prompt, completion]);
    // Each call is rounded up to a millionth: at most three of them above the plain product.
    const cost = found.get('majlis_judge_cost_total{judge="judge",run="pilot",currency="USD"}') ?? NaN;
    const plain = (prompt * PRICE.promptPerMillion + completion * PRICE.completionPerMillion) / 1e6;
    expect(cost).toBeGreaterThanOrEqual(plain - 1e-12);
    expect(cost).toBeLessThan(plain + 3e-6);
    const left = found.get('majlis_judge_budget_left{run="pilot",currency="USD"}') ?? NaN;
    expect(left + cost).toBeCloseTo(2, 9);

    expect(found.get('majlis_judge_call_duration_seconds_count{judge="judge",endpoint="main"}')).toBe(4);
    expect(found.get('majlis_judge_call_wait_seconds_count{judge="judge",endpoint="main"}')).toBe(4);
    expect(found.get('majlis_judge_verdict_duration_seconds_count{judge="judge",source="cache"}')).toBe(1);
  });

  it('show what is in flight, and an endpoint that is left alone', async () => {
    endpoint.react = () => 'hang';
    await start({ failures: 3, pauseMs: 60_000 });
    const asked = judge.judge(request(1));
    asked.catch(() => undefined);
    await until('the call is under way', () => endpoint.seen.length === 1);
    const during = await scrape();
    expect(during.get('majlis_judge_questions_in_flight')).toBe(1);
    expect(during.get('majlis_judge_calls_in_flight{endpoint="main"}')).toBe(1);
    const closed = 'majlis_judge_breaker_state{endpoint="main",state="closed"}';
    const open = 'majlis_judge_breaker_state{endpoint="main",state="open"}';
    expect([during.get(closed), during.get(open)]).toEqual([1, 0]);

    expect((await asked).outcome).toMatchObject({ kind: 'judge_failed', reason: 'no answer within 400 ms' });
    const after = await scrape();
    expect([after.get(closed), after.get(open)]).toEqual([0, 1]);
    expect(after.get('majlis_judge_questions_in_flight')).toBe(0);
    const timedOut = 'majlis_judge_calls_total{judge="judge",endpoint="main",outcome="timed_out"}';
    expect(after.get(timedOut)).toBe(3);
    const failed = 'majlis_judge_verdicts_total{judge="judge",source="judge",outcome="judge_failed"}';
    expect(after.get(failed)).toBe(1);
  });

  it('are refused with a sentence on a port that is taken, before a judge is served', async () => {
    await start();
    const port = Number(new URL(gateway.metricsUrl ?? '').port);
    const text = readFileSync(gateway.configPath, 'utf8');
    const other = gateway.configPath.replace('gateway.yaml', 'other.yaml');
    writeFileSync(other, `${text.replace('port: 0', `port: ${port}`)}store: other.sqlite\n`);
    const { status, stderr } = await majlis(['reward', 'gateway', '--config', other]);
    expect(status).not.toBe(0);
    expect(stderr).toContain(`Metrics cannot be offered at 127.0.0.1:${port}`);
    expect(stderr).not.toContain('serving judges');
  });
});
