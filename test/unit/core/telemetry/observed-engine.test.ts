import { MajlisError } from '../../../../core/errors.js';
import type { Engine } from '../../../../core/engine/engine.js';
import { ProcessRegistry } from '../../../../core/telemetry/metrics/process-registry.js';
import { ObservedEngine } from '../../../../core/telemetry/observed-engine.js';
import { NO_TRACING } from '../../../../core/telemetry/tracing/no-tracing.js';
import { FakeClock } from '../../../support/fake-clock.js';

const REQUEST = {
  policyHash: 'p',
  promptTokenIds: [1, 2, 3],
  samples: 2,
  sampling: { maxNewTokens: 4, temperature: 1, stopTokenIds: [] },
  seed: 1,
};

describe('an engine that is observed', () => {
  const clock = new FakeClock();
  const metrics = new ProcessRegistry();
  const answers = [[5, 6], [7]].map((tokenIds) => ({ tokenIds, logProbs: [], finish: 'stop' as const }));
  const engine: Engine = {
    fingerprint: 'f',
    deterministic: true,
    contextLength: 64,
    load: async () => clock.advance(3000),
    generate: async ({ policyHash }) => {
      await clock.advance(200);
      if (policyHash === 'gone') throw new MajlisError('not loaded', { code: 'failed_precondition' });
      return answers;
    },
    close: async () => undefined,
  };
  const observed = new ObservedEngine(engine, { tracer: NO_TRACING, clock, metrics });

  it('answers what the engine answers, and is it in every other way', async () => {
    expect(await observed.generate(REQUEST)).toBe(answers);
    const { fingerprint, deterministic, contextLength } = observed;
    expect({ fingerprint, deterministic, contextLength }).toEqual({
      ...{ fingerprint: 'f', deterministic: true, contextLength: 64 },
    });
  });

  it('is timed and counted, but for what fails', async () => {
    await observed.load({ version: 1, hash: 'p', location: '.' });
    const gone = { ...REQUEST, policyHash: 'gone' };
    await expect(observed.generate(gone)).rejects.toMatchObject({ code: 'failed_precondition' });
    const text = await metrics.text();
    expect(text).toContain('majlis_rollout_duration_seconds_sum 0.2\n');
    expect(text).toContain('majlis_rollout_duration_seconds_count 1\n');
    expect(text).toContain('majlis_weight_sync_duration_seconds_sum 3\n');
    expect(text).toContain('majlis_rollout_tokens_total{direction="input"} 3\n');
    expect(text).toContain('majlis_rollout_tokens_total{direction="output"} 3\n');
  });
});
