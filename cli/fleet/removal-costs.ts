/**
 * Tells whoever removes workers which of them costs least: Kubernetes picks pods blindly unless they are annotated.
 *
 * - Best effort: a worker that is removed while it is busy hands its tasks back, so that nothing is lost by a cost that is old.
 * - Told seldom: idle or busy, and then whenever what would be done again has doubled.
 */
import type { WorkerStatus } from '../../core/domain/worker.js';
import { MajlisError } from '../../core/errors.js';
import type { Clock } from '../../core/runtime/clock.js';

export interface RemovalCostsOptions {
  /** The workers at this time. */
  readonly workers: () => readonly Pick<WorkerStatus, 'worker' | 'removalCost'>[];
  readonly tell: (worker: string, cost: number) => Promise<void>;
  readonly clock: Clock;
  /** A cost was not told; it is tried again at the next look. Once for each sentence in a row. */
  readonly onFailure: (error: MajlisError) => void;
}

const LOOK_EVERY_MS = 30_000;

/** Looks every half a minute until it is closed. */
export class RemovalCosts {
  private readonly stopping = new AbortController();
  private readonly told = new Map<string, number>();
  private readonly looking: Promise<void>;
  private failure: string | undefined;

  constructor(private readonly options: RemovalCostsOptions) {
    this.looking = this.run();
  }

  async close(): Promise<void> {
    this.stopping.abort();
    await this.looking;
  }

  private async run(): Promise<void> {
    const { signal } = this.stopping;
    while (!signal.aborted) {
      await this.look();
      await this.options.clock.sleep(LOOK_EVERY_MS, signal).catch(() => undefined);
    }
  }

  private async look(): Promise<void> {
    const workers = this.options.workers();
    const there = new Set(workers.map(({ worker }) => worker));
    for (const worker of this.told.keys()) if (!there.has(worker)) this.told.delete(worker);
    for (const { worker, removalCost } of workers) {
      const cost = coarse(removalCost);
      if (this.told.get(worker) === cost || this.stopping.signal.aborted) continue;
      await this.tell(worker, cost);
    }
  }

  private async tell(worker: string, cost: number): Promise<void> {
    try {
      await this.options.tell(worker, cost);
      this.told.set(worker, cost);
      this.failure = undefined;
    } catch (thrown) {
      const error = MajlisError.from(thrown);
      if (error.message !== this.failure) this.options.onFailure(error);
      this.failure = error.message;
    }
  }
}

/** The power of two below. */
function coarse(cost: number): number {
  return cost === 0 ? 0 : 2 ** Math.floor(Math.log2(cost));
}
