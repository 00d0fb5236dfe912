import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { unpackTensor } from '../../../coordinator/update/packed-tensor.js';
import type { PackedTensor } from '../../../coordinator/update/packed-tensor.js';
import type { UpdateRecord } from '../../../coordinator/update/update-record.js';
import type { Weights } from '../../../core/network/gpt/gpt-parameters.js';
import { expectClose } from '../../support/expect-close.js';
import { describeWithPython, runPython } from '../../support/python.js';
import { playAndRead } from './recorded-run.js';
import type { RecordedRun } from './recorded-run.js';

type WeightLists = Readonly<Record<string, readonly number[]>>;
interface Step {
  readonly loss: number;
  readonly gradNorm: number;
}

/** What replay.py makes of one iteration. Per-token lists are over answer tokens. */
interface Recomputed {
  readonly oldLogProbs: readonly number[];
  readonly klTokens: readonly number[];
  readonly klPerSequence: number;
  readonly values: readonly number[];
  readonly advantages: readonly number[];
  readonly returns: readonly number[];
  readonly policySteps: readonly Step[];
  readonly criticSteps: readonly Step[];
  readonly largestRatioDeviation: number;
  readonly nextBeta: number;
  readonly policy: WeightLists;
  readonly critic: WeightLists;
}

/**
 * Ours is single precision, PyTorch's double; 12 Adam steps apart they differ by up to 1e-5 here. A wrong formula
 * shows well above: the biased variance in whitening alone would be 3e-3.
 */
const TOLERANCE = 1e-4;

describeWithPython('PyTorch, given what a run stored', () => {
  const folder = mkdtempSync(join(tmpdir(), 'majlis-torch-replay-'));
  let run: RecordedRun;
  let iterations: readonly Recomputed[];
  let untrained: Weights;

  beforeAll(async () => {
    run = await playAndRead(folder);
    const asked = JSON.stringify({ base: run.base, records: run.records });
    const answer = runPython(join(__dirname, 'replay.py'), [], asked);
    ({ iterations } = JSON.parse(answer) as { iterations: readonly Recomputed[] });
    untrained = run.policies[0];
  }, 120_000);
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });

  const eachIteration = (check: (record: UpdateRecord, torch: Recomputed, at: number) => void): void => {
    expect(iterations).toHaveLength(3);
    for (const [at, record] of run.records.entries()) check(record, iterations[at], at);
  };

  it('agrees in log-probabilities, values and the KL that steers β', () => {
    eachIteration((record, torch, at) => {
      const old = answerEntries(record, record.oldLogProbs);
      const reference = answerEntries(record, record.referenceLogProbs);
      const kl = old.map((logProb, token) => logProb - reference[token]);
      expectClose(old, torch.oldLogProbs, TOLERANCE);
      expectClose(kl, torch.klTokens, TOLERANCE);
      expectClose(answerEntries(record, present(record.values)), torch.values, TOLERANCE);
      expectClose([run.iterations[at].metrics['objective/kl']], [torch.klPerSequence], TOLERANCE);
      if (at > 0) expectClose([record.beta], [iterations[at - 1].nextBeta], TOLERANCE);
    });
    expect(iterations[2].klPerSequence).toBeGreaterThan(0.1);
  });

  it('agrees in advantages and returns', () => {
    eachIteration((record, torch) => {
      expectClose(unpackTensor(record.advantages), torch.advantages, TOLERANCE);
      expectClose(unpackTensor(present(record.returns)), torch.returns, TOLERANCE);
    });
  });

  it('agrees in every loss and gradient norm of both models', () => {
    eachIteration((record, torch) => {
      for (const steps of ['policySteps', 'criticSteps'] as const) {
        expect(record[steps]).toHaveLength(4);
        for (const figure of ['loss', 'gradNorm'] as const) {
          expectClose(
            record[steps].map((step) => present(step[figure])),
            torch[steps].map((step) => step[figure]),
            TOLERANCE,
          );
        }
      }
    });
    // Clips were at work, so their gradients were compared too.
    expect(Math.max(...iterations.map(({ largestRatioDeviation }) => largestRatioDeviation))).toBeGreaterThan(
      0.5,
    );
    expect(run.iterations.some(({ metrics }) => metrics['val/clipfrac_avg'] > 0)).toBe(true);
  });

  it('ends every iteration on the same policy, and the run on the same critic', () => {
    for (const [at, torch] of iterations.entries()) {
      expect(distance(run.policies[at + 1], torch.policy, run.policies[at])).toBeLessThan(TOLERANCE);
    }
    expect(distance(run.critic, iterations[2].critic, untrained)).toBeLessThan(TOLERANCE);
  });

  it('finds a ratio of 1 on every token before the first step', () => {
    eachIteration((record, torch, at) => {
      const stored = answerEntries(record, record.oldLogProbs);
      const ratios = torch.oldLogProbs.map((logProb, token) => Math.exp(logProb - stored[token]));
      expect(Math.max(...ratios.map((ratio) => Math.abs(ratio - 1)))).toBeLessThan(1e-4);
      const ours = run.iterations[at].metrics['val/ratio_first_minibatch'];
      expect(Math.abs(ours - 1)).toBeLessThan(1e-4);
    });
  });
});

/** A packed per-token tensor without its prompt entries. */
function answerEntries(record: UpdateRecord, tensor: PackedTensor): number[] {
  const [offsets, starts, values] = [record.offsets, record.answerStarts, tensor].map(unpackTensor);
  return Array.from(starts).flatMap((start, at) => Array.from(values.subarray(start, offsets[at + 1])));
}

/** ‖ours − torch‖ over the length of the way that the weights have come since `before` (a new head came from 0). */
function distance(ours: Weights, torch: WeightLists, before: Weights): number {
  let [apart, moved] = [0, 0];
  for (const [name, values] of ours) {
    expect(torch[name]).toHaveLength(values.length);
    for (const [at, value] of torch[name].entries()) {
      apart += (values[at] - value) ** 2;
      moved += (value - (before.get(name)?.[at] ?? 0)) ** 2;
    }
  }
  return Math.sqrt(apart / moved);
}

function present<Value>(value: Value | undefined): Value {
  if (value === undefined) throw new Error('the record lacks what the run must have stored');
  return value;
}
