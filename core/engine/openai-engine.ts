import type { PolicyVersion } from '../domain/policy.js';
import { BadInputError, MajlisError } from '../errors.js';
import { systemClock, type Clock } from '../runtime/clock.js';
import { checkRequest } from './check-request.js';
import type { Engine, GeneratedSequence, GenerateRequest } from './engine.js';
import { checkAnswers } from './openai/check-answers.js';
import { EngineHttp } from './openai/engine-http.js';
import { ENGINE_TIMEOUTS, type EngineTimeouts } from './openai/engine-timeouts.js';
import type { GenerationServer, NamedPolicy, ServerDescription } from './openai/generation-server.js';
import { findServer } from './openai/find-server.js';
import { inTurn } from './openai/in-turn.js';
import { namePolicy } from './openai/name-policy.js';

export interface OpenAiEngineOptions {
  /** Of the server, without `/v1`. Server and coordinator see policies under the same paths. */
  readonly baseUrl: string;
  /** Which dialect it speaks; asked of the server unless told. */
  readonly flavour?: 'vllm' | 'sglang';
  /** Longest prompt plus answer in tokens; asked of the server unless told. */
  readonly contextLength?: number;
  /** Number of token ids; asked of the server unless told, and its own business where it does not tell. */
  readonly vocabSize?: number;
  readonly apiKey?: string;
  readonly timeouts?: Partial<EngineTimeouts>;
  /** Waits before a request is sent again that nobody answered. */
  readonly retryMs?: readonly number[];
  readonly clock?: Clock;
}

const RETRY_MS: readonly number[] = [100, 300, 900, 2700];
/** Adapters kept on the server: the loaded one and the one before, which another worker may still sample from. */
const KEPT_ADAPTERS = 2;
/** So high that every token is nearly as likely as any other. */
const HOT = 100;
const SAME = 1e-6;
/** What servers say of an adapter that is not there to be unloaded, or say nothing. */
const NOT_THERE: ReadonlySet<string> = new Set([
  'not_found',
  'invalid_argument',
  'failed_precondition',
  'unavailable',
]);

/**
 * Text generation by a server in another process: vLLM, SGLang, or the CPU generator beside the PyTorch trainer.
 *
 * Whose answers they are is never taken on trust: weights and adapters are served under names that hold version and hash,
 * the server is asked after loading, and answers of another policy are refused. A server that was started again in between
 * has lost its policy, which is then loaded once more. Top-p and top-k are always switched off: log-probabilities are those
 * of the whole distribution, with the temperature applied.
 */
export class OpenAiEngine implements Engine {
  readonly fingerprint: string;
  readonly deterministic: boolean;
  readonly contextLength: number;
  private readonly vocabSize: number;
  private loaded: NamedPolicy | undefined;
  private adapters: readonly NamedPolicy[] = [];
  private countsTemperature = false;

  private constructor(
    private readonly server: GenerationServer,
    private readonly baseUrl: string,
    description: Required<Pick<ServerDescription, 'fingerprint' | 'deterministic'>> & {
      readonly contextLength: number;
      readonly vocabSize: number;
    },
  ) {
    this.fingerprint = description.fingerprint;
    this.deterministic = description.deterministic;
    this.contextLength = description.contextLength;
    this.vocabSize = description.vocabSize;
  }

  /** Asks the server what it is; `unavailable` where none answers. */
  static async connect(options: OpenAiEngineOptions, signal?: AbortSignal): Promise<OpenAiEngine> {
    const { clock = systemClock, retryMs = RETRY_MS } = options;
    const timeouts = { ...ENGINE_TIMEOUTS, ...options.timeouts };
    const http = new EngineHttp({ ...options, clock, retryMs });
    const { server, description } = await findServer(http, { flavour: options.flavour, timeouts, signal });
    const contextLength = options.contextLength ?? description.contextLength;
    if (contextLength === undefined) {
      const found = 'no context length';
      throw new BadInputError({ source: http.baseUrl, found, allowed: 'contextLength in the options' });
    }
    const vocabSize = options.vocabSize ?? description.vocabSize ?? Number.POSITIVE_INFINITY;
    return new OpenAiEngine(server, http.baseUrl, { ...description, contextLength, vocabSize });
  }

  /**
   * Has the server serve the policy: an adapter's directory under a name of its own, full weights in place of the others.
   * A server that says it did and does not is `failed_precondition`.
   */
  async load(policy: PolicyVersion, signal?: AbortSignal): Promise<void> {
    throwIfAborted(signal);
    if (this.loaded?.policy.hash === policy.hash) return;
    const named = await namePolicy(policy);
    await this.serve(named, signal);
    this.loaded = named;
    if (named.kind === 'adapter') await this.keepAdapters(named);
  }

