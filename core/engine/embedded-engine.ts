import type { PolicyVersion } from '../domain/policy.js';
import { MajlisError } from '../errors.js';
import type { GptConfig } from '../network/gpt/gpt-config.js';
import type { RuntimeName } from '../network/session/inference-session.js';
import { ThreadPool } from '../network/session/thread-pool.js';
import { compiledModule } from '../runtime/package-root.js';
import { checkRequest } from './check-request.js';
import type { EngineReply, EngineTask } from './embedded/engine-protocol.js';
import type { Engine, GeneratedSequence, GenerateRequest } from './engine.js';

export interface EmbeddedEngineOptions {
  /** Which ONNX Runtime to use; the native one where it can be loaded, otherwise. */
  readonly runtime?: RuntimeName;
}

type Thread = ThreadPool<EngineTask, EngineReply>;

/**
 * Text generation by the embedded GPT-2, on one worker thread of its own with one computing thread. Requests are
 * answered one after the other; the shapes of a request's computation depend on the request alone, so its answer is
 * the same bits whatever else the process does.
 */
export class EmbeddedEngine implements Engine {
  readonly deterministic = true;
  private loaded: { readonly hash: string; readonly config: GptConfig } | undefined;

  private constructor(
    private readonly thread: Thread,
    readonly fingerprint: string,
  ) {}

  /** Starts the thread and loads ONNX Runtime in it. */
  static async open(options: EmbeddedEngineOptions = {}): Promise<EmbeddedEngine> {
    const module = compiledModule('core/engine/embedded/engine-thread');
    const thread: Thread = new ThreadPool({ module, threads: 1 });
    try {
      const { fingerprint } = expectReply(await thread.run({ kind: 'open', ...options }), 'opened');
      return new EmbeddedEngine(thread, fingerprint);
    } catch (thrown) {
      await thread.close();
      throw thrown;
    }
  }

  /** Of the loaded policy; before the first `load` it is `failed_precondition`. */
  get contextLength(): number {
    return this.policy.config.contextLength;
  }

  /**
   * Reads the policy's directory, whose weights must have the policy's hash, else `data_loss`. An abort is honoured
   * before the reading starts.
   */
  async load(policy: PolicyVersion, signal?: AbortSignal): Promise<void> {
    throwIfAborted(signal);
    if (this.loaded?.hash === policy.hash) return;
    const { config } = expectReply(await this.thread.run({ kind: 'load', policy }), 'loaded');
    this.loaded = { hash: policy.hash, config };
  }

  /** An abort is honoured before the next token, and rejects with `cancelled`. */
  async generate(request: GenerateRequest, signal?: AbortSignal): Promise<readonly GeneratedSequence[]> {
    throwIfAborted(signal);
    const { hash, config } = this.policy;
    if (hash !== request.policyHash) {
      const message = `Policy ${request.policyHash} is not loaded; ${hash} is.`;
      throw new MajlisError(message, { code: 'failed_precondition' });
    }
    checkRequest(request, config);
    const abort = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
    const onAbort = (): void => {
      Atomics.store(abort, 0, 1);
    };
    signal?.addEventListener('abort', onAbort);
    try {
      return expectReply(await this.thread.run({ kind: 'generate', request, abort }), 'generated').sequences;
    } finally {
      signal?.removeEventListener('abort', onAbort);
    }
  }

  async close(): Promise<void> {
    await this.thread.close();
  }

  private get policy(): { readonly hash: string; readonly config: GptConfig } {
    if (this.loaded !== undefined) return this.loaded;
    throw new MajlisError('The engine has no policy loaded.', { code: 'failed_precondition' });
  }
}

function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted === true) throw new MajlisError('The call was cancelled.', { code: 'cancelled' });
}

function expectReply<Kind extends EngineReply['kind']>(
  reply: EngineReply,
  kind: Kind,
): Extract<EngineReply, { kind: Kind }> {
  if (isReply(reply, kind)) return reply;
  throw new MajlisError(`The engine thread answered ${reply.kind} instead of ${kind}.`, { code: 'internal' });
}

function isReply<Kind extends EngineReply['kind']>(
  reply: EngineReply,
  kind: Kind,
): reply is Extract<EngineReply, { kind: Kind }> {
  return reply.kind === kind;
}
