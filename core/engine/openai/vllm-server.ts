import { z } from 'zod';
import { MajlisError } from '../../errors.js';
import type { EngineHttp } from './engine-http.js';
import type {
  GenerationServer,
  NamedPolicy,
  SampleRequest,
  ServedAnswers,
  ServerDescription,
} from './generation-server.js';
import type { EngineTimeouts } from './engine-timeouts.js';
import { listModels, type ModelCard } from './list-models.js';
import { wholeDistribution } from './whole-distribution.js';

const versionSchema = z.looseObject({
  version: z.string(),
  engine: z.string().default('vllm'),
  fingerprint: z.string().optional(),
  deterministic: z.boolean().default(false),
  vocab_size: z.int().positive().optional(),
});

const completionSchema = z.looseObject({
  model: z.string(),
  choices: z.array(
    z.looseObject({
      index: z.int().nonnegative(),
      finish_reason: z.string(),
      token_ids: z.array(z.int().nonnegative()),
      logprobs: z.looseObject({
        token_logprobs: z.array(z.number()),
        top_logprobs: z.array(z.record(z.string(), z.number()).nullable()).optional(),
      }),
    }),
  ),
});

const weightSchema = z.looseObject({ weight_version: z.string().nullish() });
const anything = z.unknown();

/** Weights that nobody has replaced since the server began. */
const FIRST_WEIGHTS: ReadonlySet<string | null | undefined> = new Set([undefined, null, 'default']);

/**
 * vLLM's dialect (protocol.py of its completions, LoRA and RLHF routers, 0.33). Adapters come by `load_lora_adapter`, which
 * needs VLLM_ALLOW_RUNTIME_LORA_UPDATING; full weights by `reload_weights` on its workers between a pause and a resume,
 * which needs VLLM_SERVER_DEV_MODE.
 */
export class VllmServer implements GenerationServer {
  constructor(
    private readonly http: EngineHttp,
    private readonly timeouts: EngineTimeouts,
  ) {}

  async describe(signal?: AbortSignal): Promise<ServerDescription> {
    const terms = { withinMs: this.timeouts.questionMs, signal };
    const { version, engine, fingerprint, ...told } = await this.http.get('/version', versionSchema, terms);
    const model = await this.baseModel(signal);
    const parts = [`${engine} ${version}`, fingerprint ?? model.root ?? model.id];
    return {
      fingerprint: parts.join(', '),
      deterministic: told.deterministic,
      contextLength: model.max_model_len ?? undefined,
      vocabSize: told.vocab_size,
    };
  }

  async isServing({ policy, kind, name }: NamedPolicy, signal?: AbortSignal): Promise<boolean> {
    const cards = await this.models(signal);
    if (kind === 'adapter') {
      const card = cards.find(({ id }) => id === name);
      if (card?.sha256 != null && card.sha256 !== policy.hash) throw otherWeights(name);
      return card !== undefined;
    }
    const [base] = cards;
    const version = await this.weightVersion(signal);
    const isFirst = FIRST_WEIGHTS.has(version) && base.root === policy.location;
    if (base.sha256 != null) return base.sha256 === policy.hash && (isFirst || version === name);
    return isFirst || version === name;
  }

  async serve({ policy, kind, name }: NamedPolicy, signal?: AbortSignal): Promise<void> {
    const terms = { withinMs: this.timeouts.loadMs, signal };
    if (kind === 'adapter') {
      await this.http.send('/v1/load_lora_adapter', { lora_name: name, lora_path: policy.location }, terms);
      return;
    }
    await this.http.send('/pause?mode=wait', {}, terms);
    try {
      const reload = { method: 'reload_weights', kwargs: { weights_path: policy.location } };
      await this.http.post('/collective_rpc', reload, anything, terms);
      await this.http.post('/update_weight_version', { new_version: name }, anything, terms);
    } finally {
      await this.http.send('/resume', {}, { withinMs: this.timeouts.questionMs });
    }
  }

  async forget({ name }: NamedPolicy): Promise<void> {
    await this.http.send(
      '/v1/unload_lora_adapter',
      { lora_name: name },
      { withinMs: this.timeouts.questionMs },
    );
  }

  async generate(request: SampleRequest, named: NamedPolicy, signal?: AbortSignal): Promise<ServedAnswers> {
    const model = await this.modelFor(named, signal);
    const body = { ...bodyOf(request, model), logprobs: 0 };
    const terms = { withinMs: this.timeouts.generateMs, signal };
    const completion = await this.http.post('/v1/completions', body, completionSchema, terms);
    const samples = [...completion.choices]
      .sort((a, b) => a.index - b.index)
      .map(({ token_ids, logprobs, finish_reason }) => ({
        tokenIds: token_ids,
        logProbs: logprobs.token_logprobs,
        finish: finish_reason,
      }));
    // Weights are replaced in place and under one name: whose they were is asked again afterwards.
    const isOfPolicy =
      completion.model === model && (named.kind === 'adapter' || (await this.isServing(named, signal)));
    return { samples, isOfPolicy };
  }

  async topLogProb(
    promptTokenIds: readonly number[],
    temperature: number,
    named: NamedPolicy,
  ): Promise<number> {
    const sampling = { maxNewTokens: 1, temperature, stopTokenIds: [] };
    const body = bodyOf({ promptTokenIds, samples: 1, sampling, seed: 0 }, await this.modelFor(named));
    const terms = { withinMs: this.timeouts.generateMs };
    const { choices } = await this.http.post(
      '/v1/completions',
      { ...body, logprobs: 1 },
      completionSchema,
      terms,
    );
    return Math.max(...Object.values(choices.at(0)?.logprobs.top_logprobs?.[0] ?? {}));
  }

  private async modelFor({ kind, name }: NamedPolicy, signal?: AbortSignal): Promise<string> {
    return kind === 'adapter' ? name : (await this.baseModel(signal)).id;
  }

  private async baseModel(signal?: AbortSignal): Promise<ModelCard> {
    return (await this.models(signal))[0];
  }

  private models(signal?: AbortSignal): Promise<readonly ModelCard[]> {
    return listModels(this.http, { withinMs: this.timeouts.questionMs, signal });
  }

  private async weightVersion(signal?: AbortSignal): Promise<string | null | undefined> {
    const terms = { withinMs: this.timeouts.questionMs, signal };
    return (await this.http.get('/weight_info', weightSchema, terms)).weight_version;
  }
}

function bodyOf({ promptTokenIds, samples, sampling, seed }: SampleRequest, model: string): object {
  return {
    model,
    prompt: promptTokenIds,
    n: samples,
    seed,
    max_tokens: sampling.maxNewTokens,
    ...wholeDistribution(sampling),
    return_token_ids: true,
    return_tokens_as_token_ids: true,
  };
}

function otherWeights(name: string): MajlisError {
  return new MajlisError(`The engine serves other weights as ${name}.`, { code: 'data_loss' });
}
