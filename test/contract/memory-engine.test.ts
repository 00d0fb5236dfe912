import { MemoryEngine } from '../../core/engine/memory-engine.js';
import { describeEngine } from './engine.contract.js';

const size = { contextLength: 32, vocabSize: 40 };
const policy = { version: 0, hash: 'a', location: 'nowhere' };

describeEngine('MemoryEngine', async () => ({
  engine: new MemoryEngine(size),
  policies: [policy, { version: 1, hash: 'b', location: 'nowhere' }],
  vocabSize: size.vocabSize,
  another: async () => new MemoryEngine(size),
  logProbs: (_policy, _prompt, answer) => answer.map(() => Math.log(1 / 40)),
  tolerance: 1e-12,
  dispose: async () => undefined,
}));

it('says what its script says, with certainty', async () => {
  const engine = new MemoryEngine({ ...size, script: (_request, sample) => [20 + sample, 30, 1] });
  await engine.load(policy);
  const request = { policyHash: 'a', promptTokenIds: [3], samples: 2, seed: 0 };
  expect(
    await engine.generate({ ...request, sampling: { maxNewTokens: 5, temperature: 1, stopTokenIds: [1] } }),
  ).toEqual([
    { tokenIds: [20, 30, 1], logProbs: [0, 0, 0], finish: 'stop' },
    { tokenIds: [21, 30, 1], logProbs: [0, 0, 0], finish: 'stop' },
  ]);
  expect(
    await engine.generate({ ...request, sampling: { maxNewTokens: 2, temperature: 1, stopTokenIds: [1] } }),
  ).toMatchObject([{ tokenIds: [20, 30], finish: 'length' }, { tokenIds: [21, 30] }]);
});

it('has nothing loaded at first', async () => {
  const engine = new MemoryEngine(size);
  const sampling = { maxNewTokens: 1, temperature: 1, stopTokenIds: [] };
  const generating = engine.generate({ policyHash: 'a', promptTokenIds: [3], samples: 1, seed: 0, sampling });
  await expect(generating).rejects.toMatchObject({ code: 'failed_precondition' });
});
