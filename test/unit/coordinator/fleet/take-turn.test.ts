import { PoolTurns } from '../../../../coordinator/fleet/pool-turns.js';
import { takeTurn } from '../../../../coordinator/fleet/take-turn.js';
import { MemoryLedger } from '../../../../core/ledger/memory-ledger.js';
import { FakeClock } from '../../../support/fake-clock.js';

const never = new AbortController().signal;

describe('a run that waits in line for a pool', () => {
  let ledger: MemoryLedger;
  let turns: PoolTurns;

  beforeEach(async () => {
    ledger = new MemoryLedger(new FakeClock());
    turns = new PoolTurns();
    for (const id of ['r1', 'r2', 'r3']) {
      await ledger.createRun({ id, name: id, seed: 1, config: '{}', configHash: 'c', fingerprints: {} });
    }
  });
  afterEach(() => ledger.close());

  const line = (run: string, signal = never): ReturnType<typeof takeTurn> =>
    takeTurn({ turns, ledger, run }, signal);

  function ended(turn: Awaited<ReturnType<typeof takeTurn>>): void {
    if (turn === 'cancelled') throw new Error('it was not cancelled');
    turn();
  }

  it('ends when a person cancels it, without its turn, and whoever is behind it does not wait for it', async () => {
    const first = await line('r1');
    const second = line('r2');
    const third = line('r3');
    await ledger.requestControl('r2', { kind: 'cancel', reason: 'not needed' });
    expect(await second).toBe('cancelled');
    expect(await ledger.getRun('r2')).toMatchObject({ state: 'cancelled', reason: 'not needed' });
    expect(await ledger.controlEvents('r2')).toMatchObject([{ effectiveAt: 0 }]);
    ended(first);
    ended(await third);
  });

  it('ends so too where it was cancelled before it came, and goes on waiting through other commands', async () => {
    const first = await line('r1');
    await ledger.requestControl('r2', { kind: 'cancel' });
    expect(await line('r2')).toBe('cancelled');
    const third = line('r3');
    await ledger.requestControl('r3', { kind: 'swap_rubric', rubricHash: 'b' });
    ended(first);
    ended(await third);
    expect(await ledger.getRun('r3')).toMatchObject({ state: 'queued' });
  });

  it('stays as it is when its process is stopped', async () => {
    ended(await line('r3'));
    const first = await line('r1');
    const stop = new AbortController();
    const second = line('r2', stop.signal);
    stop.abort(new Error('stopped'));
    await expect(second).rejects.toThrow('stopped');
    expect(await ledger.getRun('r2')).toMatchObject({ state: 'queued' });
    ended(first);
  });

  it('rejects nothing behind its back where its turn comes before the ledger has answered', async () => {
    const rejected: unknown[] = [];
    const note = (thrown: unknown): void => void rejected.push(thrown);
    process.on('unhandledRejection', note);
    let answer = (): void => undefined;
    const slow = new Promise<void>((resolve) => {
      answer = resolve;
    });
    const read = ledger.controlEvents.bind(ledger);
    jest.spyOn(ledger, 'controlEvents').mockImplementation(async (run) => {
      await slow;
      return read(run);
    });
    const turn = line('r1');
    // A whole turn of the event loop: what is rejected without a handler is told in it.
    await new Promise((resolve) => setImmediate(resolve));
    await new Promise((resolve) => setImmediate(resolve));
    answer();
    ended(await turn);
    process.off('unhandledRejection', note);
    expect(rejected).toEqual([]);
  });
});
