import { z } from 'zod';
import { MajlisError } from '../../errors.js';
import { createRng } from '../../math/rng.js';
import type { EngineHttp } from './engine-http.js';
import type { EngineTimeouts } from './engine-timeouts.js';
import { listModels } from './list-models.js';
import { wholeDistribution } from './whole-distribution.js';
import type {
  GenerationServer,
  NamedPolicy,
  SampleRequest,
  ServedAnswers,
  ServerDescription,
} from './generation-server.js';

const serverSchema = z.looseObject({
  version: z.string(),
  model_path: z.string(),
  context_length: z.int().positive().nullish(),
});
const modelSchema = z.looseObject({ model_path: z.string(), weight_version: z.string().nullish() });

/** Log-probability, token id and its text. */
const tokenSchema = z.tuple([z.number(), z.int().nonnegative()], z.unknown());
const answerSchema = z.looseObject({
  meta_info: z.looseObject({
    finish_reason: z.looseObject({ type: z.string() }),
    weight_version: z.string().nullish(),
    output_token_logprobs: z.array(tokenSchema),
    output_top_logprobs: z.array(z.array(tokenSchema).nullable()).optional(),
  }),
});
const answersSchema = z.array(answerSchema);
const doneSchema = z.looseObject({
  success: z.boolean(),
  message: z.string().nullish(),
  error_message: z.string().nullish(),
});

/** The name that SGLang gives to weights which nobody has replaced. */
const FIRST_WEIGHTS = 'default';

/**
 * SGLang's own dialect, `/generate` (io_struct.py, sampling_params.py, 0.5). Full weights come by `update_weights_from_disk`
 * under a version that every answer names; adapters by `load_lora_adapter`.
 */
export class SglangServer implements GenerationServer {
  /** The directory that the server began with. */
  private firstLocation: string | undefined;

  constructor(
    private readonly http: EngineHttp,
    private readonly timeouts: EngineTimeouts,
  ) {}

  async describe(signal?: AbortSignal): Promise<ServerDescription> {
    const terms = { withinMs: this.timeouts.questionMs, signal };
    const { version, model_path, context_length } = await this.http.get('/server_info', serverSchema, terms);
    return {
      fingerprint: `sglang ${version}, ${model_path}`,
      deterministic: false,
      contextLength: context_length ?? undefined,
    };
  }

  async isServing({ policy, kind, name }: NamedPolicy, signal?: AbortSignal): Promise<boolean> {
    const terms = { withinMs: this.timeouts.questionMs, signal };
    if (kind === 'adapter') {
      return (await listModels(this.http, terms)).some(({ id }) => id === name);
    }
    const { model_path, weight_version } = await this.http.get('/model_info', modelSchema, terms);
    if (isFirst(weight_version)) this.firstLocation = model_path;
    return weight_version === name || (isFirst(weight_version) && model_path === policy.location);
  }

  async serve({ policy, kind, name }: NamedPolicy, signal?: AbortSignal): Promise<void> {
    if (kind === 'adapter') {
      await this.done('/load_lora_adapter', { lora_name: name, lora_path: policy.location }, signal);
      return;
    }
    const update = { model_path: policy.location, weight_version: name, flush_cache: true };
    await this.done('/update_weights_from_disk', { ...update, abort_all_requests: false }, signal);
  }

  async forget({ name }: NamedPolicy): Promise<void> {
    await this.done('/unload_lora_adapter', { lora_name: name });
  }

  async generate(request: SampleRequest, named: NamedPolicy, signal?: AbortSignal): Promise<ServedAnswers> {
    const body = { ...bodyOf(request, named), return_logprob: true };
    const terms = { withinMs: this.timeouts.generateMs, signal };
    const answers = await this.http.post('/generate', body, answersSchema, terms);
    const samples = answers.map(({ meta_info }) => ({
      tokenIds: meta_info.output_token_logprobs.map(([, id]) => id),
      logProbs: meta_info.output_token_logprobs.map(([logProb]) => logProb),
      finish: meta_info.finish_reason.type,
    }));
    const versions = answers.map(({ meta_info }) => meta_info.weight_version);
    return { samples, isOfPolicy: versions.every((version) => this.isServedBy(version, named)) };
  }

  async topLogProb(
    promptTokenIds: readonly number[],
    temperature: number,
    named: NamedPolicy,
  ): Promise<number> {
    const sampling = { maxNewTokens: 1, temperature, stopTokenIds: [] };
    const request = { promptTokenIds, samples: 1, sampling, seed: 0 };
    const body = { ...bodyOf(request, named), return_logprob: true, top_logprobs_num: 1 };
    const terms = { withinMs: this.timeouts.generateMs };
    const [answer] = await this.http.post('/generate', body, answersSchema.min(1), terms);
    return Math.max(...(answer.meta_info.output_top_logprobs?.[0] ?? []).map(([logProb]) => logProb));
  }

  private isServedBy(version: string | null | undefined, { kind, name, policy }: NamedPolicy): boolean {
    // Which adapter answered is not told; the request named it, and a name is never given to other weights.
    if (kind === 'adapter') return true;
    return version === name || (isFirst(version) && this.firstLocation === policy.location);
  }

  /** These calls may fail with HTTP 200. */
  private async done(path: string, body: object, signal?: AbortSignal): Promise<void> {
    const terms = { withinMs: this.timeouts.loadMs, signal };
    const { success, message, error_message } = await this.http.post(path, body, doneSchema, terms);
    if (success) return;
    const reason = message ?? error_message ?? 'it gives no reason';
    throw new MajlisError(`The engine at ${this.http.baseUrl} refused ${path}: ${reason}`, {
      code: 'failed_precondition',
    });
  }
}

function isFirst(version: string | null | undefined): boolean {
  return version == null || version === FIRST_WEIGHTS;
}

/** One item per sample, each with a seed of its own: SGLang gives the samples of one item the same. */
function bodyOf({ promptTokenIds, samples, sampling, seed }: SampleRequest, named: NamedPolicy): object {
  const rng = createRng(seed).fork('sample');
  const places = Array.from({ length: samples }, (_, place) => place);
  return {
    input_ids: places.map(() => promptTokenIds),
    sampling_params: places.map((place) => ({
      max_new_tokens: sampling.maxNewTokens,
      ...wholeDistribution(sampling),
      sampling_seed: rng.fork(place).uint32(),
    })),
    ...(named.kind === 'adapter' ? { lora_path: named.name } : {}),
  };
}
