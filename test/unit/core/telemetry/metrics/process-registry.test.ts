import { MajlisError } from '../../../../../core/errors.js';
import { busMetrics } from '../../../../../core/telemetry/metrics/bus-metrics.js';
import { FLEET_METRICS } from '../../../../../core/telemetry/metrics/fleet-catalogue.js';
import { offerProcessMetrics } from '../../../../../core/telemetry/metrics/process-metrics.js';
import { ProcessRegistry } from '../../../../../core/telemetry/metrics/process-registry.js';

let registry: ProcessRegistry;

beforeEach(() => {
  registry = new ProcessRegistry();
});

async function samples(): Promise<string[]> {
  return (await registry.text()).split('\n').filter((line) => line !== '' && !line.startsWith('#'));
}

describe('the catalogue of fleet metrics', () => {
  it('follows Prometheus in its names: a prefix, base units, _total on counters and on nothing else', () => {
    for (const [name, { kind }] of Object.entries(FLEET_METRICS)) {
      expect(name).toMatch(/^majlis_[a-z]+(_[a-z]+)*$/);
      expect(name).not.toMatch(/_(ms|milliseconds|minutes|kb|mb|percent)(_|$)/);
      expect([name, name.endsWith('_total')]).toEqual([name, kind === 'counter']);
    }
  });

  it('has no label of which there is one per task, prompt, answer or worker', () => {
    const labels = new Set(
      Object.values(FLEET_METRICS).flatMap((metric): readonly string[] => metric.labels),
    );
    expect([...labels].sort()).toEqual(
      [
        'alias',
        'caller',
        'contract',
        'direction',
        'method',
        'metric',
        'outcome',
        'pool',
        'quantile',
        'queue',
        'reason',
        'reward_model_hash',
        'rubric',
        'rubric_hash',
        'state',
        'status',
        'trainer',
        'version',
      ].sort(),
    );
  });
});

describe('the registry of a process', () => {
  it('has one metric of a name, whoever asks first, with the kind, labels and help of the catalogue', async () => {
    registry.counter('majlis_tasks_issued_total').inc({ pool: 'gpu' }, 2);
    registry.counter('majlis_tasks_issued_total').inc({ pool: 'gpu' }, 1);
    const text = await registry.text();
    expect(text).toContain(
      `# HELP majlis_tasks_issued_total ${FLEET_METRICS.majlis_tasks_issued_total.help}`,
    );
    expect(text).toContain('# TYPE majlis_tasks_issued_total counter');
    expect(text).toContain('majlis_tasks_issued_total{pool="gpu"} 3');
  });

  it('refuses a label that the catalogue does not have', () => {
    const issued = registry.counter('majlis_tasks_issued_total');
    expect(() => issued.inc({ task: 't' })).toThrow(/task/);
  });

  it('reads a gauge at each scrape, without what was true before', async () => {
    const workers = new Map([['RUNNING', 2]]);
    registry.readGauge('majlis_workers', (gauge) => {
      for (const [state, count] of workers) gauge.set({ pool: 'gpu', state }, count);
    });
    expect(await samples()).toEqual(['majlis_workers{pool="gpu",state="RUNNING"} 2']);
    workers.clear();
    workers.set('DRAINING', 1);
    expect(await samples()).toEqual(['majlis_workers{pool="gpu",state="DRAINING"} 1']);
  });

  it('leaves out a gauge that cannot be read, and counts that, instead of failing the scrape', async () => {
    registry.readGauge('majlis_queue_messages', () => {
      throw new MajlisError('the bus is away', { code: 'unavailable' });
    });
    registry.gauge('majlis_leader').set(1);
    // What failed at one scrape is told by the next at the latest.
    await samples();
    expect(await samples()).toEqual([
      expect.stringMatching(/^majlis_scrape_errors_total\{metric="majlis_queue_messages"\} [12]$/),
      'majlis_leader 1',
    ]);
  });

  it('tells the version and how late the event loop is', async () => {
    const stop = offerProcessMetrics(registry, '1.2.3');
    const found = await samples();
    stop();
    expect(found).toContain('majlis_build_info{version="1.2.3"} 1');
    expect(found.filter((line) => line.startsWith('majlis_event_loop_delay_seconds'))).toHaveLength(3);
  });
});

describe('metrics of a bus', () => {
  it('count deliveries by attempt, leases that ended early, and what did not go in or through', async () => {
    const bus = busMetrics(registry);
    bus.delivered?.('tasks.gpu', 1);
    bus.delivered?.('tasks.gpu', 3);
    bus.settled?.('tasks.gpu', 'extended');
    bus.settled?.('tasks.gpu', 'acked');
    for (const queue of ['tasks.gpu', 'tasks.gpu', 'tasks.cpu']) bus.settled?.(queue, 'returned');
    bus.published?.('tasks.gpu', 'stored');
    bus.published?.('results.gpu', 'full');
    bus.deadLettered?.('tasks.gpu', 'why');
    bus.connection?.({ kind: 'lost', server: 's' });
    bus.connection?.({ kind: 'restored', server: 's' });
    const found = await samples();
    expect(found).toEqual(
      expect.arrayContaining([
        'majlis_task_attempts_bucket{le="1",queue="tasks.gpu"} 1',
        'majlis_task_attempts_bucket{le="3",queue="tasks.gpu"} 2',
        'majlis_redeliveries_total{queue="tasks.gpu"} 1',
        'majlis_leases_returned_total{queue="tasks.gpu"} 2',
        'majlis_lease_renewals_total{queue="tasks.gpu"} 1',
        'majlis_queue_full_total{queue="results.gpu"} 1',
        'majlis_dead_letters_total{queue="tasks.gpu"} 1',
        'majlis_bus_reconnects_total 1',
      ]),
    );
  });
});
