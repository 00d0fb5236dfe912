import { setMaxListeners } from 'node:events';
import type { ServerDuplexStream } from '@grpc/grpc-js';
import type * as wire from '../../proto/gen/majlis/v1/reward.js';
import { BadInputError } from '../../core/errors.js';
import { answerHello } from '../../core/rpc/negotiate-protocol.js';
import { failureToMessage, toGrpcStatus } from '../../core/rpc/status.js';

type ScoreCall = ServerDuplexStream<wire.ScoreStreamRequest, wire.ScoreStreamResponse>;

export interface ScoreStreamOptions {
  readonly software: string;
  /** Answers one request, with the span that caused it where it names one; what it throws concerns that request alone. */
  answer(
    request: wire.ScoreRequest | undefined,
    signal: AbortSignal,
    traceparent?: string,
  ): Promise<wire.ScoreResponse>;
  /** Fires when the process stops: no further request is read. */
  readonly stopping: AbortSignal;
}

/** Requests of one stream that are at hand at one time: while there are so many, none is read. No message holds more. */
export const MOST_AT_HAND = 256;

/** About how much one message of results weighs at most, unless a single result does; clients refuse 4 MiB by default. */
const MESSAGE_BYTES = 1024 * 1024;
const FAILURE_BYTES = 4096;
const RESULT_BYTES = 256;
const OUTCOME_BYTES = 32;
/** UTF-8 of a UTF-16 unit, at most. */
const BYTES_PER_UNIT = 3;
const SOURCE = 'message majlis.v1.ScoreStreamRequest';

/**
 * Serves one stream to its end. Results that become ready in one tick are written at once. A request's place is free again
 * once its result was taken by the transport, so that a client which sends and never reads is not read either.
 */
export function serveScoreStream(call: ScoreCall, options: ScoreStreamOptions): void {
  new ScoreStream(call, options).serve();
}

class ScoreStream {
  private readonly gone = new AbortController();
  private isGreeted = false;
  /** No further request is taken. */
  private isEnding = false;
  private atHand = 0;
  private ready: wire.NumberedScoreResult[] = [];
  private isFlushing = false;
  /** Results that were written and that the transport has not taken yet. */
  private untaken = 0;
  private readonly stop = (): void => this.endRequests();

  constructor(
    private readonly call: ScoreCall,
    private readonly options: ScoreStreamOptions,
  ) {}

  serve(): void {
    const { call } = this;
    const { stopping } = this.options;
    call.on('data', (message: wire.ScoreStreamRequest) => this.receive(message));
    call.on('drain', () => this.taken());
    call.once('end', this.stop);
    call.once('cancelled', () => this.leave());
    // As many requests at hand listen to the one, as many streams to the other.
    setMaxListeners(0, this.gone.signal, stopping);
    if (stopping.aborted) this.endRequests();
    else stopping.addEventListener('abort', this.stop, { once: true });
  }

  private receive({ message }: wire.ScoreStreamRequest): void {
    if (this.isEnding) return;
    try {
      if (this.isGreeted) this.begin(message);
      else this.greet(message);
    } catch (thrown) {
      this.leave();
      this.call.emit('error', toGrpcStatus(thrown));
    }
  }

  private greet(message: wire.ScoreStreamRequest['message']): void {
    if (message?.$case !== 'hello') throw unexpected(message?.$case, 'hello, which comes first');
    const value = answerHello(message.value, this.options.software);
    this.isGreeted = true;
    this.call.write({ message: { $case: 'hello', value } });
  }

  private begin(message: wire.ScoreStreamRequest['message']): void {
    if (message?.$case !== 'scores') throw unexpected(message?.$case, 'scores');
    const { requests } = message.value;
    if (requests.length > MOST_AT_HAND) {
      throw unexpected(`scores with ${requests.length} requests`, `at most ${MOST_AT_HAND} in one message`);
    }
    for (const { number, request, traceparent } of requests) {
      if (number === undefined) throw unexpected('a request without a number', 'scores.requests.number');
      this.answer(number, request, traceparent);
    }
    if (this.atHand >= MOST_AT_HAND) this.call.pause();
  }

  private answer(number: number, request: wire.ScoreRequest | undefined, traceparent?: string): void {
    this.atHand += 1;
    this.options.answer(request, this.gone.signal, traceparent).then(
      (value) => this.tell({ number, result: { $case: 'scored', value } }),
      (thrown: unknown) =>
        this.tell({ number, result: { $case: 'failed', value: failureToMessage(thrown) } }),
    );
  }

  private tell(result: wire.NumberedScoreResult): void {
    this.ready.push(result);
    if (this.isFlushing || this.untaken > 0) return;
    this.isFlushing = true;
    // After all that is settled in this tick has told its result.
    process.nextTick(() => this.flush());
  }

  private flush(): void {
    this.isFlushing = false;
    while (this.ready.length > 0 && !this.gone.signal.aborted) {
      const results = this.takeReady();
      const isTaken = this.call.write({ message: { $case: 'results', value: { results } } });
      if (!isTaken) {
        this.untaken = results.length;
        return;
      }
      this.release(results.length);
    }
  }

  /** As many results as make a message. */
  private takeReady(): wire.NumberedScoreResult[] {
    let bytes = 0;
    const end = this.ready.findIndex((result) => (bytes += bytesOf(result)) > MESSAGE_BYTES);
    const results = this.ready;
    this.ready = end === -1 ? [] : results.slice(Math.max(1, end));
    return end === -1 ? results : results.slice(0, Math.max(1, end));
  }

  /** The transport has taken all that was written. */
  private taken(): void {
    const { untaken } = this;
    this.untaken = 0;
    this.release(untaken);
    this.flush();
  }

  private release(places: number): void {
    this.atHand -= places;
    if (this.isEnding) this.endWhenDone();
    else if (this.atHand < MOST_AT_HAND && this.call.isPaused()) this.call.resume();
  }

  private endRequests(): void {
    this.isEnding = true;
    this.options.stopping.removeEventListener('abort', this.stop);
    this.endWhenDone();
  }

  private endWhenDone(): void {
    if (this.atHand === 0 && !this.gone.signal.aborted) this.call.end();
  }

  /** The client has gone, or is to go: nothing more is read, scored or written. */
  private leave(): void {
    this.isEnding = true;
    this.options.stopping.removeEventListener('abort', this.stop);
    this.gone.abort();
  }
}

/** About what a result weighs as a message: reasons can be long, all else is not. */
function bytesOf({ result }: wire.NumberedScoreResult): number {
  if (result?.$case !== 'scored') return FAILURE_BYTES;
  let bytes = RESULT_BYTES;
  for (const { outcomes } of result.value.items) {
    for (const { outcome } of outcomes) {
      bytes += OUTCOME_BYTES;
      if (outcome === undefined || outcome.$case === 'scored') continue;
      const { length } =
        outcome.$case === 'unparseable' ? (outcome.value.raw ?? '') : (outcome.value.reason ?? '');
      bytes += BYTES_PER_UNIT * length;
    }
  }
  return bytes;
}

function unexpected(found: string | undefined, allowed: string): BadInputError {
  return new BadInputError({ source: SOURCE, found: found ?? 'nothing', allowed });
}
