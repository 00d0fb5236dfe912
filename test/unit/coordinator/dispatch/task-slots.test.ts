import { TaskSlots } from '../../../../coordinator/dispatch/task-slots.js';
import { aResult, aTask } from '../../../support/builders.js';

const OPTIONS = { perIteration: 4, iterations: 10, maxStaleness: 1, maxOutstanding: 6 };

function slotsOf(options: Partial<typeof OPTIONS> = {}, used = 0, consumed = 0): TaskSlots {
  return new TaskSlots({ ...OPTIONS, ...options }, { used, consumed, policies: [] });
}

function open(slots: TaskSlots, count: number, policyVersion = 0): string[] {
  const opened = slots.open(count, (slot) =>
    aTask({ id: `slot-${slot}`, policyVersion, policyHash: `w${policyVersion}` }),
  );
  return opened.map(({ task }) => task.id);
}

function answer(slots: TaskSlots, ids: readonly string[]): void {
  for (const id of ids) {
    const slot = slots.find(id);
    if (slot !== undefined) slot.result = aResult(slot.task);
  }
}

const policy = (
  version: number,
  hash = `w${version}`,
): { version: number; hash: string; location: string } => ({
  version,
  hash,
  location: 'there',
});

describe('TaskSlots', () => {
  it('has room for (iteration + maxStaleness + 1) iterations of tasks, less what was issued and not dropped', () => {
    const slots = slotsOf({ maxOutstanding: 100 });
    expect(slots.room(0)).toBe(8);
    const ids = open(slots, 8);
    expect([slots.room(0), slots.room(1)]).toEqual([0, 4]);
    slots.drop(ids.slice(0, 3));
    expect(slots.room(0)).toBe(3);
    answer(slots, ids);
    slots.consume(ids[5]);
    expect(slots.room(0)).toBe(3);
  });

  it('never opens more than the run consumes, nor more at a time than may be outstanding', () => {
    const slots = slotsOf({ iterations: 2 });
    expect(slots.room(0)).toBe(6);
    answer(slots, open(slots, 6));
    expect(slots.room(5)).toBe(2);
  });

  it('goes on where an earlier start was: numbers are not used twice, and what was consumed still counts', () => {
    const slots = slotsOf({}, 17, 12);
    expect(slots.room(3)).toBe(6);
    expect(open(slots, 2)).toEqual(['slot-17', 'slot-18']);
  });

  it('admits answers of policies up to maxStaleness behind', () => {
    const slots = slotsOf({ maxStaleness: 2 });
    slots.learnWith(policy(5));
    const admitted = [2, 3, 4, 5].filter((policyVersion) =>
      slots.isAdmissible(aTask({ policyVersion, policyHash: `w${policyVersion}` })),
    );
    expect(admitted).toEqual([3, 4, 5]);
    expect(slots.oldestVersion).toBe(3);
  });

  it('after a rollback admits only what the restored weights answered', () => {
    const slots = slotsOf({ maxStaleness: 2 });
    for (const version of [0, 1, 2]) slots.learnWith(policy(version));
    slots.learnWith(policy(3, 'w1'));
    const admits = (policyVersion: number): boolean =>
      slots.isAdmissible(aTask({ policyVersion, policyHash: `w${policyVersion}` }));
    expect([0, 1, 2].map(admits)).toEqual([false, true, false]);
    slots.learnWith(policy(4));
    expect(slots.isAdmissible(aTask({ policyVersion: 3, policyHash: 'w1' }))).toBe(true);
    expect([1, 2].map(admits)).toEqual([false, false]);
  });

  it('does not take a policy that was held for a rollback', () => {
    const slots = slotsOf();
    slots.learnWith(policy(0));
    slots.learnWith(policy(1));
    slots.learnWith(policy(1));
    expect(slots.oldestVersion).toBe(0);
  });
});
