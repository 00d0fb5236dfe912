import { request } from 'node:http';
import { openPrometheusEndpoint } from '../../../../../core/telemetry/metrics/prometheus-endpoint.js';
import type { PrometheusEndpoint } from '../../../../../core/telemetry/metrics/prometheus-endpoint.js';
import { PrometheusMetrics } from '../../../../../core/telemetry/metrics/prometheus-metrics.js';

const AT_MS = 1_795_323_157_500;

describe('what a scrape finds', () => {
  let metrics: PrometheusMetrics;
  beforeEach(() => {
    metrics = new PrometheusMetrics();
  });
  const swapped = { id: 'r-swapped', name: 'swapped' };
  const RUN = 'run="r-swapped",arm="swapped"';

  const samples = async (): Promise<string[]> =>
    (await metrics.process.text()).split('\n').filter((line) => line !== '' && !line.startsWith('#'));

  it('is every figure of the last iteration, by run, arm and rubric, in base units', async () => {
    await metrics.open(swapped).write(
      4,
      {
        'objective/kl': 0.5,
        'rewards/greeting/mean': -1.5,
        'rewards/excluded_share': 0.25,
        'answers/mean_length': 12,
        'policy/steps': 8,
        'val/explained_variance': NaN,
        'some/new-figure': 3,
      },
      AT_MS,
    );
    expect((await samples()).sort()).toEqual(
      [
        `majlis_objective_kl_nats{${RUN}} 0.5`,
        `majlis_rewards_mean{${RUN},rubric="greeting"} -1.5`,
        `majlis_rewards_excluded_ratio{${RUN}} 0.25`,
        `majlis_answers_mean_length_tokens{${RUN}} 12`,
        `majlis_policy_steps_total{${RUN}} 8`,
        `majlis_val_explained_variance_ratio{${RUN}} Nan`,
        `majlis_some_new_figure{${RUN}} 3`,
        `majlis_iteration{${RUN}} 4`,
        `majlis_iteration_end_timestamp_seconds{${RUN}} 1795323157.5`,
        `majlis_iterations_total{${RUN}} 1`,
        `majlis_run_state{${RUN},state="running"} 1`,
      ].sort(),
    );
    expect(await metrics.process.text()).toContain('# TYPE majlis_policy_steps_total counter');
    expect(await metrics.process.text()).toContain('# TYPE majlis_objective_kl_nats gauge');
  });

  it('has no old value of a figure that the last iteration lacks, and adds counts up', async () => {
    const sink = metrics.open(swapped);
    await sink.write(0, { 'rewards/greeting/mean': 1, lr: 0.5, 'update/skipped_steps': 2 }, AT_MS);
    await sink.write(1, { 'rewards/proverb/mean': 2, 'update/skipped_steps': 1 }, AT_MS);
    const found = await samples();
    expect(found).toContain(`majlis_rewards_mean{${RUN},rubric="proverb"} 2`);
    expect(found.filter((line) => /greeting|majlis_lr/.test(line))).toEqual([]);
    expect(found).toContain(`majlis_update_skipped_steps_total{${RUN}} 3`);
  });

  it('counts an iteration once, also when the run is opened again', async () => {
    const first = metrics.open(swapped);
    await first.write(0, { 'policy/steps': 4 }, AT_MS);
    await first.finish('paused');
    expect(await samples()).toContain(`majlis_run_state{${RUN},state="paused"} 1`);
    const second = metrics.open(swapped);
    await second.write(0, { 'policy/steps': 4 }, AT_MS);
    await second.write(1, { 'policy/steps': 4 }, AT_MS);
    const found = await samples();
    expect(found).toContain(`majlis_policy_steps_total{${RUN}} 8`);
    expect(found.filter((line) => line.includes('run_state'))).toEqual([
      `majlis_run_state{${RUN},state="running"} 1`,
    ]);
  });

  it('keeps runs apart', async () => {
    await metrics.open(swapped).write(7, { lr: 0.5 }, AT_MS);
    await metrics.open({ id: 'r-placebo', name: 'placebo' }).write(2, { lr: 0.25 }, AT_MS);
    expect(await samples()).toEqual(
      expect.arrayContaining([
        `majlis_lr{${RUN}} 0.5`,
        'majlis_lr{run="r-placebo",arm="placebo"} 0.25',
        'majlis_iteration{run="r-placebo",arm="placebo"} 2',
      ]),
    );
  });
});

describe('the endpoint for scrapes', () => {
  const metrics = new PrometheusMetrics();
  let endpoint: PrometheusEndpoint;
  beforeAll(async () => {
    await metrics.open({ id: 'r', name: 'a' }).write(0, { lr: 0.5 }, AT_MS);
    endpoint = await openPrometheusEndpoint(metrics.process, { port: 0 });
  });
  afterAll(() => endpoint.close());

  it('answers on loopback with the text format and its version', async () => {
    expect(endpoint.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/metrics$/);
    const response = await fetch(endpoint.url);
    expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
    expect(await response.text()).toContain('majlis_lr{run="r",arm="a"} 0.5');
  });

  it('has one path, and takes nothing', async () => {
    expect((await fetch(endpoint.url.replace('/metrics', '/'))).status).toBe(404);
    expect((await fetch(endpoint.url, { method: 'POST' })).status).toBe(405);
    const head = await new Promise<number | undefined>((resolve, reject) => {
      request(endpoint.url, { method: 'HEAD' }, ({ statusCode }) => resolve(statusCode))
        .on('error', reject)
        .end();
    });
    expect(head).toBe(200);
  });

  it('says that a port is taken', async () => {
    const port = Number(new URL(endpoint.url).port);
    await expect(openPrometheusEndpoint(metrics.process, { port })).rejects.toMatchObject({
      code: 'failed_precondition',
      message: expect.stringContaining(`127.0.0.1:${port}`),
    });
  });
});
