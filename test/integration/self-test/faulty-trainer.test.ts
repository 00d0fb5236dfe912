import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startTorchProcess } from '../../../cli/commands/trainer/torch-process.js';
import { testTrainer } from '../../../coordinator/self-test/test-trainer.js';
import { createRng } from '../../../core/math/rng.js';
import { initialWeights } from '../../../core/network/gpt/gpt-parameters.js';
import { writeModelDirectory } from '../../../core/network/model-directory/write-model-directory.js';
import { EmbeddedTrainer } from '../../../core/trainer/embedded-trainer.js';
import { GrpcTrainer } from '../../../core/trainer/grpc-trainer.js';
import type { LossRequest, TokenBatch, Trainer } from '../../../core/trainer/trainer.js';
import { describeWithPython, interpreter } from '../../support/python.js';
import { serveTrainer } from '../../support/serve-trainer.js';

const MODEL = { vocabSize: 24, contextLength: 16, layers: 1, width: 16, heads: 2 };
const CALL = { run: 'self-test', epoch: 1 };

let folder: string;
let base: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'majlis-self-test-'));
  base = join(folder, 'base');
  const rng = createRng(5);
  const weights = [...initialWeights(MODEL, 3)].map(
    ([name, values]) => [name, values.map((value) => value + 0.3 * rng.normal())] as const,
  );
  await writeModelDirectory({ directory: base, config: MODEL, weights: new Map(weights) });
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

const tested = (trainer: Trainer): Promise<void> =>
  testTrainer({ trainer, call: CALL, base, vocabulary: MODEL.vocabSize, temperature: 0.8 });

/** What is wrong with a server, by changing a right one. */
type Fault = (trainer: EmbeddedTrainer) => void;

