import { Gate } from '../../../../core/runtime/gate.js';

describe('a gate', () => {
  it('lets so many in, and then one for each that leaves, in the order in which they came', async () => {
    const gate = new Gate(2);
    const inside: number[] = [];
    const enter = async (who: number): Promise<() => void> => {
      const leave = await gate.enter();
      inside.push(who);
      return leave;
    };
    const [first, second] = await Promise.all([enter(1), enter(2)]);
    const waiting = [enter(3), enter(4)];
    await Promise.resolve();
    expect(inside).toEqual([1, 2]);
    first();
    first();
    const third = await waiting[0];
    expect(inside).toEqual([1, 2, 3]);
    second();
    const fourth = await waiting[1];
    third();
    fourth();
    // All places are free again.
    await Promise.all([enter(5), enter(6)]);
    expect(inside).toEqual([1, 2, 3, 4, 5, 6]);
  });
});
