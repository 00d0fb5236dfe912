import { updateRecordSchema } from '../../../../coordinator/update/update-record.js';
import type { UpdateRecord } from '../../../../coordinator/update/update-record.js';
import { packTensor, unpackTensor } from '../../../../coordinator/update/packed-tensor.js';
import { expectClose } from '../../../support/expect-close.js';
import { LoopRig } from '../../../support/loop-rig.js';

async function secondRecord(rig: LoopRig): Promise<UpdateRecord> {
  await rig.play();
  const [, { inputsHash }] = await rig.ledger.iterations(rig.run);
  return updateRecordSchema.parse(JSON.parse(new TextDecoder().decode(await rig.artifacts.get(inputsHash))));
}

/** Unwhitened PPO advantages of one answer, written as Schulman et al.'s equation 11 reads: a sum, not a recursion. */
function gae(rewards: readonly number[], values: readonly number[], gamma: number, lambda: number): number[] {
  const deltas = rewards.map((reward, t) => reward + gamma * (values[t + 1] ?? 0) - values[t]);
  return deltas.map((_, t) =>
    deltas.slice(t).reduce((sum, delta, ahead) => sum + (gamma * lambda) ** ahead * delta, 0),
  );
}

describe('an update record', () => {
  it('is enough to recompute returns and the first loss of both models', async () => {
    const record = await secondRecord(new LoopRig({ algorithm: { iterations: 2 } }));
    const offsets = unpackTensor(record.offsets);
    const starts = unpackTensor(record.answerStarts);
    const old = unpackTensor(record.oldLogProbs);
    const reference = unpackTensor(record.referenceLogProbs);
    const values = unpackTensor(record.values ?? packTensor(new Float32Array()));
    const returns = record.sequences.flatMap(({ outcome }, s) => {
      const [start, end] = [starts[s], offsets[s + 1]];
      const rewards = Array.from(
        { length: end - start },
        (_, t) => -record.beta * (old[start + t] - reference[start + t]),
      );
      rewards[rewards.length - 1] += outcome.kind === 'scored' ? outcome.score.normalized : NaN;
      const answerValues = [...values.subarray(start, end)];
      return gae(rewards, answerValues, 1, 0.95).map((advantage, t) => advantage + answerValues[t]);
    });
    expectClose(unpackTensor(record.returns ?? packTensor(new Float32Array())), returns, 1e-5);

    const advantages = unpackTensor(record.advantages);
    const answerOffsets = record.sequences.map((_, s) => starts[s] - starts[0] * (s + 1));
    const tokensOf = (s: number): number[] =>
      Array.from({ length: offsets[s + 1] - starts[s] }, (_, t) => answerOffsets[s] + t);
    const first = record.policySteps[0].sequences.flatMap(tokensOf);
    const surrogate = first.reduce((sum, at) => sum - advantages[at], 0) / first.length;
    expect(record.policySteps[0].normalizer).toBe(first.length);
    expect(record.policySteps[0].loss).toBeCloseTo(surrogate, 6);

    const flatValues = record.sequences.flatMap((_, s) => [...values.subarray(starts[s], offsets[s + 1])]);
    const critic = record.criticSteps[0].sequences.flatMap(tokensOf);
    const squared = critic.reduce((sum, at) => sum + (flatValues[at] - returns[at]) ** 2, 0);
    expect(record.criticSteps[0].loss).toBeCloseTo(squared / 2 / critic.length, 5);
  });

  it('names the weights, the reward and the settings that it was made with', async () => {
    const rig = new LoopRig({ algorithm: { iterations: 2, epsHigh: 0.28 } });
    const record = await secondRecord(rig);
    const [policy] = await rig.ledger.policyVersions(rig.run);
    expect(record).toMatchObject({
      format: 'majlis-update/1',
      iteration: 1,
      policyHash: policy.hash,
      rubricHash: 'rubric-a',
      rewardModelHash: 'model of rubric-a',
      floor: -3,
      beta: 0.01,
      temperature: 1,
      holdsPolicy: false,
    });
    expect(record.algorithm).toMatchObject({ epsHigh: 0.28, gamma: 1, lambda: 0.95 });
  });

  it('has the same bytes whatever the number of workers', async () => {
    const hashes = async (workers: number): Promise<string[]> => {
      const rig = new LoopRig({ workers });
      await rig.play();
      return (await rig.ledger.iterations(rig.run)).map(({ inputsHash }) => inputsHash);
    };
    expect(await hashes(3)).toEqual(await hashes(1));
  });
});

describe('packTensor', () => {
  it.each([Float32Array.of(1.5, -0, Infinity, 3e-45), Int32Array.of(-1, 2 ** 31 - 1), Float64Array.of(0.1)])(
    'keeps every bit of %p',
    (array) => {
      const unpacked = unpackTensor(packTensor(array));
      expect(unpacked).toEqual(array);
      expect(unpacked.constructor).toBe(array.constructor);
    },
  );

  it('packs a view without the rest of its buffer', () => {
    expect([...unpackTensor(packTensor(Float32Array.of(1, 2, 3).subarray(1, 2)))]).toEqual([2]);
  });
});
