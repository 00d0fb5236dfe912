import { setMaxListeners } from 'node:events';
import { DelegateBackoff, handleWhen, retry, type RetryPolicy } from 'cockatiel';
import { Metadata } from '@grpc/grpc-js';
import {
  RewardServiceClient,
  RewardServiceService,
  ScoreRequest as RewardRequestCodec,
} from '../../proto/gen/majlis/v1/reward.js';
import type * as wire from '../../proto/gen/majlis/v1/reward.js';
import type { Reward } from '../../core/domain/reward.js';
import type { Outcome } from '../../core/domain/verdict.js';
import { BadInputError, MajlisError } from '../../core/errors.js';
import { bearerMetadata } from '../../core/rpc/bearer-token.js';
import { channelTrust } from '../../core/rpc/tls-credentials.js';
import { callAttributes } from '../../core/rpc/trace-calls.js';
import type { Clock } from '../../core/runtime/clock.js';
import type { Scorer, ScoreRequest } from '../../core/scorer/scorer.js';
import { NO_TRACING } from '../../core/telemetry/tracing/no-tracing.js';
import type { Tracer } from '../../core/telemetry/tracing/tracer.js';
import type { CertificateFiles } from '../../core/trust/certificate-files.js';
import type { PromptToScore, RewardReply, RewardRequest } from '../serving/reward-service.js';
import { scoreReplyFromMessage, scoreRequestToMessage } from './convert-score.js';
import { ScoreConnection } from './score-connection.js';
import { textIn } from './text-in.js';
import { splitItems } from './split-items.js';
import { withUnreadable } from './with-unreadable.js';

export interface RewardClientOptions {
  /** host:port. */
  readonly address: string;
  /** Absent where the server asks nobody who he is, or goes by certificates. */
  readonly token?: string;
  /** Whom to believe; plaintext without it. */
  readonly tls?: CertificateFiles;
  readonly clock: Clock;
  /** Name and version of this software, for logs of the server. */
  readonly software: string;
  /** Longest wait for one reply; a minute by default. */
  readonly deadlineMs?: number;
  /** Each request is a span, which the server's belong to. */
  readonly tracer?: Tracer;
  /** How often a server that is away or full is asked again; 8 by default. */
  readonly retries?: number;
}

const STREAM = RewardServiceService.scoreStream.path.slice(1);
const DEADLINE_MS = 60_000;
const RETRIES = 8;
const FIRST_DELAY_MS = 100;
const LONGEST_DELAY_MS = 5000;
/** A server that is full for longer is told to whoever asks. */
const LONGEST_WAIT_MS = 60_000;
/** What a server takes unless told otherwise, with room for what stands around a request. */
const MESSAGE_BYTES = 8 * 1024 * 1024 - 1024;
/** UTF-8 of a UTF-16 unit, or a token id below 2²¹, at most. */
const BYTES_PER_UNIT = 3;
/** The server says itself that a deadline has passed; the client's own is for a server that says nothing. */
const SLACK_MS = 2000;

/**
 * The reward plane of another process. Requests of one tick travel together; a request whose stream breaks is asked again, since
 * asking twice changes nothing. Every failure is a MajlisError with the server's code.
 */
export class RewardClient implements Scorer {
  private readonly client: RewardServiceClient;
  private readonly policy: RetryPolicy;
  private connection: ScoreConnection | undefined;
  private isClosed = false;

  constructor(private readonly options: RewardClientOptions) {
    const trust = channelTrust(options.address, options.tls);
    this.client = new RewardServiceClient(options.address, trust.credentials, {
      ...trust.options,
      // A proxy of the environment is for the outside.
      'grpc.enable_http_proxy': 0,
      // Connections of its own: another client's failed ones do not make this one wait.
      'grpc.use_local_subchannel_pool': 1,
      'grpc.max_reconnect_backoff_ms': LONGEST_DELAY_MS,
    });
    this.policy = retry(handleWhen(isTransient), {
      maxAttempts: options.retries ?? RETRIES,
      backoff: new DelegateBackoff(({ attempt, result }) => delayMs(attempt, result)),
    });
  }

  async score(request: ScoreRequest, signal?: AbortSignal): Promise<readonly (readonly Outcome<Reward>[])[]> {
    const { rubricHash, rewardModelHash } = request;
    const reward = { rubricHash, rewardModelHash };
    const parts = splitItems(request.items.map(itemOf));
    const replies = await Promise.all(parts.map((items) => this.ask({ reward, items }, signal)));
    return replies.flatMap(({ outcomes }) => outcomes);
  }

