import type { Bus, Delivery } from '../../core/bus/bus.js';
import { MajlisError } from '../../core/errors.js';
import type { Clock } from '../../core/runtime/clock.js';

export interface TaskPullerOptions {
  readonly bus: Pick<Bus, 'pull' | 'parcelSize'>;
  readonly queues: { readonly tasks: string; readonly results: string };
  readonly clock: Clock;
  /** Tasks in work at a time. */
  readonly slots: number;
  /** Pause before a bus that cannot say how its queues are is asked again. */
  readonly retryDelayMs: number;
}

/** Rejects where no further task can be worked on. */
export type Work = (delivery: Delivery) => Promise<void>;

const PULL_WAIT_MS = 1000;

/**
 * Keeps the slots of a worker in use. It pulls no more than there are free slots for, so tasks wait where every worker can
 * reach them; what comes in parcels is asked for when there is room for one.
 */
export class TaskPuller {
  private working = 0;
  private failure: MajlisError | undefined;
  private paused: { readonly over: Promise<void>; readonly end: () => void } | undefined;
  private pulling = new AbortController();
  /** Wakes who waits for a task in work to end. */
  private wake = (): void => undefined;

  constructor(private readonly options: TaskPullerOptions) {}

  /** Pulls nothing until `resume`. */
  pause(): void {
    if (this.paused !== undefined) return;
    let end = (): void => undefined;
    const over = new Promise<void>((resolve) => {
      end = resolve;
    });
    this.paused = { over, end };
    this.pulling.abort();
  }

  resume(): void {
    this.paused?.end();
    this.paused = undefined;
  }

  /**
   * Pulls until the signal fires; tasks may then still be in work. Rejects where the bus or a work failed. The work is
   * opened once the bus has said how many results go together.
   */
  async pullUntil(stop: AbortSignal, openWork: (resultsTogether: number) => Work): Promise<void> {
    const { slots } = this.options;
    const stopped = new Promise<void>((resolve) => {
      if (stop.aborted) resolve();
      else stop.addEventListener('abort', () => resolve(), { once: true });
    });
    // One that is held back asks nothing: before the first run of the pool nobody has made its queues.
    if (this.paused !== undefined) await Promise.race([this.paused.over, stopped]);
    if (stop.aborted) return;
    const parcelSizes = await Promise.race([this.parcelSizes(stop), stopped]);
    if (parcelSizes === undefined) return;
    const work = openWork(parcelSizes.results);
    const least = Math.min(slots, parcelSizes.tasks);
    while (!stop.aborted) {
      if (this.failure !== undefined) throw this.failure;
      if (this.paused !== undefined) await Promise.race([this.paused.over, stopped]);
      else if (this.working > slots - least) await this.oneEnded();
      else for (const delivery of await this.pull(stop)) this.start(delivery, work);
    }
  }

  /** Resolves when no task is in work any more; rejects where one could not even be given back. */
  async whenIdle(): Promise<void> {
    while (this.working > 0) await this.oneEnded();
    if (this.failure !== undefined) throw this.failure;
  }

  private start(delivery: Delivery, work: Work): void {
    this.working += 1;
    work(delivery).then(this.ended, this.failed);
  }

  private readonly ended = (): void => {
    this.working -= 1;
    this.wake();
  };

  private readonly failed = (thrown: unknown): void => {
    this.failure ??= MajlisError.from(thrown);
    this.ended();
  };

  private oneEnded(): Promise<void> {
    return new Promise((resolve) => {
      this.wake = resolve;
    });
  }

  /** How many parts go together in either queue, as soon as the bus can say. */
  private async parcelSizes(
    stop: AbortSignal,
  ): Promise<{ readonly tasks: number; readonly results: number }> {
    const { bus, queues, clock, retryDelayMs } = this.options;
    for (;;) {
      try {
        return { tasks: await bus.parcelSize(queues.tasks), results: await bus.parcelSize(queues.results) };
      } catch (thrown) {
        if (MajlisError.from(thrown).code !== 'unavailable') throw thrown;
      }
      await clock.sleep(retryDelayMs, stop);
    }
  }

  private async pull(stop: AbortSignal): Promise<readonly Delivery[]> {
    const { bus, queues, slots } = this.options;
    this.pulling = new AbortController();
    const signal = AbortSignal.any([stop, this.pulling.signal]);
    const pull = { max: slots - this.working, waitMs: PULL_WAIT_MS, signal };
    try {
      return await bus.pull(queues.tasks, pull);
    } catch (thrown) {
      if (signal.aborted) return [];
      throw thrown;
    }
  }
}
