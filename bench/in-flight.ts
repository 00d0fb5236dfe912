import type { Engine } from '../core/engine/engine.js';
import type { Clock } from '../core/runtime/clock.js';
import type { Trainer } from '../core/trainer/trainer.js';

/** Time in which at least one call of those that it watches is under way: the union of their intervals. */
export class InFlight {
  private calls = 0;
  private since = 0;
  private finished = 0;

  constructor(private readonly clock: Clock) {}

  /** Milliseconds so far. */
  get milliseconds(): number {
    return this.finished + (this.calls > 0 ? this.clock.monotonic() - this.since : 0);
  }

  async watch<Result>(call: () => Promise<Result>): Promise<Result> {
    if (this.calls === 0) this.since = this.clock.monotonic();
    this.calls += 1;
    try {
      return await call();
    } finally {
      this.calls -= 1;
      if (this.calls === 0) this.finished += this.clock.monotonic() - this.since;
    }
  }
}

/** The engine, with every load and generation watched. */
export function watchedEngine(engine: Engine, inFlight: InFlight): Engine {
  return {
    fingerprint: engine.fingerprint,
    deterministic: engine.deterministic,
    get contextLength() {
      return engine.contextLength;
    },
    load: (...given) => inFlight.watch(() => engine.load(...given)),
    generate: (...given) => inFlight.watch(() => engine.generate(...given)),
    close: () => engine.close(),
  };
}

/** The trainer, with every call on a model watched. */
export function watchedTrainer(trainer: Trainer, inFlight: InFlight): Trainer {
  return {
    capabilities: () => trainer.capabilities(),
    createModel: (...given) => inFlight.watch(() => trainer.createModel(...given)),
    forward: (...given) => inFlight.watch(() => trainer.forward(...given)),
    forwardBackward: (...given) => inFlight.watch(() => trainer.forwardBackward(...given)),
    optimStep: (...given) => inFlight.watch(() => trainer.optimStep(...given)),
    publishWeights: (...given) => inFlight.watch(() => trainer.publishWeights(...given)),
    saveCheckpoint: (...given) => inFlight.watch(() => trainer.saveCheckpoint(...given)),
    loadCheckpoint: (...given) => inFlight.watch(() => trainer.loadCheckpoint(...given)),
    deleteModel: (...given) => inFlight.watch(() => trainer.deleteModel(...given)),
    close: () => trainer.close(),
  };
}
