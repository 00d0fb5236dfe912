import { randomUUID } from 'node:crypto';
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { MajlisError } from '../errors.js';
import type { Weights } from '../network/gpt/gpt-parameters.js';
import { modelFiles } from '../network/model-directory/model-files.js';
import { readModelDirectory } from '../network/model-directory/read-model-directory.js';
import { writeModelDirectory } from '../network/model-directory/write-model-directory.js';
import { checkBatch, checkLoss } from './embedded/check-batch.js';
import { ComputePool } from './embedded/compute-pool.js';
import type { ComputePoolOptions } from './embedded/compute-pool.js';
import { readCheckpoint, writeCheckpoint } from './embedded/checkpoint.js';
import { forwardPass } from './embedded/forward-pass.js';
import { addLossGradient } from './embedded/loss-gradient.js';
import { LOSS_NAMES } from './embedded/losses/loss-programs.js';
import { ModelState } from './embedded/model-state.js';
import { checkVersion, ModelTable } from './embedded/model-table.js';
import { requestHash } from './embedded/request-hash.js';
import type {
  CheckpointRequest,
  ForwardBackwardRequest,
  ForwardBackwardResult,
  ForwardRequest,
  ForwardResult,
  LoadedCheckpoint,
  ModelId,
  ModelSpec,
  OptimStepRequest,
  OptimStepResult,
  PublishedWeights,
  PublishRequest,
  SavedCheckpoint,
  Trainer,
  TrainerCall,
  TrainerCapabilities,
} from './trainer.js';

const MAX_CONTEXT_LENGTH = 1024;

/**
 * The trainer that needs npm packages only: GPT-2 of 0.1 to 3 million parameters on ONNX Runtime, in worker threads.
 * One instance serves many runs. Results do not depend on the number of threads, bit for bit.
 */
export class EmbeddedTrainer implements Trainer {
  private readonly incarnationId = randomUUID();
  private readonly models = new ModelTable();
  private created = 0;

  private constructor(
    private readonly pool: ComputePool,
    private readonly ownsPool: boolean,
  ) {}

  /** Starts a trainer on its own threads, or on a pool that it shares and that outlives it. */
  static create(options: ComputePoolOptions | { readonly pool: ComputePool }): EmbeddedTrainer {
    return 'pool' in options
      ? new EmbeddedTrainer(options.pool, false)
      : new EmbeddedTrainer(new ComputePool(options), true);
  }

  async capabilities(): Promise<TrainerCapabilities> {
    return {
      engine: 'embedded',
      fingerprint: await this.pool.fingerprint(),
      incarnationId: this.incarnationId,
      deterministic: true,
      roles: ['policy', 'critic', 'reference', 'reward'],
      losses: LOSS_NAMES,
      reductions: ['normalized_sum'],
      adamFields: ['learningRate', 'betas', 'eps', 'weightDecay', 'clip'],
      contextLength: MAX_CONTEXT_LENGTH,
      adapters: [],
      device: 'cpu',
      dtype: 'float32',
      ranks: 1,
    };
  }

  async createModel(call: TrainerCall, spec: ModelSpec): Promise<ModelId> {
    this.models.admit(call);
    checkHeads(spec);
    if (spec.lora !== undefined) throw noAdapters();
    const base = await readModelDirectory(spec.base);
    if (base.config.contextLength > MAX_CONTEXT_LENGTH) {
      throw new MajlisError(
        `${spec.base} has a context of ${base.config.contextLength}; the embedded trainer goes to ${MAX_CONTEXT_LENGTH}.`,
        { code: 'out_of_range' },
      );
    }
    const shape = { config: base.config, scoreHeads: spec.heads };
    const { initFrom } = spec;
    const source =
      initFrom === undefined
        ? base.weights
        : await this.models.inTurn(call, [initFrom], async (model) => model.namedWeights());
    this.created += 1;
    const id = `${spec.role}-${this.created}`;
    const weights = initialModelWeights(spec, source, base.weights);
    const identity = { id, run: call.run, spec, shape };
    this.models.add(new ModelState({ identity, weights, epoch: call.epoch }));
    return id;
  }

  async forward(call: TrainerCall, request: ForwardRequest): Promise<ForwardResult> {
    const { modelId, against } = request;
    const ids: [ModelId, ...ModelId[]] = against === undefined ? [modelId] : [modelId, against];
    return this.models.inTurn(call, ids, async (model, [other]) => {
      checkVersion(model, call.expectedVersion);
      checkBatch(request.batch, model.shape.config);
      return forwardPass(this.pool, other === undefined ? { model } : { model, against: other }, request);
    });
  }

  async forwardBackward(call: TrainerCall, request: ForwardBackwardRequest): Promise<ForwardBackwardResult> {
    return this.models.inTurn(call, [request.modelId], (model) =>
      once(model, { key: `micro ${request.step} ${request.micro}`, ...request }, async () => {
        checkVersion(model, call.expectedVersion);
        checkTrainable(model, request.step);
        if (request.micro !== model.micros) {
          throw new MajlisError(
            `Model ${model.id} expects micro-batch ${model.micros} of step ${request.step}, not ${request.micro}.`,
            { code: 'failed_precondition' },
          );
        }
        checkLoss(request.loss, model.shape, request.normalizer);
        try {
          const result = await addLossGradient(this.pool, model, request.loss, request.normalizer);
          model.micros += 1;
          return result;
        } catch (failure) {
          // Part of it may have been added; a step is done whole or begun anew.
          model.discardGradient();
          throw failure;
        }
      }),
    );
  }

