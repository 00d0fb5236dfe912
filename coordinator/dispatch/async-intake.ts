import type { Delivery } from '../../core/bus/bus.js';
import type { TrajectoryGroup } from '../../core/domain/trajectory.js';
import type { ResultIntake } from './result-intake.js';
import type { Slot, TaskSlots } from './task-slots.js';

/** What a delivery means for its task. */
export type Arrival =
  | { readonly kind: 'answered'; readonly slot: Slot; readonly result: TrajectoryGroup }
  /** Given up by its worker, or answered by a policy that has become too old. */
  | { readonly kind: 'too_old'; readonly slot: Slot }
  /** Nothing that is not known already: a late answer to a task that was dropped is expected. */
  | { readonly kind: 'late' }
  /** It is in the dead letters, with the reason. */
  | { readonly kind: 'refused' };

const LATE: Arrival = { kind: 'late' };
const REFUSED: Arrival = { kind: 'refused' };

/** What comes back in an async run: an answer that may count is stored, and the rest is told apart. */
export class AsyncIntake {
  constructor(
    private readonly intake: ResultIntake,
    private readonly slots: TaskSlots,
  ) {}

  /** Reads a delivery and stores an answer that may count. It is not acknowledged yet. */
  async admit(delivery: Delivery): Promise<Arrival> {
    const read = await this.intake.read(delivery);
    if (read === undefined) return REFUSED;
    const taskId = read.kind === 'given_up' ? read.taskId : read.group.taskId;
    const slot = this.slots.find(taskId);
    if (slot === undefined) return (await this.intake.late(delivery, taskId)) ? LATE : REFUSED;
    return read.kind === 'given_up' ? { kind: 'too_old', slot } : this.answered(delivery, slot, read.group);
  }

  private async answered(delivery: Delivery, slot: Slot, result: TrajectoryGroup): Promise<Arrival> {
    const { task } = slot;
    if (!(await this.intake.fits(delivery, task, result))) return REFUSED;
    if (!this.slots.isAdmissible(task)) return { kind: 'too_old', slot };
    return (await this.intake.store(delivery, task)) ? { kind: 'answered', slot, result } : REFUSED;
  }
}