describe('the self-test of a trainer', () => {
  let embedded: EmbeddedTrainer;

  beforeEach(() => {
    embedded = EmbeddedTrainer.create({ threads: 1 });
  });
  afterEach(() => embedded.close());

  const overGrpc = async (fault: Fault): Promise<void> => {
    fault(embedded);
    const server = await serveTrainer(embedded);
    const client = await GrpcTrainer.connect({ address: server.address });
    try {
      await tested(client);
    } finally {
      await client.close();
      await server.close();
    }
  };

  it('passes one that computes what the port says', async () => {
    await expect(overGrpc(() => undefined)).resolves.toBeUndefined();
  });

  const faults: readonly (readonly [string, Fault, string])[] = [
    [
      'answers log-probs one token late',
      changed('forward', (forward) => async (call, request) => {
        const { logProbs = new Float32Array() } = await forward(call, request);
        return { logProbs: Float32Array.from(logProbs, (_, at) => logProbs[at + 1] ?? 0) };
      }),
      'log-probs of tokens without weight',
    ],
    [
      'does not divide logits by the temperature',
      changed(
        'forward',
        (forward) => (call, request) => forward(call, { ...request, batch: warm(request.batch) }),
      ),
      'log-probs under a temperature of a million',
    ],
    [
      'divides by the temperature in Forward and not in losses',
      changed(
        'forwardBackward',
        (backward) => (call, request) => backward(call, { ...request, loss: withBatch(request.loss, warm) }),
      ),
      'the loss cross_entropy',
    ],
    [
      'has other weights in its reference',
      changed(
        'createModel',
        (create) => (call, spec) =>
          create(call, spec.role === 'reference' ? { ...spec, base: join(folder, 'other') } : spec),
      ),
      'log-probs of a policy less those of a frozen reference',
    ],
    [
      'takes the mean of a micro-batch',
      changed('forwardBackward', (backward) => (call, request) => {
        const { weights } = request.loss.batch;
        const count = weights.filter((weight) => weight !== 0).length;
        return backward(call, { ...request, normalizer: count });
      }),
      'the loss cross_entropy',
    ],
    [
      'tells the loss by the normalizer and divides gradients by its own count',
      changed('forwardBackward', (backward) => async (call, request) => {
        const { weights } = request.loss.batch;
        const count = weights.filter((weight) => weight !== 0).length;
        const { loss, metrics } = await backward(call, { ...request, normalizer: count });
        return { loss: (loss * count) / request.normalizer, metrics };
      }),
      'the gradient norm of micro-batches together',
    ],
    [
      'leaves the caller’s normalizer out of gradients',
      changed('forwardBackward', (backward) => async (call, request) => {
        const { loss, metrics } = await backward(call, { ...request, normalizer: 10 });
        return { loss: (loss * 10) / request.normalizer, metrics };
      }),
      'the gradient norm under twice the normalizer',
    ],
    [
      'forgets the weights of tokens',
      changed(
        'forwardBackward',
        (backward) => (call, request) =>
          backward(call, {
            ...request,
            loss: withBatch(request.loss, (batch) => ({ ...batch, weights: batch.weights.map(Math.sign) })),
          }),
      ),
      'the loss cross_entropy',
    ],
    [
      'has a learning rate of its own',
      changed('optimStep', (step) => (call, request) => step(call, { ...request, learningRate: 0.01 })),
      'log-probs after a step of learning rate 0',
    ],
    [
      'flips the sign of advantages',
      changed('forwardBackward', (backward) => (call, request) => {
        const { loss } = request;
        if (loss.type !== 'ppo') return backward(call, request);
        const advantages = loss.batch.advantages.map((advantage) => -advantage);
        return backward(call, { ...request, loss: { ...loss, batch: { ...loss.batch, advantages } } });
      }),
      'the loss ppo',
    ],
    [
      'leaves out the half of the value loss',
      changed('forwardBackward', (backward) => async (call, request) => {
        const result = await backward(call, request);
        return request.loss.type === 'value' ? { ...result, loss: 2 * result.loss } : result;
      }),
      'the loss value',
    ],
    [
      'divides pair losses by the number of pairs',
      changed(
        'forwardBackward',
        (backward) => (call, request) =>
          backward(call, request.loss.type === 'bradley_terry' ? { ...request, normalizer: 2 } : request),
      ),
      'the loss bradley_terry',
    ],
    [
      'answers numbers that are none',
      changed('forward', (forward) => async (call, request) => {
        const { logProbs = new Float32Array() } = await forward(call, request);
        return { logProbs: logProbs.fill(NaN) };
      }),
      'log-probs of tokens without weight: NaN',
    ],
  ];

  beforeAll(async () => {
    const other = initialWeights(MODEL, 4);
    await writeModelDirectory({ directory: join(folder, 'other'), config: MODEL, weights: other });
  });

  it.each(faults)('refuses one that %s', async (_, fault, found) => {
    await expect(overGrpc(fault)).rejects.toMatchObject({
      code: 'failed_precondition',
      message: expect.stringMatching(new RegExp(`^The trainer .* \\(docs/trainers\\.md\\): ${found}.*\\.$`)),
    });
  });
});

describeWithPython('the self-test of a PyTorch process', () => {
  it('passes', async () => {
    const torch = await startTorchProcess({ python: interpreter, model: base });
    const trainer = await GrpcTrainer.connect({ address: torch.address });
    try {
      await expect(tested(trainer)).resolves.toBeUndefined();
    } finally {
      await trainer.close();
      await torch.stop();
    }
  }, 60_000);
});

/** A fault in one method. */
function changed<Name extends 'createModel' | 'forward' | 'forwardBackward' | 'optimStep'>(
  name: Name,
  change: (right: Trainer[Name]) => Trainer[Name],
): Fault {
  return (trainer) => {
    const right = trainer[name].bind(trainer) as Trainer[Name];
    Object.assign(trainer, { [name]: change(right) });
  };
}

function warm<Batch extends TokenBatch>(batch: Batch): Batch {
  return { ...batch, temperature: 1 };
}

function withBatch(loss: LossRequest, change: (batch: TokenBatch) => TokenBatch): LossRequest {
  return { ...loss, batch: { ...loss.batch, ...change(loss.batch) } } as LossRequest;
}
