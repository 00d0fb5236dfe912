import { MajlisError } from '../../errors.js';
import { openRuntime } from '../../network/session/inference-session.js';
import type { RuntimeName } from '../../network/session/inference-session.js';
import { runtimeFingerprint } from '../../network/session/runtime-fingerprint.js';
import { ThreadPool } from '../../network/session/thread-pool.js';
import { compiledModule } from '../../runtime/package-root.js';
import type { AdamOutcome } from './adam.js';
import type { TrainerThreadData } from './trainer-thread.js';
import type { SharedFloats, TrainerTask, TrainerTaskResult } from './trainer-task.js';

type TaskOf<Kind extends TrainerTask['kind']> = Omit<Extract<TrainerTask, { kind: Kind }>, 'kind'>;

export interface ComputePoolOptions {
  readonly threads: number;
  /** Forces a backend; the native one is taken where it can be loaded otherwise. */
  readonly runtime?: RuntimeName;
}

/** The threads that trainers compute on, and the shared memory for gradients. Several trainers may share one. */
export class ComputePool {
  private readonly pool: ThreadPool<TrainerTask, TrainerTaskResult>;
  private readonly spare = new Map<number, SharedFloats[]>();

  constructor(private readonly options: ComputePoolOptions) {
    const data: TrainerThreadData = options.runtime === undefined ? {} : { runtime: options.runtime };
    this.pool = new ThreadPool({
      module: compiledModule('core/trainer/embedded/trainer-thread'),
      threads: options.threads,
      data,
    });
  }

  async fingerprint(): Promise<string> {
    return runtimeFingerprint(await openRuntime(this.options.runtime));
  }

  /** Runs a graph; gradients go to the task's memory, other outputs come back. */
  async run(task: TaskOf<'run'>): Promise<Record<string, Float32Array>> {
    const result = await this.pool.run({ kind: 'run', ...task });
    return result.kind === 'run' ? result.outputs : wrongResult(result.kind);
  }

  async accumulate(task: TaskOf<'accumulate'>): Promise<void> {
    await this.pool.run({ kind: 'accumulate', ...task });
  }

  async adam(task: TaskOf<'adam'>): Promise<AdamOutcome> {
    const result = await this.pool.run({ kind: 'adam', ...task });
    return result.kind === 'adam' ? result.outcome : wrongResult(result.kind);
  }

  /** Memory for a gradient of that many bytes, for as long as `use` takes. Its contents are whatever was there. */
  async lend<Result>(
    bytes: number,
    count: number,
    use: (memory: readonly SharedFloats[]) => Promise<Result>,
  ): Promise<Result> {
    const spare = this.spare.get(bytes) ?? [];
    this.spare.set(bytes, spare);
    const memory = Array.from({ length: count }, () => spare.pop() ?? new SharedArrayBuffer(bytes));
    const result = await use(memory);
    // Not given back after a failure: a thread may still be writing.
    spare.push(...memory);
    return result;
  }

  async close(): Promise<void> {
    await this.pool.close();
  }
}

function wrongResult(kind: string): never {
  throw new MajlisError(`A trainer thread answered with ${kind}, which is not what it was asked for.`, {
    code: 'internal',
  });
}