  async optimStep(call: TrainerCall, request: OptimStepRequest): Promise<OptimStepResult> {
    return this.models.inTurn(call, [request.modelId], (model) =>
      once(model, { key: `optim ${request.step}`, ...request }, async () => {
        checkVersion(model, call.expectedVersion);
        checkTrainable(model, request.step);
        if (model.micros === 0) {
          throw new MajlisError(`Model ${model.id} has no gradient to step with.`, {
            code: 'failed_precondition',
          });
        }
        const { learningRate, betas, eps, weightDecay, clip } = request;
        const { gradNorm, skipped } = await this.pool.adam({
          weights: model.weights,
          ...model.memory,
          settings: {
            learningRate,
            betas,
            eps,
            weightDecay,
            count: model.adamSteps + 1,
            ...(clip === undefined ? {} : { clip }),
          },
        });
        model.micros = 0;
        model.version += 1;
        if (!skipped) {
          model.adamSteps += 1;
          model.touch();
        }
        return { gradNorm, skipped, version: model.version };
      }),
    );
  }

  async publishWeights(call: TrainerCall, request: PublishRequest): Promise<PublishedWeights> {
    return this.models.inTurn(call, [request.modelId], async (model) => {
      checkVersion(model, call.expectedVersion);
      const { directory } = request;
      const written = await writeModelDirectory({
        directory,
        config: model.shape.config,
        weights: model.namedWeights(),
        ...((await hasTokenizer(model.spec.base)) ? { tokenizerFrom: model.spec.base } : {}),
      });
      return { directory, ...written };
    });
  }

  async saveCheckpoint(call: TrainerCall, request: CheckpointRequest): Promise<SavedCheckpoint> {
    return this.models.inTurn(call, [request.modelId], async (model) => {
      checkVersion(model, call.expectedVersion);
      return writeCheckpoint(model, request.directory);
    });
  }

  async loadCheckpoint(call: TrainerCall, request: CheckpointRequest): Promise<LoadedCheckpoint> {
    return this.models.inTurn(call, [request.modelId], async (model) => {
      const hash = await readCheckpoint(model, request.directory);
      model.micros = 0;
      model.answered.clear();
      return { sha256: hash, step: model.version };
    });
  }

  async deleteModel(call: TrainerCall, modelId: ModelId): Promise<void> {
    await this.models.inTurn(call, [modelId], async (model) => this.models.remove(model.id));
  }

  async close(): Promise<void> {
    if (this.ownsPool) await this.pool.close();
  }
}

/** Answers a repeated request from memory, and refuses another request under the same key. */
async function once<Answer>(
  model: ModelState,
  request: { readonly key: string; readonly step: number },
  work: () => Promise<Answer>,
): Promise<Answer> {
  const hash = requestHash(request);
  const earlier = model.answered.get(request.key);
  if (earlier !== undefined) {
    // The key names the kind of call, so the answer under it is of that kind.
    if (earlier.hash === hash) return earlier.answer as Answer;
    throw new MajlisError(`Model ${model.id} was given another request as ${request.key}.`, {
      code: 'already_exists',
    });
  }
  const answer = await work();
  model.answered.set(request.key, { step: request.step, hash, answer });
  for (const [key, { step }] of model.answered) if (step < request.step - 1) model.answered.delete(key);
  return answer;
}

function checkTrainable(model: ModelState, step: number): void {
  if (model.spec.role === 'reference') {
    throw new MajlisError(`Model ${model.id} is a frozen reference.`, { code: 'failed_precondition' });
  }
  checkVersion(model, step);
}

function noAdapters(): MajlisError {
  return new MajlisError(
    'The embedded trainer trains all weights and has no LoRA adapters: leave LoRA out, or use a trainer that has them.',
    { code: 'unimplemented' },
  );
}

function checkHeads({ role, heads }: ModelSpec): void {
  const fits =
    role === 'critic' ? heads === 1 : role === 'reward' ? Number.isInteger(heads) && heads > 0 : heads === 0;
  if (fits) return;
  const wanted = { policy: '0', reference: '0', critic: '1', reward: 'at least 1' }[role];
  throw new MajlisError(`A ${role} has ${wanted} heads, not ${heads}.`, { code: 'invalid_argument' });
}

/** A language model needs its head from somewhere; score heads that do not fit are left out and so become zero. */
function initialModelWeights({ role, heads }: ModelSpec, source: Weights, base: Weights): Weights {
  const weights = new Map(source);
  const languageHead = source.get('lm_head.weight') ?? base.get('lm_head.weight');
  if (heads === 0) {
    if (languageHead === undefined) {
      throw new MajlisError(`A ${role} needs a base with a language-model head.`, {
        code: 'failed_precondition',
      });
    }
    weights.set('lm_head.weight', languageHead);
  } else if (weights.get('score.bias')?.length !== heads) {
    weights.delete('score.weight');
    weights.delete('score.bias');
  }
  return weights;
}

async function hasTokenizer(directory: string): Promise<boolean> {
  return access(join(directory, modelFiles.tokenizer)).then(
    () => true,
    () => false,
  );
}
