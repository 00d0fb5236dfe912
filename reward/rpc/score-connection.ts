import type { ClientDuplexStream, ServiceError } from '@grpc/grpc-js';
import type * as wire from '../../proto/gen/majlis/v1/reward.js';
import { BadInputError, MajlisError } from '../../core/errors.js';
import { SUPPORTED_PROTOCOL } from '../../core/rpc/negotiate-protocol.js';
import { failureFromMessage, fromGrpcStatus } from '../../core/rpc/status.js';
import { MOST_AT_HAND } from './score-stream.js';
import { textIn } from './text-in.js';

export type ScoreCall = ClientDuplexStream<wire.ScoreStreamRequest, wire.ScoreStreamResponse>;

interface Asked {
  readonly number: number;
  readonly request: wire.ScoreRequest;
  readonly traceparent: string | undefined;
  resolve(response: wire.ScoreResponse): void;
  reject(error: MajlisError): void;
}

/** About how much text one message of requests holds at most, unless a single request does, in UTF-16 units. */
const TEXT_PER_MESSAGE = 256 * 1024;
const SOURCE = 'message majlis.v1.ScoreStreamResponse';

/**
 * One stream of a client, from its hello to its end. What is asked in one tick is sent at once; the server is never asked more
 * than it takes at hand. When the stream ends, whatever was not answered fails with its status.
 */
export class ScoreConnection {
  /** Asked and not sent. */
  private waiting: Asked[] = [];
  private readonly sent = new Map<number, Asked>();
  private next = 0;
  private isFlushing = false;
  private isBlocked = false;
  private ended: MajlisError | undefined;

  constructor(
    private readonly call: ScoreCall,
    software: string,
  ) {
    call.on('data', (response: wire.ScoreStreamResponse) => this.receive(response));
    call.on('drain', () => this.unblock());
    call.on('error', (error: ServiceError) => this.fail(whyCut(error)));
    call.on('end', () => this.fail(hasEnded()));
    call.write({ message: { $case: 'hello', value: { protocol: SUPPORTED_PROTOCOL, software } } });
  }

  /** False once it has ended: whoever asks then needs another. */
  get isOpen(): boolean {
    return this.ended === undefined;
  }

  /** The response to one request; a signal that fires is `cancelled`. */
  ask(request: wire.ScoreRequest, signal: AbortSignal, traceparent?: string): Promise<wire.ScoreResponse> {
    return new Promise((resolve, reject) => {
      if (this.ended !== undefined) {
        reject(this.ended);
        return;
      }
      const leave = (): void => {
        this.forget(asked.number);
        reject(new MajlisError('whoever asked waits no more', { code: 'cancelled' }));
      };
      const over = (): void => signal.removeEventListener('abort', leave);
      const asked: Asked = {
        ...{ number: this.next, request, traceparent },
        resolve: (response) => (over(), resolve(response)),
        reject: (error) => (over(), reject(error)),
      };
      signal.addEventListener('abort', leave, { once: true });
      this.next += 1;
      this.waiting.push(asked);
      this.flushSoon();
    });
  }

  close(): void {
    this.fail(new MajlisError('the connection was closed', { code: 'cancelled' }));
  }

  private forget(number: number): void {
    this.waiting = this.waiting.filter((asked) => asked.number !== number);
    // Its place at the server is taken until the answer comes; the answer is then nobody's.
  }

  private flushSoon(): void {
    if (this.isFlushing || this.isBlocked) return;
    this.isFlushing = true;
    process.nextTick(() => this.flush());
  }

  private flush(): void {
    this.isFlushing = false;
    while (!this.isBlocked && this.isOpen && this.waiting.length > 0 && this.sent.size < MOST_AT_HAND) {
      const now = this.takeWaiting();
      for (const asked of now) this.sent.set(asked.number, asked);
      const requests = now.map(({ number, request, traceparent }) => ({ number, request, traceparent }));
      this.isBlocked = !this.call.write({ message: { $case: 'scores', value: { requests } } });
    }
  }

  private takeWaiting(): Asked[] {
    const room = MOST_AT_HAND - this.sent.size;
    let text = 0;
    const over = this.waiting.findIndex(({ request }, at) => {
      text += textIn(request);
      return at === room || text > TEXT_PER_MESSAGE;
    });
    const now = this.waiting;
    const end = over === -1 ? now.length : Math.max(1, over);
    this.waiting = now.slice(end);
    return now.slice(0, end);
  }

  private unblock(): void {
    this.isBlocked = false;
    this.flush();
  }

  private receive({ message }: wire.ScoreStreamResponse): void {
    if (message?.$case === 'hello') return;
    if (message === undefined) {
      this.fail(new BadInputError({ source: SOURCE, found: 'nothing', allowed: 'hello or results' }));
      return;
    }
    for (const result of message.value.results) this.settle(result);
    this.flushSoon();
  }

  private settle({ number = -1, result }: wire.NumberedScoreResult): void {
    const asked = this.sent.get(number);
    this.sent.delete(number);
    if (asked === undefined) return;
    if (result?.$case === 'scored') asked.resolve(result.value);
    else if (result?.$case === 'failed') asked.reject(failureFromMessage(result.value));
    else asked.reject(new BadInputError({ source: SOURCE, found: 'nothing', allowed: 'scored or failed' }));
  }

  private fail(error: MajlisError): void {
    if (this.ended !== undefined) return;
    this.ended = error;
    this.call.cancel();
    for (const asked of [...this.sent.values(), ...this.waiting]) asked.reject(error);
    this.sent.clear();
    this.waiting = [];
  }
}

/** Nobody here has cancelled it: a server that is stopped by force cuts its streams in that way. */
function whyCut(status: ServiceError): MajlisError {
  const error = fromGrpcStatus(status);
  if (error.code !== 'cancelled') return error;
  return new MajlisError('the reward server cut the stream', { code: 'unavailable', cause: error });
}

function hasEnded(): MajlisError {
  return new MajlisError('the reward server ended the stream; it is stopping', { code: 'unavailable' });
}
