/**
 * What comes back, before it counts: read, compared with its task, stored.
 *
 * - Nothing that arrives is fatal. What does not count is refused: counted by its reason and kept in the dead letters.
 * - The first stored result of a task wins; the same again is no news, another payload is refused with an alarm.
 * - What is known of tasks that have ended is the ledger's: nothing here grows with a run's history.
 */
import type { Delivery } from '../../core/bus/bus.js';
import type { RolloutTask, TrajectoryGroup } from '../../core/domain/trajectory.js';
import { WORKER_HEADER } from '../../core/domain/worker.js';
import { MajlisError } from '../../core/errors.js';
import { decodeRolloutResult } from '../../core/rpc/rollout-codec.js';
import type { RolloutResult } from '../../core/rpc/rollout-codec.js';
import { sha256 } from '../../core/runtime/content-hash.js';
import { refusalOf } from './admission.js';
import type { DispatcherOptions } from './dispatcher.js';
import { largestResult } from './largest-result.js';
import type { Refusal } from './refusal.js';
import { storeResult } from './store-result.js';

type IntakeOptions = Pick<
  DispatcherOptions,
  'ledger' | 'artifacts' | 'observer' | 'tasks' | 'engineFingerprint'
>;

export class ResultIntake {
  private readonly largest: number;

  constructor(private readonly options: IntakeOptions) {
    this.largest = largestResult(options.tasks);
  }

  /** What a delivery says; undefined where it was refused. */
  async read(delivery: Delivery): Promise<RolloutResult | undefined> {
    const read = this.decoded(delivery);
    if (!('message' in read)) return read;
    await this.refuse(delivery, read);
    return undefined;
  }

  /** True where the group answers the task as it was asked; otherwise it was refused. */
  async fits(delivery: Delivery, task: RolloutTask, group: TrajectoryGroup): Promise<boolean> {
    const refusal = refusalOf(group, task, this.options.engineFingerprint);
    if (refusal === undefined) return true;
    await this.refuse(delivery, {
      ...refusal,
      message: `result of ${task.id} was refused: ${refusal.message}`,
    });
    return false;
  }

  /** True where this payload is the open task's result, which is stored then; otherwise it was refused. */
  async store(delivery: Delivery, { id: taskId, iteration }: RolloutTask): Promise<boolean> {
    const { run } = this.options.tasks;
    const result = { run, taskId, iteration, data: delivery.data };
    const { verdict, payloadHash } = await storeResult(this.options, result);
    switch (verdict) {
      case 'accepted':
        return true;
      case 'duplicate':
        this.options.observer.resultRepeated?.();
        return true;
      case 'conflict':
        await this.refuse(delivery, conflicting(taskId, payloadHash));
        return false;
      case 'unknown_task':
        throw new MajlisError(`the ledger does not know task ${taskId}, which was issued`, {
          code: 'internal',
        });
    }
  }

  /** A result of a task that is not open. True where it says nothing new; otherwise it was refused. */
  async late(delivery: Delivery, taskId: string): Promise<boolean> {
    const { ledger, observer, tasks } = this.options;
    const known = await ledger.task(tasks.run, taskId);
    if (known === undefined) return this.refuseUnknown(delivery, `no task ${taskId} was issued`);
    if (known.state === 'outstanding')
      return this.refuseUnknown(delivery, `task ${taskId} is not asked for now`);
    const payloadHash = sha256(delivery.data);
    const again = { taskId, iteration: known.iteration, payloadHash };
    if ((await ledger.acceptResult(tasks.run, again)) === 'conflict') {
      await this.refuse(delivery, conflicting(taskId, payloadHash));
      return false;
    }
    observer.resultRepeated?.();
    return true;
  }

  private decoded({ run, data }: Delivery): RolloutResult | Refusal {
    const { tasks } = this.options;
    if (run !== tasks.run) {
      return { reason: 'unknown_run', message: `a result is for run ${run}, this one is ${tasks.run}` };
    }
    if (data.byteLength > this.largest) {
      const message = `a result has ${data.byteLength} bytes, the longest may have ${this.largest}`;
      return { reason: 'too_large', message };
    }
    try {
      return decodeRolloutResult(data);
    } catch (thrown) {
      const { message } = MajlisError.from(thrown);
      return { reason: 'unreadable', message: `a result is unreadable: ${message}` };
    }
  }

  private async refuseUnknown(delivery: Delivery, message: string): Promise<false> {
    await this.refuse(delivery, { reason: 'unknown_task', message });
    return false;
  }

  private async refuse(delivery: Delivery, refusal: Refusal): Promise<void> {
    const { observer } = this.options;
    const kind = refusal.reason === 'conflicting' ? 'conflicting_result' : 'refused_result';
    observer.resultRefused?.(refusal, delivery.headers[WORKER_HEADER]);
    observer.alarm?.({ kind, message: refusal.message });
    await delivery.terminate(`${refusal.reason}: ${refusal.message}`);
  }
}

function conflicting(taskId: string, payloadHash: string): Refusal {
  return { reason: 'conflicting', message: `task ${taskId} came back with another payload, ${payloadHash}` };
}
