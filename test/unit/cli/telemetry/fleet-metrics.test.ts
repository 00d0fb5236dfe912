/** What coordinators and workers offer to scrapes, against the catalogue that dashboards are checked by. */
import {
  offerCertificateGauge,
  offerCoordinatorGauges,
} from '../../../../cli/telemetry/coordinator-gauges.js';
import { fleetMetricsObserver } from '../../../../cli/telemetry/fleet-metrics-observer.js';
import { rpcTelemetry } from '../../../../cli/telemetry/rpc-telemetry.js';
import { runMetricsObserver } from '../../../../cli/telemetry/run-metrics-observer.js';
import {
  FLEET_METRICS,
  type FleetMetricDescription,
} from '../../../../core/telemetry/metrics/fleet-catalogue.js';
import { offerProcessMetrics } from '../../../../core/telemetry/metrics/process-metrics.js';
import { ProcessRegistry } from '../../../../core/telemetry/metrics/process-registry.js';
import { RecordingLogger } from '../../../../core/telemetry/recording-logger.js';
import { NO_TRACING } from '../../../../core/telemetry/tracing/no-tracing.js';
import { RunDemand } from '../../../../coordinator/demand/run-demand.js';
import { LoopRig } from '../../../support/loop-rig.js';

interface Scrape {
  readonly names: ReadonlySet<string>;
  /** Value of a sample by its name with labels. */
  readonly values: ReadonlyMap<string, number>;
}

async function scrape(metrics: ProcessRegistry): Promise<Scrape> {
  const lines = (await metrics.text()).split('\n');
  const names = lines.flatMap((line) => /^# TYPE (\S+) /.exec(line)?.[1] ?? []);
  const samples = lines.filter((line) => line !== '' && !line.startsWith('#'));
  const values = samples.map((line) => [
    line.slice(0, line.lastIndexOf(' ')),
    Number(line.split(' ').at(-1)),
  ]);
  return { names: new Set(names), values: new Map(values as [string, number][]) };
}

describe('the metrics of a run and its workers', () => {
  const metrics = new ProcessRegistry();
  let found: Scrape;

  beforeAll(async () => {
    const stop = offerProcessMetrics(metrics, '1.0.0');
    const rig = new LoopRig({ algorithm: { iterations: 2 }, metrics });
    const demand = new RunDemand(rig.ledger);
    const work = { run: 'run', pool: 'run', window: 4, perIteration: 4, iterations: 2, finished: 0 };
    await rig.create();
    demand.begin(work);
    const registry = { status: () => ({ workers: [], refused: {} }) };
    offerCoordinatorGauges(metrics, { ...rig, demand, fleet: { pool: 'run', registry } });
    offerCertificateGauge(metrics, { current: { warnings: [] } });
    fleetMetricsObserver(metrics, 'run');
    rpcTelemetry({ logger: new RecordingLogger(), metrics, tracer: NO_TRACING });
    await rig.play();
    found = await scrape(metrics);
    stop();
  });

  it('are those of the catalogue and no others', () => {
    const isOfThem = ({ offeredBy }: FleetMetricDescription): boolean =>
      offeredBy.some((who) => who === 'coordinator' || who === 'worker');
    const listed = Object.entries<FleetMetricDescription>(FLEET_METRICS).flatMap(([name, metric]) =>
      isOfThem(metric) ? [name] : [],
    );
    expect([...found.names].sort()).toEqual(listed.sort());
  });

  it('count every task once by how it ended', () => {
    const { values } = found;
    expect(values.get('majlis_tasks_issued_total{pool="run"}')).toBe(8);
    expect(values.get('majlis_tasks_completed_total{pool="run",outcome="consumed"}')).toBe(8);
    expect(values.get('majlis_task_attempts_count{queue="tasks.run"}')).toBe(8);
    expect(values.get('majlis_outstanding_tasks{pool="run"}')).toBe(0);
  });

  it('tell what was sampled, learned and loaded', () => {
    const { values } = found;
    expect(values.get('majlis_rollout_duration_seconds_count')).toBe(8);
    expect(values.get('majlis_rollout_tokens_total{direction="input"}')).toBe(16);
    expect(values.get('majlis_rollout_tokens_total{direction="output"}')).toBeGreaterThan(8);
    // The first iteration is critic only: the policy moves once, after all is sampled.
    expect(values.get('majlis_weight_sync_duration_seconds_count')).toBe(1);
    expect(values.get('majlis_result_staleness_versions_bucket{le="0",pool="run"}')).toBe(8);
    expect(values.get('majlis_reward_score_count{rubric="rubric-a"}')).toBe(32);
    expect(values.get('majlis_policy_version{pool="run"}')).toBe(1);
    expect(values.get('majlis_drain_duration_seconds_count')).toBe(1);
  });

  it('tell where the process and its queues stand', () => {
    const { values } = found;
    expect(values.get('majlis_leader')).toBe(1);
    expect(values.get('majlis_build_info{version="1.0.0"}')).toBe(1);
    expect(values.get('majlis_queue_messages{queue="tasks.run",state="pending"}')).toBe(0);
    // The run has completed.
    expect(values.get('majlis_fleet_demand_groups{pool="run"}')).toBe(0);
    expect(values.get('majlis_scrape_errors_total{metric="majlis_queue_messages"}')).toBeUndefined();
  });
});

describe('the metrics of faults', () => {
  it('count what was issued again, dropped, refused and lost', async () => {
    const metrics = new ProcessRegistry();
    const run = runMetricsObserver(metrics, 'gpu');
    run.tasksIssued?.({ count: 3, again: true });
    run.tasksEnded?.({ count: 2, end: 'dropped' });
    run.tasksEnded?.({ count: 1, end: 'dead_lettered' });
    run.resultRefused?.({ reason: 'other_policy', message: 'm' });
    run.resultRepeated?.();
    const fleet = fleetMetricsObserver(metrics, 'gpu');
    fleet.workerRefused?.('w', 'cordoned', 's');
    fleet.workerGone?.('w', 'left', 0);
    fleet.workerGone?.('v', 'silent', 1);
    const { values } = await scrape(metrics);
    expect(Object.fromEntries([...values].filter(([name]) => /_total/.test(name)))).toEqual({
      'majlis_tasks_issued_total{pool="gpu"}': 3,
      'majlis_tasks_reissued_total{pool="gpu"}': 3,
      'majlis_tasks_completed_total{pool="gpu",outcome="dropped"}': 2,
      'majlis_tasks_completed_total{pool="gpu",outcome="dead_lettered"}': 1,
      'majlis_results_refused_total{pool="gpu",reason="other_policy"}': 1,
      'majlis_results_repeated_total{pool="gpu"}': 1,
      'majlis_worker_sessions_refused_total{pool="gpu",reason="cordoned"}': 1,
      'majlis_workers_lost_total{pool="gpu"}': 1,
    });
  });
});
