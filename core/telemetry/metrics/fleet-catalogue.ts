/**
 * The metrics of processes, as Prometheus has them; dashboards and alerts are checked against this list. Figures of a run's
 * iterations are the other catalogue's (metric-catalogue.ts).
 *
 * - Names follow prometheus.io/docs/practices/naming: base units, `_total` on what only grows.
 * - What there is one of per task, prompt, answer or worker is never a label: traces and logs have ids, series have not.
 */
export type FleetMetricKind = 'counter' | 'gauge' | 'histogram';

export interface FleetMetricDescription {
  readonly kind: FleetMetricKind;
  readonly labels: readonly string[];
  /** Which processes offer it. */
  readonly offeredBy: readonly ('coordinator' | 'worker' | 'reward server' | 'judge gateway')[];
  readonly help: string;
  /** Upper bounds of a histogram's buckets. */
  readonly buckets?: readonly number[];
}

const COORDINATOR = ['coordinator'] as const;
const WORKER = ['worker'] as const;
const BOTH = ['coordinator', 'worker'] as const;
const REWARDS = ['reward server'] as const;
const EVERYBODY = [...BOTH, ...REWARDS] as const;

/** Seconds of what takes from a blink to a quarter of an hour. */
const SECONDS = [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 900];
/** Seconds of what answers from memory, or waits for a model. */
const SHORT_SECONDS = [
  0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60,
];
const BATCHES = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096];
const SMALL_COUNTS = [0, 1, 2, 3, 4, 5, 8, 16];
/** Deviations of the rubric's reference answers: rewards are centred and scaled on those. */
const DEVIATIONS = [-5, -3, -2, -1.5, -1, -0.5, 0, 0.5, 1, 1.5, 2, 3, 5];

