import { MajlisError } from '../../core/errors.js';
import { expectClose } from '../support/expect-close.js';
import type { Role, TokenBatch, Trainer, TrainerCall } from '../../core/trainer/trainer.js';

/** What the suite of a trainer has set up. */
export interface AdapterHarness {
  readonly trainer: Trainer;
  readonly base: string;
  readonly batch: TokenBatch;
  readonly call: TrainerCall;
  /** A folder that is not there yet. */
  freshFolder(): string;
  logProbs(modelId: string): Promise<Float32Array>;
}

const LORA = { rank: 2, alpha: 4, targetModules: ['all-linear'] };
const ADAM = { learningRate: 0.05, betas: [0.9, 0.95], eps: 1e-8, weightDecay: 0 } as const;
const NORMALIZER = 20;

/** What the port promises of LoRA adapters: that they are trained as it says, or refused. */
export function describeAdapters(harness: () => AdapterHarness): void {
  const create = (role: Role, withAdapter: boolean): Promise<string> => {
    const { trainer, call, base } = harness();
    const spec = { role, base, heads: 0, seed: 1, ...(withAdapter ? { lora: LORA } : {}) };
    return trainer.createModel(call, spec);
  };
  const hasAdapters = async (): Promise<boolean> =>
    (await harness().trainer.capabilities()).adapters.includes('lora');
  /** The losses of so many steps on one batch. */
  const train = async (modelId: string, steps: number, first = 0): Promise<readonly number[]> => {
    const { trainer, call, batch } = harness();
    const losses: number[] = [];
    for (let step = first; step < first + steps; step += 1) {
      const loss = { type: 'cross_entropy', batch } as const;
      const request = { modelId, step, micro: 0, normalizer: NORMALIZER, loss };
      losses.push((await trainer.forwardBackward(call, request)).loss);
      await trainer.optimStep(call, { modelId, step, ...ADAM });
    }
    return losses;
  };

  describe('adapters', () => {
    it('are refused as unimplemented exactly where the capabilities have none', async () => {
      const refusal = await create('policy', true).then(
        () => 'no error',
        (thrown: unknown) => MajlisError.from(thrown).code,
      );
      expect(refusal).toBe((await hasAdapters()) ? 'no error' : 'unimplemented');
    });

    it('change nothing when new, learn, and leave a reference on the same base where it was', async () => {
      if (!(await hasAdapters())) return;
      const { logProbs } = harness();
      const base = await logProbs(await create('policy', false));
      const [policy, reference] = [await create('policy', true), await create('reference', false)];
      expectClose(await logProbs(policy), base, 1e-6);
      const losses = await train(policy, 10);
      expect(losses[9]).toBeLessThan(losses[0]);
      expect(apart(await logProbs(policy), base)).toBeGreaterThan(1e-3);
      expectClose(await logProbs(reference), base, 1e-6);
    });

    it('are published as a directory that opens, merged or to be trained further, as what says the same', async () => {
      if (!(await hasAdapters())) return;
      const { trainer, call, freshFolder, logProbs } = harness();
      const policy = await create('policy', true);
      await train(policy, 3);
      const directory = freshFolder();
      const { bytes } = await trainer.publishWeights(call, { modelId: policy, directory });
      expect(bytes).toBeGreaterThan(0);
      const spec = { role: 'policy', base: directory, heads: 0, seed: 2 } as const;
      const expected = await logProbs(policy);
      expectClose(await logProbs(await trainer.createModel(call, spec)), expected, 1e-5);
      expectClose(await logProbs(await trainer.createModel(call, { ...spec, lora: LORA })), expected, 1e-6);
      const reference = await trainer.createModel(call, { ...spec, role: 'reference' });
      await train(policy, 2, 3);
      expect(apart(await logProbs(policy), expected)).toBeGreaterThan(1e-3);
      expectClose(await logProbs(reference), expected, 1e-5);
    });
  });
}

function apart(actual: Float32Array, expected: Float32Array): number {
  return Math.max(...expected.map((value, at) => Math.abs(value - actual[at])));
}
