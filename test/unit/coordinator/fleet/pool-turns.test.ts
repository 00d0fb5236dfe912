import { PoolTurns } from '../../../../coordinator/fleet/pool-turns.js';

const never = new AbortController().signal;

describe('PoolTurns', () => {
  it('gives a pool to one run at a time, in the order in which they came', async () => {
    const turns = new PoolTurns();
    const active: string[] = [];
    let most = 0;
    const run = async (name: string): Promise<void> => {
      const leave = await turns.take(never);
      active.push(name);
      most = Math.max(most, active.length - finished.length);
      await Promise.resolve();
      finished.push(name);
      leave();
    };
    const finished: string[] = [];
    await Promise.all(['a', 'b', 'c'].map(run));
    expect([active, finished, most]).toEqual([['a', 'b', 'c'], ['a', 'b', 'c'], 1]);
  });

  it('lets one leave the line, and the next not wait for it', async () => {
    const turns = new PoolTurns();
    const leaveFirst = await turns.take(never);
    const impatient = new AbortController();
    const second = turns.take(impatient.signal);
    const third = turns.take(never);
    impatient.abort(new Error('cancelled'));
    await expect(second).rejects.toThrow('cancelled');
    leaveFirst();
    (await third)();
    (await turns.take(never))();
  });

  it('gives no turn to a run that is cancelled already', async () => {
    const turns = new PoolTurns();
    await expect(turns.take(AbortSignal.abort(new Error('cancelled')))).rejects.toThrow('cancelled');
    (await turns.take(never))();
  });
});
