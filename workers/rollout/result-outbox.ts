import type { Bus, OutgoingMessage } from '../../core/bus/bus.js';
import { countForParcel, publishTogether } from '../../core/bus/parcel.js';
import { publishWhenThereIsRoom } from '../../core/bus/publish-when-there-is-room.js';
import { MajlisError } from '../../core/errors.js';
import type { Clock } from '../../core/runtime/clock.js';

export interface ResultOutboxOptions {
  readonly bus: Bus;
  readonly queue: string;
  readonly clock: Clock;
  /** Pause before a refused publish is tried again. */
  readonly retryMs: number;
  /** Parts that a parcel may have. */
  readonly parcelSize: number;
  /** Names a publish for good; no two are given the same. */
  readonly nextId: (firstTask: string) => string;
}

/** A result on its way. */
export interface OutgoingResult {
  readonly taskId: string;
  readonly run: string;
  readonly data: Uint8Array;
  readonly headers: NonNullable<OutgoingMessage['headers']>;
}

interface Waiting {
  readonly result: OutgoingResult;
  readonly resolve: () => void;
  readonly reject: (error: MajlisError) => void;
}

/** Publishes under way at a time, where results travel in parcels: what is finished meanwhile goes together. */
const TOGETHER = 2;

/**
 * Results on their way to their queue. Where results travel in parcels, what is finished while others are being stored goes
 * out as one; nothing waits for the sake of a parcel.
 */
export class ResultOutbox {
  private waiting: Waiting[] = [];
  private sending = 0;

  constructor(private readonly options: ResultOutboxOptions) {}

  /**
   * Resolves when the result is stored. A full queue is waited for; rejects with `cancelled` when the signal fires, which
   * is the same for all.
   */
  publish(result: OutgoingResult, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ result, resolve, reject });
      this.send(signal);
    });
  }

  private send(signal: AbortSignal): void {
    const most = this.options.parcelSize > 1 ? TOGETHER : Infinity;
    while (this.waiting.length > 0 && this.sending < most) {
      const group = this.nextGroup();
      this.sending += 1;
      this.store(group, signal)
        .then(
          () => group.forEach(({ resolve }) => resolve()),
          (thrown: unknown) => group.forEach(({ reject }) => reject(MajlisError.from(thrown))),
        )
        .finally(() => {
          this.sending -= 1;
          this.send(signal);
        });
    }
  }

  /** The first of those that wait, and what follows it as far as one parcel carries it. */
  private nextGroup(): Waiting[] {
    const results = this.waiting.slice(0, this.options.parcelSize).map(({ result }) => result);
    return this.waiting.splice(0, countForParcel(results, this.options.parcelSize));
  }

  private async store(group: readonly Waiting[], signal: AbortSignal): Promise<void> {
    const { bus, queue, clock, retryMs, nextId } = this.options;
    const [{ result: first }] = group;
    const parts = group.map(({ result }) => result);
    const parcel = { run: first.run, dedupeId: nextId(first.taskId), parts };
    const publish = () => publishTogether(bus, queue, parcel);
    await publishWhenThereIsRoom(publish, { queue, clock, retryMs, signal });
  }
}
