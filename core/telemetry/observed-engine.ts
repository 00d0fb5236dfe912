import type { PolicyVersion } from '../domain/policy.js';
import type { Engine, GenerateRequest, GeneratedSequence } from '../engine/engine.js';
import type { Clock } from '../runtime/clock.js';
import type { ProcessRegistry } from './metrics/process-registry.js';
import { SPAN_ATTRIBUTES } from './tracing/span-attributes.js';
import type { Tracer } from './tracing/tracer.js';

export interface EngineObservation {
  readonly tracer: Tracer;
  readonly clock: Clock;
  /** Absent: nothing is counted. */
  readonly metrics?: ProcessRegistry | undefined;
}

const MILLISECONDS = 1000;

/** An engine whose loading and sampling are spans, and are timed and counted. What it answers is the engine's own. */
export class ObservedEngine implements Engine {
  /** Tokens of all answers so far. */
  sampledTokens = 0;

  constructor(
    private readonly engine: Engine,
    private readonly observation: EngineObservation,
  ) {}

  get fingerprint(): string {
    return this.engine.fingerprint;
  }

  get deterministic(): boolean {
    return this.engine.deterministic;
  }

  get contextLength(): number {
    return this.engine.contextLength;
  }

  async load(policy: PolicyVersion, signal?: AbortSignal): Promise<void> {
    const { tracer, clock, metrics } = this.observation;
    const attributes = {
      [SPAN_ATTRIBUTES.policyHash]: policy.hash,
      [SPAN_ATTRIBUTES.policyVersion]: policy.version,
    };
    const since = clock.monotonic();
    await tracer.span('load policy', { attributes }, () => this.engine.load(policy, signal));
    metrics
      ?.histogram('majlis_weight_sync_duration_seconds')
      .observe((clock.monotonic() - since) / MILLISECONDS);
  }

  async generate(request: GenerateRequest, signal?: AbortSignal): Promise<readonly GeneratedSequence[]> {
    const { tracer, clock, metrics } = this.observation;
    const attributes = {
      [SPAN_ATTRIBUTES.genAiOperation]: 'text_completion',
      [SPAN_ATTRIBUTES.genAiInputTokens]: request.promptTokenIds.length,
      [SPAN_ATTRIBUTES.policyHash]: request.policyHash,
      [SPAN_ATTRIBUTES.answers]: request.samples,
    };
    const since = clock.monotonic();
    return tracer.span('generate', { attributes }, async (span) => {
      const sequences = await this.engine.generate(request, signal);
      const output = sequences.reduce((sum, { tokenIds }) => sum + tokenIds.length, 0);
      this.sampledTokens += output;
      span.set({ [SPAN_ATTRIBUTES.genAiOutputTokens]: output });
      metrics
        ?.histogram('majlis_rollout_duration_seconds')
        .observe((clock.monotonic() - since) / MILLISECONDS);
      const tokens = metrics?.counter('majlis_rollout_tokens_total');
      tokens?.inc({ direction: 'input' }, request.promptTokenIds.length);
      tokens?.inc({ direction: 'output' }, output);
      return sequences;
    });
  }

  close(): Promise<void> {
    return this.engine.close();
  }
}
