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
  /** When it fires, what waits for room is given up. */
  readonly signal: AbortSignal;
}

/** A result on its way. */
export interface OutgoingResult {
  readonly taskId: string;
  readonly run: string;
  readonly data: Uint8Array;
  readonly headers: NonNullable<OutgoingMessage['headers']>;
}

interface Waiting extends OutgoingResult {
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

  /** Resolves when the result is stored. A full queue is waited for; rejects with `cancelled` when the signal fires. */
  publish({ taskId, run, data, headers }: OutgoingResult): Promise<void> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ taskId, run, data, headers, resolve, reject });
      this.send();
    });
  }

  private send(): void {
    const { parcelSize } = this.options;
    const most = parcelSize > 1 ? TOGETHER : Infinity;
    while (this.waiting.length > 0 && this.sending < most) {
      // The first of those that wait, and what follows it as far as one parcel carries it.
      const group = this.waiting.splice(0, countForParcel(this.waiting, parcelSize));
      this.sending += 1;
      this.store(group)
        .then(
          () => group.forEach(({ resolve }) => resolve()),
          (thrown: unknown) => group.forEach(({ reject }) => reject(MajlisError.from(thrown))),
        )
        .finally(() => {
          this.sending -= 1;
          this.send();
        });
    }
  }

  private async store(group: readonly Waiting[]): Promise<void> {
    const { bus, queue, clock, retryMs, nextId, signal } = this.options;
    const [{ run, taskId }] = group;
    const parts = group.map(({ data, headers }) => ({ data, headers }));
    const parcel = { run, dedupeId: nextId(taskId), parts };
    const publish = () => publishTogether(bus, queue, parcel);
    await publishWhenThereIsRoom(publish, { queue, clock, retryMs, signal });
  }
}
