import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { replayIteration } from '../../../coordinator/replay/replay-iteration.js';
import type { IterationReplay } from '../../../coordinator/replay/replay-iteration.js';
import type { RunHistory } from '../../../coordinator/replay/run-history.js';
import type { ArtifactStore } from '../../../core/artifacts/artifact-store.js';
import { EmbeddedTrainer } from '../../../core/trainer/embedded-trainer.js';
import type { Trainer } from '../../../core/trainer/trainer.js';
import { playRun } from './replayed-run.js';

const ITERATIONS = [0, 1, 2, 3, 4, 5, 6, 7];
/** Where the critic alone learned. */
const HELD = [0, 5];

describe('an iteration that is replayed', () => {
  const folder = mkdtempSync(join(tmpdir(), 'majlis-replay-'));
  let trainer: EmbeddedTrainer;
  let history: RunHistory;

  beforeAll(async () => {
    const first = EmbeddedTrainer.create({ threads: 2 });
    history = await playRun(folder, first);
    await first.close();
    trainer = EmbeddedTrainer.create({ threads: 1 });
  });
  afterAll(async () => {
    await trainer.close();
    rmSync(folder, { recursive: true });
  });

  function replay(
    iteration: number,
    changed: Partial<RunHistory> = {},
    on: Trainer = trainer,
  ): Promise<IterationReplay> {
    return replayIteration({
      trainer: on,
      session: { run: `replay of ${iteration}`, epoch: 1 },
      history: { ...history, ...changed },
      iteration,
      scratch: mkdtempSync(join(folder, 'scratch-')),
      signal: new AbortController().signal,
    });
  }

  it.each(ITERATIONS)('gives every bit of iteration %i again', async (iteration) => {
    const { before, hashes, quantities, from } = await replay(iteration);
    expect(from).toEqual(
      iteration < 6 ? { iteration: 0, isCheckpoint: false } : { iteration: 6, isCheckpoint: true },
    );
    for (const { recorded, recomputed } of hashes) expect(recomputed).toBe(recorded);
    expect(before.map((policy) => policy.iteration)).toEqual(
      ITERATIONS.filter((one) => one >= from.iteration && one < iteration),
    );
    for (const { hash, recordedHash } of before) expect(hash).toBe(recordedHash);
    expect(quantities.filter(({ isIdentical }) => !isIdentical)).toEqual([]);
    const named = quantities.map(({ quantity }) => quantity);
    expect(named.includes('policy losses')).toBe(!HELD.includes(iteration));
    expect(named).toEqual(
      expect.arrayContaining(['log-probabilities', 'KL per answer', 'advantages', 'critic gradient norms']),
    );
  });

  it('went back to earlier weights on the way, and so did the run', async () => {
    const [event] = history.controls;
    expect(event).toMatchObject({ event: { kind: 'roll_back', to: { policyVersion: 2 } }, effectiveAt: 5 });
    expect(history.versions[5].hash).toBe(history.versions[2].hash);
    expect(history.iterations[5].policyVersion).toBe(5);
  });

  it('compares weights and moments of both models where a checkpoint follows it', async () => {
    const { hashes } = await replay(5);
    expect(hashes.map(({ what }) => what)).toEqual([
      'policy version 5',
      'checkpoint of the policy',
      'checkpoint of the critic',
    ]);
  });

  it('needs no checkpoint, and no weights but the first, since it can begin with the run', async () => {
    const versions = history.versions.map((version) =>
      version.version === 0 ? version : { ...version, location: join(folder, 'gone') },
    );
    const { from, hashes, before } = await replay(7, { checkpoints: [], versions });
    expect(from).toEqual({ iteration: 0, isCheckpoint: false });
    expect(before).toHaveLength(7);
    expect(hashes[0].recomputed).toBe(hashes[0].recorded);
  });

  it('refuses one that the run did not finish, and says which it did', async () => {
    await expect(replay(8)).rejects.toThrow(
      'run run at iteration: found 8; allowed: an iteration that the run finished: 0 to 7',
    );
  });

  it('says which can be replayed where its stored inputs are gone', async () => {
    const artifacts = without(history, [0, 3]);
    await expect(replay(3, { artifacts })).rejects.toMatchObject({
      code: 'not_found',
      message:
        'the stored inputs of iteration 3 of run run are gone; "majlis ledger gc" removes those of ended runs, ' +
        'but for their newest iterations; iterations that can be: 6 to 7',
    });
  });

  it('says what keeps checkpoints where nothing leads to it any more', async () => {
    const artifacts = without(history, [0]);
    await expect(replay(2, { artifacts, checkpoints: [] })).rejects.toThrow(
      /^iteration 2 of run run can no longer be replayed: .*checkpoints\.keep: all.*; none of its iterations can be replayed$/,
    );
  });

  it('shows what was recorded otherwise, and that nothing else was', async () => {
    const artifacts = rewritten(history, (text) => text.replace(/"gradNorm":[^,]+/, '"gradNorm":1'));
    const { quantities, hashes } = await replay(6, { artifacts });
    const other = quantities.filter(({ isIdentical }) => !isIdentical);
    expect(other).toMatchObject([{ quantity: 'critic gradient norms', count: 4 }]);
    expect(other[0].largestRelativeDifference).toBeGreaterThan(1e-3);
    expect(hashes[0].recomputed).toBe(hashes[0].recorded);
  });

  it('refuses a record whose parts do not fit, and an option of the algorithm that it does not know', async () => {
    const unfit = rewritten(history, (text) => text.replaceAll('"float64"', '"float32"'));
    await expect(replay(6, { artifacts: unfit })).rejects.toMatchObject({
      code: 'data_loss',
      message: 'an update record has float32 where float64 belongs',
    });
    const unknown = rewritten(history, (text) => text.replace('"gamma":1', '"gamma":1,"delta":1'));
    await expect(replay(6, { artifacts: unknown })).rejects.toThrow(
      'update record of iteration 6 at algorithm: found unknown key "delta"',
    );
  });

  it('measures how far another engine comes out', async () => {
    const { quantities, hashes } = await replay(6, {}, withLearningRate(trainer, 1.001));
    const differences = new Map(
      quantities.map(({ quantity, largestRelativeDifference }) => [quantity, largestRelativeDifference]),
    );
    expect(hashes[0].recomputed).not.toBe(hashes[0].recorded);
    // Before the first step nothing was learned, so nothing differs.
    expect(differences.get('log-probabilities')).toBe(0);
    expect(differences.get('advantages')).toBe(0);
    // Four steps of at most 1e-2 each, a thousandth too long: 4e-5 of weights up to about 1.
    expect(differences.get('policy weights')).toBeGreaterThan(1e-6);
    expect(differences.get('policy weights')).toBeLessThan(1e-3);
  });
});

