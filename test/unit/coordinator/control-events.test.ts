import { ControlEvents } from '../../../coordinator/control-events.js';
import type { ControlEvent } from '../../../core/domain/run.js';
import { MemoryLedger } from '../../../core/ledger/memory-ledger.js';
import { FakeClock } from '../../support/fake-clock.js';

const swap = (rubricHash: string, iteration: number): ControlEvent => ({
  kind: 'swap_rubric',
  rubricHash,
  iteration,
});

async function eventsOf(
  ...events: ControlEvent[]
): Promise<{ ledger: MemoryLedger; control: ControlEvents }> {
  const ledger = new MemoryLedger(new FakeClock());
  await ledger.createRun({ id: 'run', name: 'run', seed: 1, config: '{}', configHash: 'c' });
  for (const event of events) await ledger.appendControlEvent('run', event);
  return { ledger, control: new ControlEvents(ledger, 'run') };
}

describe('ControlEvents', () => {
  it('gives each event once, in the order of the ledger, at the boundary it names', async () => {
    const { control } = await eventsOf(swap('late', 5), swap('first', 2), swap('second', 2));
    expect(await control.due(1)).toEqual([]);
    expect(await control.due(2)).toEqual([swap('first', 2), swap('second', 2)]);
    expect(await control.due(3)).toEqual([]);
    expect(await control.due(5)).toEqual([swap('late', 5)]);
  });

  it('gives an event that names a past iteration at the next boundary', async () => {
    const { ledger, control } = await eventsOf();
    expect(await control.due(4)).toEqual([]);
    await ledger.appendControlEvent('run', swap('now', 1));
    expect(await control.due(5)).toEqual([swap('now', 1)]);
  });
});
