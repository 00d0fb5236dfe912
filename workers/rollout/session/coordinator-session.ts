/**
 * A worker's session with whichever coordinator there is: opened again, with growing pauses, for as long as the worker
 * lives. The worker goes on with its tasks while there is none.
 *
 * - A refusal is final: asking again would be answered alike. A process without a fleet refuses nobody; one that has a
 *   fleet may follow it.
 * - What a coordinator of an older epoch says than one that was heard is not obeyed.
 */
import type {
  WorkerDirective,
  WorkerHeartbeat,
  WorkerHello,
  WorkerWelcome,
} from '../../../core/domain/worker.js';
import { MajlisError } from '../../../core/errors.js';
import type { ErrorCode } from '../../../core/errors.js';
import { createRng } from '../../../core/math/rng.js';
import type { Clock } from '../../../core/runtime/clock.js';
import type { OpenSession, SessionStream } from './session-stream.js';

export interface CoordinatorSessionOptions {
  readonly open: OpenSession;
  /** Asked before each opening. */
  readonly hello: () => WorkerHello;
  /** Asked before each heartbeat. */
  readonly heartbeat: () => WorkerHeartbeat;
  readonly clock: Clock;
  readonly onWelcome?: (welcome: WorkerWelcome) => void;
  readonly onDirective: (directive: WorkerDirective) => void;
  /** The session is gone; another is tried after that many milliseconds. */
  readonly onLost?: (error: MajlisError, retryMs: number) => void;
}

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 5000;
/** Between two heartbeats that are sent because the load changed. */
const SHORTEST_INTERVAL_MS = 1000;
const FINAL: readonly ErrorCode[] = [
  'failed_precondition',
  'invalid_argument',
  'unauthenticated',
  'permission_denied',
];

export class CoordinatorSession {
  private stream: SessionStream | undefined;
  private newestEpoch = 0;
  private stopBeating = (): void => undefined;
  private interval = Infinity;
  private lastBeat = -Infinity;
  private failures = 0;
  private isEnding = false;

  constructor(private readonly options: CoordinatorSessionOptions) {}

  /** Whether a coordinator has welcomed the worker and the connection stands. */
  get isAttached(): boolean {
    return this.stream !== undefined;
  }

  /** Keeps a session until `end` or the signal (resolves); rejects when the coordinator refuses the worker for good. */
  async run(signal: AbortSignal): Promise<void> {
    const jitter = createRng(0).fork(this.options.hello().worker);
    while (!signal.aborted && !this.isEnding) {
      const error = await this.hold(signal);
      if (signal.aborted || this.isEnding) return;
      if (FINAL.includes(error.code)) throw error;
      const pause = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** this.failures);
      const retryMs = pause * (0.5 + jitter.uniform() / 2);
      this.failures += 1;
      this.options.onLost?.(error, retryMs);
      await this.options.clock.sleep(retryMs, signal).catch((thrown: unknown) => {
        if (!signal.aborted) throw thrown;
      });
    }
  }

  /** The load has changed: the coordinator hears of it soon. */
  loadChanged(): void {
    if (this.stream === undefined) return;
    const since = this.options.clock.monotonic() - this.lastBeat;
    if (since >= SHORTEST_INTERVAL_MS) this.beat();
    else this.beatIn(SHORTEST_INTERVAL_MS - since);
  }

  /** Sends a last heartbeat and ends the session, which `run` resolves by. */
  end(): void {
    this.isEnding = true;
    if (this.stream === undefined) return;
    this.beat();
    this.stopBeating();
    this.stream.end();
  }

  /** One session, from its hello to whatever ended it. */
  private async hold(signal: AbortSignal): Promise<MajlisError> {
    let stream: SessionStream | undefined;
    const cancel = (): void => stream?.cancel();
    signal.addEventListener('abort', cancel, { once: true });
    try {
      stream = await this.options.open(this.options.hello());
      if (signal.aborted) stream.cancel();
      for await (const message of stream.messages) {
        if (message.kind === 'welcome') this.welcomed(stream, message.welcome);
        else if (message.epoch >= this.newestEpoch) this.options.onDirective(message.directive);
      }
      return new MajlisError('the coordinator ended the session', { code: 'unavailable' });
    } catch (thrown) {
      return MajlisError.from(thrown);
    } finally {
      signal.removeEventListener('abort', cancel);
      this.stopBeating();
      this.stream = undefined;
    }
  }

  private welcomed(stream: SessionStream, welcome: WorkerWelcome): void {
    const { epoch, heartbeatIntervalMs } = welcome;
    if (epoch < this.newestEpoch) {
      const message = `a coordinator of epoch ${epoch} answered; one of epoch ${this.newestEpoch} was heard before`;
      throw new MajlisError(message, { code: 'aborted' });
    }
    this.newestEpoch = epoch;
    this.failures = 0;
    this.interval = heartbeatIntervalMs;
    this.stream = stream;
    this.options.onWelcome?.(welcome);
    this.beat();
  }

  private beat(): void {
    this.lastBeat = this.options.clock.monotonic();
    this.stream?.send(this.options.heartbeat());
    this.beatIn(this.interval);
  }

  private beatIn(milliseconds: number): void {
    this.stopBeating();
    this.stopBeating = this.options.clock.alarm(milliseconds, () => this.beat());
  }
}
