import { ControlEvents } from '../../../coordinator/control-events.js';
import type { ControlEvent, RecordedControlEvent } from '../../../core/domain/run.js';
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
  await ledger.createRun({
    id: 'run',
    name: 'run',
    seed: 1,
    config: '{}',
    configHash: 'c',
    fingerprints: {},
  });
  for (const event of events) await ledger.requestControl('run', event);
  return { ledger, control: new ControlEvents(ledger, 'run') };
}

async function finish(ledger: MemoryLedger, iteration: number): Promise<void> {
  const policy = { version: 0, hash: 'p', location: '/p', rubricHash: 'r' };
  const hashes = { rubricHash: 'r', rewardModelHash: 'm', inputsHash: 'i' };
  const record = { iteration, policyVersion: 0, ...hashes, controlSequence: 0, metrics: {} };
  await ledger.completeIteration('run', { record, consumed: [], policy });
}

const eventsIn = (recorded: readonly RecordedControlEvent[]): ControlEvent[] =>
  recorded.map(({ event }) => event);

describe('ControlEvents', () => {
  it('gives each event once, in the order of the ledger, at the boundary it names', async () => {
    const { control } = await eventsOf(swap('late', 5), swap('first', 2), swap('second', 2));
    expect(await control.due(1)).toEqual([]);
    expect(eventsIn(await control.due(2))).toEqual([swap('first', 2), swap('second', 2)]);
    expect(await control.due(3)).toEqual([]);
    expect(eventsIn(await control.due(5))).toEqual([swap('late', 5)]);
  });

  it('gives an event that names a past iteration at the next boundary', async () => {
    const { ledger, control } = await eventsOf();
    expect(await control.due(4)).toEqual([]);
    await ledger.requestControl('run', swap('now', 1));
    expect(eventsIn(await control.due(5))).toEqual([swap('now', 1)]);
  });

  it('puts what the run itself decides in force at once, and meets it again there only', async () => {
    const { ledger, control } = await eventsOf(swap('first', 2));
    const stop: ControlEvent = { kind: 'stop_shadow', rubricHash: 'b', reason: 'its judge is away' };
    await ledger.setRunState('run', 'running');
    await control.due(2);
    await control.decide(stop, 2);
    expect(await ledger.controlEvents('run')).toMatchObject([
      { effectiveAt: 2 },
      { event: stop, effectiveAt: 2 },
    ]);
    expect([await control.due(2), await control.due(3)]).toEqual([[], []]);
    expect(eventsIn(await new ControlEvents(ledger, 'run').due(2))).toEqual([swap('first', 2), stop]);
  });

  it('meets an event at the same boundary again when the run goes on from before it', async () => {
    const { ledger, control } = await eventsOf(swap('now', 1));
    await control.due(3);
    const again = new ControlEvents(ledger, 'run');
    expect(await again.due(2)).toEqual([]);
    expect(eventsIn(await again.due(3))).toEqual([swap('now', 1)]);
    expect(await again.due(4)).toEqual([]);
  });

  it('gives nothing new before an iteration that an earlier start finished', async () => {
    const { ledger, control } = await eventsOf(swap('before', 0));
    await control.due(0);
    await finish(ledger, 0);
    await finish(ledger, 1);
    await ledger.requestControl('run', swap('after', 0));
    const again = new ControlEvents(ledger, 'run');
    expect(await Promise.all([0, 1, 2].map((iteration) => again.isRepeated(iteration)))).toEqual([
      true,
      true,
      false,
    ]);
    expect(eventsIn(await again.due(0))).toEqual([swap('before', 0)]);
    expect(await again.due(1)).toEqual([]);
    expect(eventsIn(await again.due(2))).toEqual([swap('after', 0)]);
    expect(await again.inForce(1)).toBe(1);
  });

  it('says which event was the last in force in an iteration', async () => {
    const { control } = await eventsOf(swap('early', 1), swap('late', 5));
    await control.due(1);
    await control.due(5);
    expect(await Promise.all([0, 1, 4, 5].map((iteration) => control.inForce(iteration)))).toEqual([
      0, 1, 1, 2,
    ]);
  });

  it('waits for something to be asked, and stops waiting on the signal', async () => {
    const { ledger, control } = await eventsOf();
    const next = control.nextDue(2, new AbortController().signal);
    await ledger.requestControl('run', swap('now', 0));
    expect(eventsIn(await next)).toEqual([swap('now', 0)]);
    const stop = new AbortController();
    const never = control.nextDue(3, stop.signal);
    stop.abort();
    await expect(never).rejects.toThrow('aborted');
  });

  it('says whether an earlier start stood at a boundary, by what took effect there', async () => {
    const { ledger, control } = await eventsOf(swap('now', 2));
    await control.due(2);
    await finish(ledger, 0);
    const again = new ControlEvents(ledger, 'run');
    expect(await Promise.all([0, 1, 2, 3].map((iteration) => again.wasReached(iteration)))).toEqual([
      true,
      false,
      true,
      false,
    ]);
  });

  it('says since when the run counts anew: a resume or a return to older weights, not a swap', async () => {
    const { ledger, control } = await eventsOf();
    await ledger.setRunState('run', 'running');
    const askedBefore = async (iteration: number, event: ControlEvent): Promise<void> => {
      await ledger.requestControl('run', event);
      await control.due(iteration);
    };
    await askedBefore(1, { kind: 'roll_back', to: { policyVersion: 0 } });
    await askedBefore(2, { kind: 'roll_back', to: { rubricHash: 'r' } });
    await askedBefore(3, { kind: 'pause' });
    await askedBefore(4, { kind: 'resume' });
    await askedBefore(5, swap('now', 0));
    const starts = [0, 1, 2, 3, 4, 5].map((iteration) => control.lastFreshStart(iteration));
    expect(await Promise.all(starts)).toEqual([0, 1, 1, 1, 4, 4]);
  });
});
