import { GatewayMetrics } from '../../../cli/commands/reward/gateway-metrics.js';
import { FLEET_METRICS } from '../../../core/telemetry/metrics/fleet-catalogue.js';
import { METRIC_CATALOGUE } from '../../../core/telemetry/metrics/metric-catalogue.js';
import { PrometheusMetrics } from '../../../core/telemetry/metrics/prometheus-metrics.js';

/** Labels of each series by its full name, a histogram's `_bucket`, `_sum` and `_count` among them. */
export type KnownMetrics = ReadonlyMap<string, ReadonlySet<string>>;

/**
 * Every series that processes of Majlis offer, as their own registries list them, and those that
 * prometheus-nats-exporter offers of NATS.
 */
export async function knownMetrics(): Promise<KnownMetrics> {
  const known = new Map<string, ReadonlySet<string>>();
  for (const [name, { kind, labels }] of Object.entries(FLEET_METRICS)) {
    if (kind !== 'histogram') known.set(name, new Set(labels));
    else addHistogram(known, name, labels);
  }
  for (const text of [await runExposition(), await gatewayExposition()]) addExposition(known, text);
  for (const [name, labels] of Object.entries(NATS_METRICS)) known.set(name, new Set(labels));
  return known;
}

function addHistogram(
  known: Map<string, ReadonlySet<string>>,
  name: string,
  labels: readonly string[],
): void {
  known.set(`${name}_bucket`, new Set([...labels, 'le']));
  for (const part of ['_sum', '_count']) known.set(name + part, new Set(labels));
}

/** Takes the names and labels of an exposition's samples. */
function addExposition(known: Map<string, ReadonlySet<string>>, text: string): void {
  for (const line of text.split('\n')) {
    const [, name, labels = ''] = /^(\w+)(?:\{(.*)\})? /.exec(line) ?? [];
    if (name === undefined) continue;
    const before = known.get(name) ?? new Set<string>();
    known.set(name, new Set([...before, ...[...labels.matchAll(/(\w+)="/g)].map(([, label = '']) => label)]));
  }
}

/** What a scrape finds of a run whose iteration has every figure of the catalogue. */
async function runExposition(): Promise<string> {
  const metrics = new PrometheusMetrics();
  const sink = metrics.open({ id: 'pilot-1', name: 'pilot' });
  const figures = Object.keys(METRIC_CATALOGUE).map((name) => name.replace(/<[^>]+>/, 'one'));
  await sink.write(0, Object.fromEntries(figures.map((name) => [name, 1])), 0);
  return metrics.process.text();
}

async function gatewayExposition(): Promise<string> {
  const metrics = new GatewayMetrics('USD');
  metrics.watch({
    status: () => ({ questions: 1, endpoints: [{ name: 'main', breaker: 'open', inFlight: 1 }] }),
    budgetsLeft: async () => [{ run: 'pilot', leftMicros: 1 }],
  });
  const judge = 'judge';
  metrics.onVerdict({ judge, source: 'cache', outcome: 'scored', tookMs: 1 });
  metrics.onCall({
    ...{ judge, run: 'pilot', endpoint: 'main', costMicros: 1, waitedMs: 1, tookMs: 1 },
    reply: { kind: 'content', content: '' },
    usage: { promptTokens: 1, completionTokens: 1 },
  });
  metrics.onRetry(judge);
  return metrics.text();
}

const SERVER = ['server_id'];
const JETSTREAM = ['server_id', 'server_name', 'cluster', 'domain', 'meta_leader', 'is_meta_leader'];
const STREAM = [
  ...JETSTREAM,
  ...['account', 'account_name', 'account_id'],
  ...['stream_name', 'stream_leader', 'is_stream_leader', 'stream_raft_group'],
];
const CONSUMER = [...STREAM, 'consumer_name', 'consumer_leader', 'is_consumer_leader', 'consumer_desc'];

/**
 * Of prometheus-nats-exporter, run with -varz and -jsz=all and without -prefix: names and labels as its collector/jsz.go and
 * collector.go have them (commit 2fdbfd7). It offers more; a board that reads more adds it here.
 */
const NATS_METRICS: Readonly<Record<string, readonly string[]>> = {
  gnatsd_varz_connections: SERVER,
  gnatsd_varz_in_msgs: SERVER,
  gnatsd_varz_out_msgs: SERVER,
  gnatsd_varz_in_bytes: SERVER,
  gnatsd_varz_out_bytes: SERVER,
  gnatsd_varz_mem: SERVER,
  gnatsd_varz_slow_consumers: SERVER,
  jetstream_server_jetstream_disabled: JETSTREAM,
  jetstream_server_total_streams: JETSTREAM,
  jetstream_server_total_message_bytes: JETSTREAM,
  jetstream_server_max_storage: JETSTREAM,
  jetstream_stream_total_messages: STREAM,
  jetstream_stream_total_bytes: STREAM,
  jetstream_consumer_num_pending: CONSUMER,
  jetstream_consumer_num_ack_pending: CONSUMER,
  jetstream_consumer_num_redelivered: CONSUMER,
  jetstream_consumer_num_waiting: CONSUMER,
  jetstream_consumer_delivered_stream_seq: CONSUMER,
  jetstream_consumer_ack_floor_stream_seq: CONSUMER,
};
