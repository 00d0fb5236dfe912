import type { Delivery } from '../../core/bus/bus.js';
import type { TrajectoryGroup } from '../../core/domain/trajectory.js';
import type { Answer, ResultIntake, Sorted } from './result-intake.js';
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

/** What comes back in an async run: answers that may count are stored, and the rest is told apart. */
export class AsyncIntake {
  constructor(
    private readonly intake: ResultIntake<Slot>,
    private readonly slots: TaskSlots,
  ) {}

  /** Reads deliveries and stores the answers that may count. They are not acknowledged yet. [delivery] */
  async admit(deliveries: readonly Delivery[]): Promise<readonly Arrival[]> {
    const { intake, slots } = this;
    const sorted = deliveries.map((delivery) => intake.sort(delivery, (id) => slots.find(id)));
    const tooOld = new Set<Sorted<Slot>>(
      sorted.filter((one) => one.kind === 'answer' && !slots.isAdmissible(one.open.task)),
    );
    const answers = sorted.filter((one) => one.kind === 'answer').filter((answer) => !tooOld.has(answer));
    const stored = await intake.store(answers);
    return Promise.all(sorted.map((one) => this.arrival(one, { stored, tooOld })));
  }

  private async arrival(
    one: Sorted<Slot>,
    {
      stored,
      tooOld,
    }: { readonly stored: ReadonlySet<Answer<Slot>>; readonly tooOld: ReadonlySet<Sorted<Slot>> },
  ): Promise<Arrival> {
    switch (one.kind) {
      case 'answer':
        if (tooOld.has(one)) return { kind: 'too_old', slot: one.open };
        return stored.has(one) ? { kind: 'answered', slot: one.open, result: one.group } : REFUSED;
      case 'given_up':
        return { kind: 'too_old', slot: one.open };
      case 'closed':
        return (await this.intake.late(one)) ? LATE : REFUSED;
      case 'refused':
        await this.intake.refuse(one.delivery, one.refusal);
        return REFUSED;
    }
  }
}
