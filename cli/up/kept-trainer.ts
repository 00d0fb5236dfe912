/**
 * A trainer that is started again when it dies, at the same address: the run brings its models back by itself. One that keeps
 * dying soon after its start ends for good.
 */
import { MajlisError } from '../../core/errors.js';
import type { Clock } from '../../core/runtime/clock.js';
import { startTorchProcess } from '../commands/trainer/torch-process.js';
import type { TorchProcess, TorchProcessOptions } from '../commands/trainer/torch-process.js';
import type { LineListener, Service } from './service.js';

export interface TrainerToKeep extends TorchProcessOptions {
  readonly restart: boolean;
  readonly clock: Clock;
  readonly onLine: LineListener;
}

/** Deaths in a row, each within the time, that end it. */
const DEATHS = 3;
const SOON_MS = 60_000;

/** Starts it and waits until it listens. */
export async function startTrainer(
  options: TrainerToKeep,
): Promise<Service & { readonly address: string; readonly pid: () => number | undefined }> {
  const trainer = new KeptTrainer(options, await startTorchProcess(options));
  return {
    name: 'trainer',
    address: trainer.address,
    pid: () => trainer.pid,
    ended: trainer.kept(),
    stop: () => trainer.stop(),
  };
}

class KeptTrainer {
  readonly address: string;
  private isStopping = false;
  private soonDeaths = 0;

  constructor(
    private readonly options: TrainerToKeep,
    private process: TorchProcess,
  ) {
    this.address = process.address;
  }

  get pid(): number | undefined {
    return this.process.pid;
  }

  async stop(): Promise<void> {
    this.isStopping = true;
    await this.process.stop();
  }

  /** Its last exit status, once it is not started again. */
  async kept(): Promise<number | null> {
    for (;;) {
      const status = await this.lived();
      if (this.isStopping || !this.options.restart || this.soonDeaths >= DEATHS) return status;
      this.options.onLine(`ended with status ${String(status)}; it is started again`);
      if (!(await this.revived())) return status;
    }
  }

  private async lived(): Promise<number | null> {
    const { clock } = this.options;
    const start = clock.monotonic();
    const status = await this.process.ended;
    this.soonDeaths = clock.monotonic() - start < SOON_MS ? this.soonDeaths + 1 : 0;
    return status;
  }

  private async revived(): Promise<boolean> {
    try {
      const port = Number(this.address.slice(this.address.lastIndexOf(':') + 1));
      this.process = await startTorchProcess({ ...this.options, port });
    } catch (thrown) {
      this.options.onLine(MajlisError.from(thrown).message);
      return false;
    }
    if (this.isStopping) await this.process.stop();
    return true;
  }
}
