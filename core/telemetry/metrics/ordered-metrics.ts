import { MajlisError } from '../../errors.js';
import type { RunState } from '../../domain/run-state.js';
import type { Metrics, MetricsSink } from './metrics-sink.js';

/** What an adapter has to know: how to add one step, and how to end. Never called twice at once, nor after `end`. */
export interface MetricsWriter {
  append(step: number, metrics: Metrics, atMs: number): Promise<void>;
  end(state: RunState): Promise<void>;
}

/** The promises that all sinks share (steps go forward, calls in order, nothing after the end), over any writer. */
export class OrderedMetrics implements MetricsSink {
  private tail: Promise<void> = Promise.resolve();
  private isFinished = false;

  /** `lastStep`: the last step that the writer's place holds already. */
  constructor(
    private readonly writer: MetricsWriter,
    private lastStep = Number.NEGATIVE_INFINITY,
  ) {}

  write(step: number, metrics: Metrics, atMs: number): Promise<void> {
    return this.inOrder(async () => {
      if (this.isFinished) {
        throw new MajlisError(`Metrics of step ${step} came after the end.`, { code: 'failed_precondition' });
      }
      if (step <= this.lastStep) return;
      await this.writer.append(step, metrics, atMs);
      this.lastStep = step;
    });
  }

  finish(state: RunState): Promise<void> {
    return this.inOrder(async () => {
      if (this.isFinished) return;
      await this.writer.end(state);
      this.isFinished = true;
    });
  }

  /** A call that fails is its caller's matter; the next one starts all the same. */
  private inOrder(call: () => Promise<void>): Promise<void> {
    const done = this.tail.then(call);
    this.tail = done.catch(() => undefined);
    return done;
  }
}