  async generate(request: GenerateRequest, signal?: AbortSignal): Promise<readonly GeneratedSequence[]> {
    throwIfAborted(signal);
    const named = this.requireLoaded(request.policyHash);
    checkRequest(request, { contextLength: this.contextLength, vocabSize: this.vocabSize });
    const first = await this.answersOf(request, named, signal);
    if (first !== undefined) return first;
    // Started again in between, or led to other weights by somebody else.
    await this.serve(named, signal);
    const second = await this.answersOf(request, named, signal);
    if (second !== undefined) return second;
    throw new MajlisError(
      `The engine at ${this.baseUrl} keeps answering by another policy than ${named.name}.`,
      {
        code: 'aborted',
      },
    );
  }

  /** The server stays; its adapters go. */
  async close(): Promise<void> {
    const adapters = this.adapters;
    this.loaded = undefined;
    this.adapters = [];
    for (const adapter of adapters) await this.forget(adapter);
  }

  /** Undefined where the server does not have the policy any more. */
  private async answersOf(
    request: GenerateRequest,
    named: NamedPolicy,
    signal: AbortSignal | undefined,
  ): Promise<readonly GeneratedSequence[] | undefined> {
    try {
      if (request.sampling.temperature !== 1) await this.requireTemperatureCounted(request, named);
      const answers = await this.server.generate(request, named, signal);
      return answers.isOfPolicy ? checkAnswers(answers.samples, request, this.baseUrl) : undefined;
    } catch (thrown) {
      if (isAboutPolicy(thrown, named)) return undefined;
      throw thrown;
    }
  }

  private async serve(named: NamedPolicy, signal: AbortSignal | undefined): Promise<void> {
    await inTurn(this.baseUrl, async () => {
      if (await this.server.isServing(named, signal)) return;
      const failure = await failureOf(this.server.serve(named, signal));
      // Somebody in another process may have been quicker, who is then refused the second time.
      if (await this.server.isServing(named, signal)) return;
      if (failure !== undefined) throw failure;
      throw new MajlisError(`The engine at ${this.baseUrl} was told to serve ${named.name} and does not.`, {
        code: 'failed_precondition',
      });
    });
  }

  private async keepAdapters(named: NamedPolicy): Promise<void> {
    const others = this.adapters.filter(({ name }) => name !== named.name);
    const kept = others.slice(Math.max(0, others.length - KEPT_ADAPTERS + 1));
    this.adapters = [...kept, named];
    for (const old of others.filter((adapter) => !kept.includes(adapter))) await this.forget(old);
  }

  /** Another client of the same server may have been quicker. */
  private async forget(adapter: NamedPolicy): Promise<void> {
    try {
      await this.server.forget(adapter);
    } catch (thrown) {
      const { code } = MajlisError.from(thrown);
      if (!NOT_THERE.has(code)) throw thrown;
    }
  }

  /**
   * vLLM reports log-probabilities before the temperature unless it is told otherwise. At a very high temperature every
   * token is equally likely; a server whose likeliest token stays as likely as before does not count it.
   */
  private async requireTemperatureCounted(request: GenerateRequest, named: NamedPolicy): Promise<void> {
    if (this.countsTemperature) return;
    const warm = await this.server.topLogProb(request.promptTokenIds, 1, named);
    const hot = await this.server.topLogProb(request.promptTokenIds, HOT, named);
    this.countsTemperature = Math.abs(warm - hot) > SAME;
    if (this.countsTemperature) return;
    throw new MajlisError(
      `The engine at ${this.baseUrl} reports log-probabilities without the temperature: serve vLLM with ` +
        '--logprobs-mode processed_logprobs, SGLang without RETURN_ORIGINAL_LOGPROB.',
      { code: 'failed_precondition' },
    );
  }

  private requireLoaded(policyHash: string): NamedPolicy {
    if (this.loaded?.policy.hash === policyHash) return this.loaded;
    const found = this.loaded?.policy.hash ?? 'none';
    throw new MajlisError(`Policy ${policyHash} is not loaded; ${found} is.`, {
      code: 'failed_precondition',
    });
  }
}

async function failureOf(work: Promise<void>): Promise<MajlisError | undefined> {
  return work.then(
    () => undefined,
    (thrown: unknown) => MajlisError.from(thrown),
  );
}

/** vLLM does not know a model's name after it was started again, SGLang an adapter's. */
function isAboutPolicy(thrown: unknown, { kind, name }: NamedPolicy): boolean {
  if (!(thrown instanceof MajlisError) || kind !== 'adapter') return false;
  return thrown.code === 'not_found' || (thrown.code === 'invalid_argument' && thrown.message.includes(name));
}

function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted === true) throw new MajlisError('The call was cancelled.', { code: 'cancelled' });
}