export const FLEET_METRICS = {
  majlis_build_info: gauge(['version'], EVERYBODY, '1, with the version of this build.'),
  majlis_rpc_unreadable_requests_total: counter(
    ['method'],
    ['coordinator', 'reward server', 'judge gateway'],
    'Calls over gRPC that were ended for bytes that are no message.',
  ),
  majlis_leader: gauge([], COORDINATOR, '1 while this process owns the ledger and issues tasks.'),
  majlis_event_loop_delay_seconds: gauge(
    ['quantile'],
    EVERYBODY,
    'How late timers fire, since the last scrape: a busy event loop delays leases and heartbeats.',
  ),
  majlis_scrape_errors_total: counter(
    ['metric'],
    EVERYBODY,
    'Gauges that could not be read at a scrape, by name: the bus was away, for example.',
  ),
  majlis_certificate_expiry_timestamp_seconds: gauge(
    [],
    COORDINATOR,
    'When the certificate expires that other machines are shown, in seconds since the Unix epoch.',
  ),
  majlis_tasks_issued_total: counter(['pool'], COORDINATOR, 'Tasks put on the bus, every issue of each.'),
  majlis_tasks_reissued_total: counter(
    ['pool'],
    COORDINATOR,
    'Those of them that an earlier issue did not bring back.',
  ),
  majlis_tasks_completed_total: counter(
    ['pool', 'outcome'],
    COORDINATOR,
    'Tasks that ended: consumed, dropped as too old, or dead_lettered.',
  ),
  majlis_results_refused_total: counter(
    ['pool', 'reason'],
    COORDINATOR,
    'Results that do not count, by what is wrong with them.',
  ),
  majlis_results_repeated_total: counter(
    ['pool'],
    COORDINATOR,
    'Results that say nothing new: at-least-once delivery, and answers to tasks that had ended.',
  ),
  majlis_result_staleness_versions: histogram(
    ['pool'],
    COORDINATOR,
    'Policy versions that a consumed group was behind.',
    SMALL_COUNTS,
  ),
  majlis_reward_score: histogram(
    ['rubric'],
    [...COORDINATOR, ...REWARDS],
    'Normalized scores of answers that were paid.',
    DEVIATIONS,
  ),
  majlis_policy_version: gauge(['pool'], COORDINATOR, 'The newest policy version of the run at work.'),
  majlis_outstanding_tasks: gauge(['pool'], COORDINATOR, 'Tasks that were issued and have no result yet.'),
  majlis_fleet_demand_groups: gauge(
    ['pool'],
    COORDINATOR,
    'Prompt groups that workers could have in hand at once: what KEDA is told.',
  ),
  majlis_queue_messages: gauge(
    ['queue', 'state'],
    COORDINATOR,
    'Messages of a queue that are pending, or leased.',
  ),
  majlis_workers: gauge(['pool', 'state'], COORDINATOR, 'Attached workers by state.'),
  majlis_worker_sessions_refused_total: counter(
    ['pool', 'reason'],
    COORDINATOR,
    'Workers that were not taken in, by reason.',
  ),
  majlis_workers_lost_total: counter(
    ['pool'],
    COORDINATOR,
    'Workers that fell silent without saying that they leave.',
  ),
  majlis_task_attempts: histogram(
    ['queue'],
    BOTH,
    'Which delivery of its message a delivery was, from 1.',
    [1, 2, 3, 4, 5, 8],
  ),
  // A lease that ran out tells nobody: who held it may be dead. It is a redelivery that no return led to.
  majlis_redeliveries_total: counter(
    ['queue'],
    BOTH,
    'Deliveries of messages whose earlier lease ran out, or was given back.',
  ),
  majlis_leases_returned_total: counter(
    ['queue'],
    BOTH,
    'Leases that were given back; over all processes, redeliveries less these are leases that ran out.',
  ),
  majlis_lease_renewals_total: counter(['queue'], BOTH, 'Leases that were extended by who held them.'),
  majlis_dead_letters_total: counter(['queue'], BOTH, 'Messages that nobody could deal with.'),
  majlis_queue_full_total: counter(['queue'], BOTH, 'Publishes that a full queue refused.'),
  majlis_bus_reconnects_total: counter(
    [],
    BOTH,
    'Times that the connection to the bus was lost and restored.',
  ),
  majlis_rollout_duration_seconds: histogram([], WORKER, 'Sampling of one prompt group.', SECONDS),
  majlis_rollout_tokens_total: counter(
    ['direction'],
    WORKER,
    'Tokens of prompts that were read (input) and answers that were sampled (output).',
  ),
  majlis_weight_sync_duration_seconds: histogram([], WORKER, 'Loading of a policy into the engine.', SECONDS),
  majlis_drain_duration_seconds: histogram(
    [],
    WORKER,
    'From the request to drain to the last task in work, answered or handed back.',
    SECONDS,
  ),
  majlis_reward_requests_total: counter(
    ['caller', 'outcome'],
    REWARDS,
    'Requests for rewards by who asked: ok, or the code of the refusal.',
  ),
  majlis_reward_request_duration_seconds: histogram(
    ['outcome'],
    REWARDS,
    'From a request that was read to its reply, or its refusal.',
    SHORT_SECONDS,
  ),
  majlis_reward_http_requests_total: counter(
    ['contract', 'status'],
    REWARDS,
    'Requests over HTTP by the contract that they came in; status 499 where the client left before its answer.',
  ),
  majlis_reward_http_request_duration_seconds: histogram(
    ['contract'],
    REWARDS,
    'From the headers of a request over HTTP to its answer.',
    SHORT_SECONDS,
  ),
  majlis_reward_answers_total: counter(
    ['rubric', 'outcome'],
    REWARDS,
    'Answers that were told: scored, policy_malformed, abstained or judge_failed.',
  ),
  majlis_reward_cached_answers_total: counter(
    ['rubric'],
    REWARDS,
    'Those of them that were told from what was kept.',
  ),
  majlis_reward_model_call_answers: histogram(
    ['rubric'],
    REWARDS,
    'Answers that a model was given at one time, for however many requests.',
    BATCHES,
  ),
  majlis_reward_model_call_duration_seconds: histogram(
    ['rubric'],
    REWARDS,
    'What a model took for them.',
    SHORT_SECONDS,
  ),
  majlis_reward_requests_waiting: gauge([], REWARDS, 'Requests that wait for a model.'),
  majlis_reward_queued_answers: gauge([], REWARDS, 'Answers that no call of a model has begun with.'),
  majlis_reward_cache_bytes: gauge([], REWARDS, 'What outcomes that are kept take up.'),
  majlis_reward_alias_info: gauge(
    ['alias', 'rubric', 'rubric_hash', 'reward_model_hash'],
    REWARDS,
    '1 for what each alias points to.',
  ),
  majlis_reward_trainer_up: gauge(
    ['alias', 'trainer'],
    REWARDS,
    '1 while the PyTorch trainer that computes what the alias points to can score, else 0.',
  ),
  majlis_reward_reloads_total: counter(
    ['outcome'],
    REWARDS,
    'Changes of what is served: taken, or refused with all as it was.',
  ),
} as const satisfies Readonly<Record<string, FleetMetricDescription>>;

export type FleetMetricName = keyof typeof FLEET_METRICS;

/** The names of one kind. */
export type NameOfKind<Kind extends FleetMetricKind> = {
  readonly [Name in FleetMetricName]: (typeof FLEET_METRICS)[Name]['kind'] extends Kind ? Name : never;
}[FleetMetricName];

type Offered = FleetMetricDescription['offeredBy'];

function counter(labels: readonly string[], offeredBy: Offered, help: string) {
  return { kind: 'counter', labels, offeredBy, help } as const;
}

function gauge(labels: readonly string[], offeredBy: Offered, help: string) {
  return { kind: 'gauge', labels, offeredBy, help } as const;
}

function histogram(labels: readonly string[], offeredBy: Offered, help: string, buckets: readonly number[]) {
  return { kind: 'histogram', labels, offeredBy, help, buckets } as const;
}
