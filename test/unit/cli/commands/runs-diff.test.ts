import { compareRuns, differsInCause } from '../../../../cli/commands/runs/diff/compare-runs.js';
import { diffText } from '../../../../cli/commands/runs/diff/diff-text.js';
import { firstDivergence, type Divergence } from '../../../../cli/commands/runs/diff/first-divergence.js';
import type { RunDescription } from '../../../../coordinator/control/run-control.js';
import type { IterationRecord } from '../../../../core/ledger/ledger.js';

function iteration(at: number, changed: Partial<IterationRecord> = {}): IterationRecord {
  return {
    iteration: at,
    policyVersion: at,
    rubricHash: 'rubric',
    rewardModelHash: 'reward',
    inputsHash: `inputs ${at}`,
    controlSequence: 0,
    metrics: { 'objective/kl': at, 'loss/value_avg': NaN },
    ...changed,
  };
}

/** Two finished iterations and three policies. */
function described(
  changed: Partial<RunDescription> = {},
  run: Partial<RunDescription['run']> = {},
): RunDescription {
  return {
    run: {
      id: 'a',
      name: 'rubricA',
      state: 'completed',
      seed: 1,
      configHash: 'c',
      config: '{"algorithm":{"kl":{"initial":0.2}},"seed":1}',
      fingerprints: { corpus: 'c0', cpu: 'Some CPU' },
      epoch: 1,
      createdAtMs: 0,
      ...run,
    },
    iterations: [iteration(0), iteration(1)],
    policyVersions: ['w0', 'w1', 'w2'].map((hash, version) => ({
      version,
      hash,
      location: '/p',
      rubricHash: 'rubric',
    })),
    controls: [],
    preferences: 0,
    ...changed,
  };
}

const text = (
  before: RunDescription,
  after: RunDescription,
  divergence: Divergence = { compared: 2 },
): string =>
  diffText({ before: before.run, after: after.run, comparison: compareRuns(before, after), divergence });

describe('two runs that are compared', () => {
  it('are the same but for their ids, epochs and times', () => {
    const other = described({}, { id: 'b', epoch: 3, createdAtMs: 99 });
    expect(Object.values(compareRuns(described(), other)).flat()).toEqual([]);
    expect(text(described(), other)).toBe('A  a\nB  b\n\nNo difference.');
  });

  it('differ by every leaf of the config, and by what has no leaf on one side', () => {
    const config = '{"algorithm":{"kl":{"initial":0.3,"target":6}},"seed":2}';
    const comparison = compareRuns(described(), described({}, { config, seed: 2 }));
    expect(comparison.config).toEqual([
      { place: 'algorithm.kl.initial', before: '0.2', after: '0.3' },
      { place: 'algorithm.kl.target', before: undefined, after: '6' },
      { place: 'seed', before: '1', after: '2' },
    ]);
    expect(differsInCause(comparison)).toBe(true);
  });

  it('differ by fingerprint, base weights, reward model, how far they are and last figures, each apart', () => {
    const other = described(
      {
        iterations: [iteration(0, { rewardModelHash: 'other', metrics: { 'objective/kl': 0.123456 } })],
        policyVersions: [{ version: 0, hash: 'v0', location: '/p', rubricHash: 'rubric' }],
      },
      { state: 'paused', fingerprints: { corpus: 'c0', cpu: 'Other CPU' } },
    );
    const { fingerprints, made, progress, lastMetrics } = compareRuns(described(), other);
    expect(fingerprints).toEqual([{ place: 'cpu', before: '"Some CPU"', after: '"Other CPU"' }]);
    expect(made.map(({ place }) => place)).toEqual(['base weights', 'reward model of rubric rubric']);
    expect(progress).toEqual([
      { place: 'iterations', before: '2', after: '1' },
      { place: 'state', before: '"completed"', after: '"paused"' },
    ]);
    expect(lastMetrics).toEqual([
      { place: 'loss/value_avg', before: '"NaN"', after: undefined },
      { place: 'objective/kl', before: '1', after: '0.123456' },
    ]);
    const lines = text(described(), other).split('\n');
    expect(lines).toContainEqual(expect.stringMatching(/^objective\/kl +1 +0\.1235$/));
    expect(lines).toContainEqual(expect.stringMatching(/^loss\/value_avg +NaN +-$/));
  });

  it('name a divergence that nothing explains for what it is', () => {
    const divergence: Divergence = {
      compared: 2,
      update: { iteration: 1, fields: ['policySteps'] },
      policy: 'last',
    };
    const said = text(described(), described({}, { id: 'b' }), divergence);
    expect(said).toContain('Updates first differ at iteration 1, in policySteps.');
    expect(said).toContain('Policies first differ after the last iteration.');
    expect(said).toContain('Config, fingerprints and control events are the same: a judge endpoint');
    expect(said).not.toContain('No difference');
    expect(text(described(), described({}, { seed: 2 }), divergence)).not.toContain('judge endpoint');
  });
});

describe('where two runs part', () => {
  const parted = (after: Partial<RunDescription>): ReturnType<typeof firstDivergence> =>
    firstDivergence(described(), described(after), undefined);

  it('is nowhere while one is only further than the other', async () => {
    expect(await parted({ iterations: [iteration(0)] })).toEqual({ compared: 1 });
    const longer = described({}, { config: '{"algorithm":{"iterations":9}}' });
    expect(text(described(), longer, { compared: 1 })).toMatch(
      /The same in what both did: one iteration and/,
    );
    expect(text(described(), longer, { compared: 0 })).toMatch(/no iteration that both finished\.$/);
  });

  it('is told by figures where the stored inputs are gone', async () => {
    const moved = iteration(1, { inputsHash: 'other', metrics: { 'objective/kl': 7 } });
    expect(await parted({ iterations: [iteration(0, { inputsHash: 'other too' }), moved] })).toEqual({
      compared: 2,
      update: { iteration: 1 },
    });
  });

  it('is the last policy where every iteration starts from the same', async () => {
    const policyVersions = described().policyVersions.map((version) =>
      version.version === 2 ? { ...version, hash: 'other' } : version,
    );
    expect(await parted({ policyVersions })).toEqual({ compared: 2, policy: 'last' });
    const [base, ...later] = policyVersions;
    expect(await parted({ policyVersions: [{ ...base, hash: 'other' }, ...later] })).toEqual({
      compared: 2,
      policy: { iteration: 0 },
    });
  });
});
