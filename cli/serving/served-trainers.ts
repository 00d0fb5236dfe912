import type { Clock } from '../../core/runtime/clock.js';
import type { Logger } from '../../core/telemetry/logger.js';
import { EmbeddedTrainer } from '../../core/trainer/embedded-trainer.js';
import type { Trainer } from '../../core/trainer/trainer.js';
import { connectTorch, type TorchPlace } from '../pipeline/connect-torch.js';
import { ServedTrainer } from './served-trainer.js';

export interface ServedTrainersOptions {
  /** Of the embedded one, which is started by the first of its networks. */
  readonly threads: number;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Ends the wait for a trainer that does not listen yet. */
  readonly signal: AbortSignal;
  /** Told when a PyTorch trainer went away, and when it is back. */
  readonly onChange: (sentence: string) => void;
}

/** A trainer that a server's file names, and that file: paths are relative to its folder. */
export interface NamedTrainer extends TorchPlace {
  readonly file: string;
}

/** Waiting that is longer is told. */
const SILENCE_MS = 2000;
/** One quick try more is for a connection that was only idle; whoever is refused asks again. */
const RETRY_MS = [100];

/** The trainers that a reward server's networks stand in: one connection to each, as long as the server lives. */
export class ServedTrainers {
  private started: EmbeddedTrainer | undefined;
  private readonly torch = new Map<string, Promise<ServedTrainer>>();
  private closed: Promise<void> | undefined;

  constructor(private readonly options: ServedTrainersOptions) {}

  embedded(): Trainer {
    return (this.started ??= EmbeddedTrainer.create({ threads: this.options.threads }));
  }

  /** Waits for a PyTorch trainer to listen; one that was not there is asked anew by the next who names it. */
  async connect(named: NamedTrainer): Promise<ServedTrainer> {
    const key = JSON.stringify(named);
    const known = this.torch.get(key);
    if (known !== undefined) return known;
    const connecting = this.connected(key, named);
    this.torch.set(key, connecting);
    try {
      return await connecting;
    } catch (thrown) {
      this.torch.delete(key);
      throw thrown;
    }
  }

  /** Ends the connections, and so what is asked over them; once for all. */
  close(): Promise<void> {
    return (this.closed ??= this.closeAll());
  }

  private async closeAll(): Promise<void> {
    // What does not connect is told to whoever names it.
    for (const connecting of this.torch.values()) await connecting.then(close, () => undefined);
    await this.started?.close();
  }

  private async connected(key: string, { file, ...place }: NamedTrainer): Promise<ServedTrainer> {
    const { clock, logger, signal, onChange } = this.options;
    const quiet = clock.alarm(SILENCE_MS, () => onChange(`waiting for the trainer at ${place.address}`));
    const connecting = connectTorch(place, { file, clock, logger, signal, retryMs: RETRY_MS });
    const trainer = await connecting.finally(quiet);
    return new ServedTrainer({ address: place.address, key, trainer, clock, onChange });
  }
}

function close(trainer: ServedTrainer): Promise<void> {
  return trainer.close();
}
