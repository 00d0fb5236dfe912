/**
 * What comes back in an async run, before it counts: read, compared with its task, stored.
 *
 * - The first stored result of a task wins, as in lockstep; another payload for an answered task is an alarm.
 * - A late answer to a task that was dropped is expected, and forgotten.
 */
import type { Delivery } from '../../core/bus/bus.js';
import type { TrajectoryGroup } from '../../core/domain/trajectory.js';
import { MajlisError } from '../../core/errors.js';
import type { TaskRecord } from '../../core/ledger/ledger.js';
import { decodeRolloutResult } from '../../core/rpc/rollout-codec.js';
import type { RolloutResult } from '../../core/rpc/rollout-codec.js';
import type { RunAlarm } from '../run-observer.js';
import { refusalOf } from './admission.js';
import type { DispatcherOptions } from './dispatcher.js';
import { storeResult } from './store-result.js';
import type { Slot, TaskSlots } from './task-slots.js';

/** What a delivery means for its task. */
export type Arrival =
  | { readonly kind: 'answered'; readonly slot: Slot; readonly result: TrajectoryGroup }
  /** Given up by its worker, or answered by a policy that has become too old. */
  | { readonly kind: 'too_old'; readonly slot: Slot }
  /** Nothing that is not known already. */
  | { readonly kind: 'late' }
  /** It is in the dead letters, with the reason. */
  | { readonly kind: 'refused' };

type Known = Pick<TaskRecord, 'id' | 'iteration' | 'state'>;

export class AsyncIntake {
  /** Tasks that have ended, with the iteration where an answer of theirs is stored. */
  private readonly ended = new Map<string, number | undefined>();

  constructor(
    private readonly options: DispatcherOptions,
    private readonly slots: TaskSlots,
    known: readonly Known[],
  ) {
    for (const task of known) this.remember(task);
  }

  /** Results of a task that has ended are not refused. */
  remember({ id, iteration, state }: Known): void {
    this.ended.set(id, state === 'consumed' ? iteration : undefined);
  }

  /** Reads a delivery and stores an answer that may count. It is not acknowledged yet. */
  async admit(delivery: Delivery): Promise<Arrival> {
    const read = this.decoded(delivery);
    if (read instanceof MajlisError) return this.refuse(delivery, `a result is unreadable: ${read.message}`);
    const taskId = read.kind === 'given_up' ? read.taskId : read.group.taskId;
    const slot = this.slots.find(taskId);
    if (slot === undefined) return this.late(delivery, taskId);
    return read.kind === 'given_up' ? { kind: 'too_old', slot } : this.answered(delivery, slot, read.group);
  }

  private async answered(delivery: Delivery, slot: Slot, result: TrajectoryGroup): Promise<Arrival> {
    const { task } = slot;
    const refusal = refusalOf(result, task, this.options.engineFingerprint);
    if (refusal !== undefined) return this.refuse(delivery, `result of ${task.id} was refused: ${refusal}`);
    if (!this.slots.isAdmissible(task)) return { kind: 'too_old', slot };
    const isFirst = await this.store(delivery, task.id, task.iteration);
    return isFirst ? { kind: 'answered', slot, result } : { kind: 'late' };
  }

  /** True where this payload is the task's result. */
  private async store(delivery: Delivery, taskId: string, iteration: number): Promise<boolean> {
    const { run } = this.options.tasks;
    const result = { run, taskId, iteration, data: delivery.data };
    const { verdict, payloadHash } = await storeResult(this.options, result);
    switch (verdict) {
      case 'accepted':
      case 'duplicate':
        return true;
      case 'conflict':
        this.alarm('conflicting_result', `task ${taskId} came back with another payload, ${payloadHash}`);
        return false;
      case 'unknown_task':
        throw new MajlisError(`the ledger does not know task ${taskId}, which was issued`, {
          code: 'internal',
        });
    }
  }

  private async late(delivery: Delivery, taskId: string): Promise<Arrival> {
    if (!this.ended.has(taskId)) return this.refuse(delivery, `no task ${taskId} was issued`);
    const iteration = this.ended.get(taskId);
    if (iteration !== undefined) await this.store(delivery, taskId, iteration);
    return { kind: 'late' };
  }

  private decoded(delivery: Delivery): RolloutResult | MajlisError {
    try {
      return decodeRolloutResult(delivery.data);
    } catch (thrown) {
      return MajlisError.from(thrown);
    }
  }

  private async refuse(delivery: Delivery, reason: string): Promise<Arrival> {
    this.alarm('refused_result', reason);
    await delivery.terminate(reason);
    return { kind: 'refused' };
  }

  private alarm(kind: RunAlarm['kind'], message: string): void {
    this.options.observer.alarm?.({ kind, message });
  }
}