function without({ artifacts, iterations }: RunHistory, gone: readonly number[]): ArtifactStore {
  const hashes = gone.map((iteration) => iterations[iteration].inputsHash);
  return {
    put: (bytes) => artifacts.put(bytes),
    get: (sha256) => artifacts.get(sha256),
    has: async (sha256) => !hashes.includes(sha256) && (await artifacts.has(sha256)),
  };
}

function rewritten({ artifacts }: RunHistory, edit: (text: string) => string): ArtifactStore {
  return {
    put: (bytes) => artifacts.put(bytes),
    has: (sha256) => artifacts.has(sha256),
    get: async (sha256) =>
      new TextEncoder().encode(edit(new TextDecoder().decode(await artifacts.get(sha256)))),
  };
}

/** The same trainer, whose steps are that much longer. */
function withLearningRate(trainer: Trainer, factor: number): Trainer {
  return new Proxy(trainer, {
    get: (target, name) => {
      if (name === 'optimStep') {
        const longer: Trainer['optimStep'] = (call, request) =>
          target.optimStep(call, { ...request, learningRate: factor * request.learningRate });
        return longer;
      }
      const member: unknown = Reflect.get(target, name);
      return typeof member === 'function' ? (member.bind(target) as unknown) : member;
    },
  });
}