  /** One request, by hashes or alias, asked again while the server is away or full. */
  async ask(request: RewardRequest, signal?: AbortSignal): Promise<RewardReply> {
    // As many requests wait as a caller likes, all of which may end by one signal.
    if (signal !== undefined) setMaxListeners(0, signal);
    try {
      return await withUnreadable(request, (readable) =>
        this.policy.execute(() => this.askOnce(readable, signal), signal),
      );
    } catch (thrown) {
      throw MajlisError.from(signal?.aborted === true ? signal.reason : thrown);
    }
  }

  /** What is not answered yet fails as `cancelled`. */
  close(): void {
    this.isClosed = true;
    this.connection?.close();
    this.client.close();
  }

  private async askOnce(request: RewardRequest, signal: AbortSignal | undefined): Promise<RewardReply> {
    const { clock, deadlineMs = DEADLINE_MS } = this.options;
    const waiting = new AbortController();
    const leave = (): void => waiting.abort();
    signal?.throwIfAborted();
    signal?.addEventListener('abort', leave, { once: true });
    let isLate = false;
    const cancel = clock.alarm(deadlineMs + SLACK_MS, () => {
      isLate = true;
      waiting.abort();
    });
    try {
      const message = scoreRequestToMessage({ request, deadlineMs });
      refuseLarge(message);
      return scoreReplyFromMessage(request, await this.sendTraced(message, waiting.signal));
    } catch (thrown) {
      if (!isLate) throw thrown;
      throw new MajlisError(`no reply within ${deadlineMs} ms`, { code: 'deadline_exceeded', cause: thrown });
    } finally {
      cancel();
      signal?.removeEventListener('abort', leave);
    }
  }

  private async sendTraced(message: wire.ScoreRequest, signal: AbortSignal): Promise<wire.ScoreResponse> {
    const { tracer = NO_TRACING } = this.options;
    if (tracer === NO_TRACING) return this.send(message, signal);
    return tracer.span(STREAM, { kind: 'client', attributes: callAttributes(STREAM) }, () =>
      this.send(message, signal, tracer.inject()['traceparent']),
    );
  }

  private send(
    message: wire.ScoreRequest,
    signal: AbortSignal,
    traceparent?: string,
  ): Promise<wire.ScoreResponse> {
    if (this.isClosed) throw new MajlisError('the reward client was closed', { code: 'cancelled' });
    if (this.connection?.isOpen !== true) {
      const { token, software } = this.options;
      const metadata = token === undefined ? new Metadata() : bearerMetadata(token);
      this.connection = new ScoreConnection(this.client.scoreStream(metadata), software);
    }
    return this.connection.ask(message, signal, traceparent);
  }
}

/** A message that servers do not take would cut the stream, and fail whoever shares it. */
function refuseLarge(message: wire.ScoreRequest): void {
  if (textIn(message) * BYTES_PER_UNIT <= MESSAGE_BYTES) return;
  const { length } = RewardRequestCodec.encode(message).finish();
  if (length <= MESSAGE_BYTES) return;
  throw new BadInputError({
    source: 'a request to the reward server',
    found: `${length} bytes for ${message.items.length} prompts`,
    allowed: `at most ${MESSAGE_BYTES} bytes; ask about fewer answers at a time`,
  });
}

function itemOf({ prompt, promptTokenIds, answers }: ScoreRequest['items'][number]): PromptToScore {
  const { locale, text, category } = prompt;
  return { prompt: text, locale, promptTokenIds, answers, ...(category === undefined ? {} : { category }) };
}

/**
 * Its process is not there or starts again, or it has too much to do for now. Nobody waits for tomorrow's quota, and a deadline
 * that has passed is not asked anew.
 */
function isTransient(thrown: unknown): boolean {
  const { code, retryAfterMs = 0 } = MajlisError.from(thrown);
  if (code === 'resource_exhausted') return retryAfterMs <= LONGEST_WAIT_MS;
  return code === 'unavailable' || code === 'aborted';
}

/** Twice as long each time, and at least as long as the server said. */
function delayMs(attempt: number, result: object): number {
  const growing = Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** (attempt - 1));
  const error = 'error' in result ? MajlisError.from(result.error) : undefined;
  return Math.max(growing, error?.retryAfterMs ?? 0);
}
