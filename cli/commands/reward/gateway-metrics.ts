import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { Exposition } from '../../../core/telemetry/metrics/prometheus-endpoint.js';
import type { EndpointStatus } from '../../../reward/gateway/endpoint.js';
import type { EndedCall, GatewayObserver, ToldVerdict } from '../../../reward/gateway/gateway-observer.js';
import type { JudgeGateway } from '../../../reward/gateway/judge-gateway.js';
import { MICROS_PER_UNIT } from '../../../reward/gateway/money.js';
import type { ChatReply } from '../../../reward/judge/chat-call.js';

const MILLISECONDS = 1000;
/** Bounds in seconds that OpenTelemetry's conventions for generative AI have for the duration of an operation. */
const BUCKETS = [0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92];
const BREAKER_STATES: readonly EndpointStatus['breaker'][] = ['closed', 'open', 'half_open'];

export type WatchedGateway = Pick<JudgeGateway, 'status' | 'budgetsLeft'>;

/**
 * What a scrape finds of a gateway. Names follow prometheus.io/docs/practices/naming. Counters and histograms begin at 0
 * with the process; gauges are read from the gateway at each scrape, and what is left of budgets from its store.
 */
export class GatewayMetrics implements GatewayObserver, Exposition {
  /** Where other metrics of the process may stand, too. */
  readonly registry = new Registry();
  private readonly verdicts = this.counter(
    'majlis_judge_verdicts_total',
    'Questions that were told their verdict: from the cache, shared with an equal question, or by a judge.',
    ['judge', 'source', 'outcome'],
  );
  private readonly verdictSeconds = this.histogram(
    'majlis_judge_verdict_duration_seconds',
    'From a question to its verdict, with every wait.',
    ['judge', 'source'],
  );
  private readonly calls = this.counter(
    'majlis_judge_calls_total',
    'Calls that were sent, by what they came to.',
    [...['judge', 'endpoint', 'outcome']],
  );
  private readonly callSeconds = this.histogram(
    'majlis_judge_call_duration_seconds',
    "From a call's sending to the end of its reply.",
    ['judge', 'endpoint'],
  );
  private readonly waitSeconds = this.histogram(
    'majlis_judge_call_wait_seconds',
    'What a call waited for a working endpoint, its limits and its concurrency.',
    ['judge', 'endpoint'],
  );
  private readonly retries = this.counter('majlis_judge_retries_total', 'Calls that were tried again.', [
    'judge',
  ]);
  private readonly tokens = this.counter('majlis_judge_tokens_total', 'Tokens that calls were charged for.', [
    ...['judge', 'endpoint', 'type'],
  ]);
  private readonly cost = this.counter(
    'majlis_judge_cost_total',
    'What calls were charged, in the currency.',
    [...['judge', 'run', 'currency']],
  );

  /** `currency` is the gateway's, such as USD. */
  constructor(private readonly currency: string) {}

  get contentType(): string {
    return this.registry.contentType;
  }

  text(): Promise<string> {
    return this.registry.metrics();
  }

  /** Adds what the gateway says of itself when it is asked. */
  watch(gateway: WatchedGateway): void {
    this.gauge('majlis_judge_questions_in_flight', 'Questions that wait for their verdict.', [], (gauge) => {
      gauge.set(gateway.status().questions);
    });
    this.gauge('majlis_judge_calls_in_flight', 'Calls under way.', ['endpoint'], (gauge) => {
      for (const { name, inFlight } of gateway.status().endpoints) gauge.set({ endpoint: name }, inFlight);
    });
    this.gauge(
      'majlis_judge_breaker_state',
      "1 for the state of an endpoint's breaker, 0 for the others.",
      [...['endpoint', 'state']],
      (gauge) => {
        for (const { name, breaker } of gateway.status().endpoints) {
          for (const state of BREAKER_STATES) gauge.set({ endpoint: name, state }, state === breaker ? 1 : 0);
        }
      },
    );
    this.gauge(
      'majlis_judge_budget_left',
      'What a run may still spend, in the currency, but for calls under way.',
      [...['run', 'currency']],
      async (gauge) => {
        for (const { run, leftMicros } of await gateway.budgetsLeft()) {
          gauge.set({ run, currency: this.currency }, leftMicros / MICROS_PER_UNIT);
        }
      },
    );
  }

  onVerdict({ judge, source, outcome, tookMs }: ToldVerdict): void {
    this.verdicts.inc({ judge, source, outcome });
    this.verdictSeconds.observe({ judge, source }, tookMs / MILLISECONDS);
  }

  onCall({ run, judge, endpoint, reply, usage, costMicros, waitedMs, tookMs }: EndedCall): void {
    this.calls.inc({ judge, endpoint, outcome: outcomeOf(reply) });
    this.callSeconds.observe({ judge, endpoint }, tookMs / MILLISECONDS);
    this.waitSeconds.observe({ judge, endpoint }, waitedMs / MILLISECONDS);
    this.tokens.inc({ judge, endpoint, type: 'prompt' }, usage.promptTokens);
    this.tokens.inc({ judge, endpoint, type: 'completion' }, usage.completionTokens);
    this.cost.inc({ judge, run, currency: this.currency }, costMicros / MICROS_PER_UNIT);
  }

  onRetry(judge: string): void {
    this.retries.inc({ judge });
  }

  private counter(name: string, help: string, labelNames: readonly string[]): Counter {
    return new Counter({ name, help, labelNames, registers: [this.registry] });
  }

  private histogram(name: string, help: string, labelNames: readonly string[]): Histogram {
    return new Histogram({ name, help, labelNames, buckets: BUCKETS, registers: [this.registry] });
  }

  private gauge(
    name: string,
    help: string,
    labelNames: readonly string[],
    collect: (gauge: Gauge) => void | Promise<void>,
  ): void {
    const gauge: Gauge = new Gauge({
      ...{ name, help, labelNames, registers: [this.registry] },
      collect: () => collect(gauge),
    });
  }
}

/** `http_` and the status where the endpoint refused; else the kind of the reply or of the failure. */
function outcomeOf(reply: ChatReply): string {
  if (reply.kind !== 'failed') return reply.kind;
  return reply.failure.kind === 'refused' ? `http_${reply.failure.status}` : reply.failure.kind;
}
