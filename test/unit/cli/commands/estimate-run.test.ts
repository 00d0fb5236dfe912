import { estimateRun, type RunSize } from '../../../../cli/commands/run/estimate-run.js';
import { runConfigSchema } from '../../../../core/config/run-config.js';
import { compileAlgorithm } from '../../../../coordinator/algorithm-options.js';

const data = {
  corpus: 'c',
  heldOutCorpus: 'hc',
  prompts: 'p',
  heldOutPrompts: 'h',
  goldPairs: 'g',
  controlPairs: 'cp',
  controlGold: 'cg',
};

function sizeOf(overrides: Partial<RunSize> = {}): RunSize {
  const config = runConfigSchema.parse({
    name: 'n',
    locale: 'ar',
    rubric: 'r',
    data,
    model: { layers: 1, width: 8, heads: 2, vocabSize: 300, contextLength: 64 },
    preferences: { answersPerPrompt: 4, pairsPerPrompt: 3 },
  });
  return {
    config,
    algorithm: compileAlgorithm({ iterations: 5, promptsPerIteration: 4, groupSize: 8 }),
    prompts: 100,
    heldOutPrompts: 20,
    promptCharacters: 20,
    rubrics: 1,
    rubricsPerPair: 1,
    localJudges: 3,
    askedJudges: 0,
    questions: 2,
    workers: 1,
    cores: 2,
    ...overrides,
  };
}

describe('estimateRun', () => {
  it('counts tasks, answers, pairs and judge calls in both orders', () => {
    expect(estimateRun(sizeOf())).toMatchObject({
      tasks: 20,
      answers: 160,
      pairs: 300,
      judgeCalls: 1800,
      endpointCalls: 0,
    });
  });

  it('counts the calls to an endpoint under both rubrics', () => {
    expect(
      estimateRun(sizeOf({ rubrics: 2, rubricsPerPair: 2, askedJudges: 1, questions: 4 })),
    ).toMatchObject({
      judgeCalls: 4800,
      endpointCalls: 1200,
    });
  });

  it("counts GPT-2's parameters with an output matrix of its own", () => {
    // By hand: embeddings 300·8 + 64·8, output 300·8, last norm 2·8, and a block of two norms 2·2·8,
    // attention 8·24 + 24 + 8·8 + 8, feed-forward 8·32 + 32 + 32·8 + 8.
    expect(estimateRun(sizeOf()).compute?.parameters).toBe(2400 + 512 + 2400 + 16 + (32 + 288 + 552));
  });

  it('expects twice the sampling time of half the workers, and no more from workers than there are cores', () => {
    const seconds = (workers: number): number =>
      estimateRun(
        sizeOf({
          workers,
          prompts: 1e7,
        }),
      ).compute?.seconds ?? NaN;
    expect(seconds(1) / seconds(2)).toBeCloseTo(2, 1);
    expect(seconds(8)).toBe(seconds(2));
  });

  it('expects more memory of a critic, of more workers and of longer micro-batches', () => {
    const { algorithm } = sizeOf();
    const memory = (overrides: Partial<RunSize>): number =>
      estimateRun(sizeOf(overrides)).compute?.memoryBytes ?? NaN;
    const least = memory({ algorithm: { ...algorithm, estimator: 'grpo' } });
    expect(memory({})).toBeGreaterThan(least);
    expect(memory({ workers: 4 })).toBeGreaterThan(memory({}));
    expect(memory({ algorithm: { ...algorithm, sequencesPerMicroBatch: 256 } })).toBeGreaterThan(memory({}));
  });

  it('expects less time and memory of light reward models, which are not in the trainer', () => {
    const { config } = sizeOf();
    const [network, light] = [{}, { rewardModel: { form: 'light', heads: 2 } } as const].map((change) =>
      estimateRun(
        sizeOf({ config: { ...config, model: { ...config.model, width: 256, layers: 4 }, ...change } }),
      ),
    );
    expect(light.compute?.seconds).toBeLessThan(network.compute?.seconds ?? NaN);
    expect(light.compute?.memoryBytes).toBeLessThan(network.compute?.memoryBytes ?? NaN);
  });
});
