import { MemoryLedger } from '../../../../core/ledger/memory-ledger.js';
import { RunDemand } from '../../../../coordinator/demand/run-demand.js';
import { FakeClock } from '../../../support/fake-clock.js';

const NEW_RUN = { name: 'n', seed: 1, config: '{}', configHash: 'c', fingerprints: {} };
const WORK = { pool: 'gpu', window: 16, perIteration: 16, iterations: 3, finished: 0 };

let ledger: MemoryLedger;

beforeEach(async () => {
  ledger = new MemoryLedger(new FakeClock());
  await ledger.createRun({ id: 'r', ...NEW_RUN });
  await ledger.setRunState('r', 'running');
});

describe('the demand of a pool', () => {
  it('is 0 while no run is at work in it', async () => {
    expect(await new RunDemand(ledger, ['gpu']).demandOf('gpu')).toBe(0);
  });

  it('is the window while there is more to do than that, also between two iterations', async () => {
    const demand = new RunDemand(ledger);
    demand.begin({ run: 'r', ...WORK });
    expect(await demand.demandOf('gpu')).toBe(16);
    demand.progress('r', 2);
    expect(await demand.demandOf('gpu')).toBe(16);
  });

  it('is what is left where that is less than the window', async () => {
    const demand = new RunDemand(ledger);
    demand.begin({ run: 'r', ...WORK, perIteration: 4, finished: 1 });
    expect(await demand.demandOf('gpu')).toBe(8);
    demand.progress('r', 3);
    expect(await demand.demandOf('gpu')).toBe(0);
  });

  it('is 0 for a paused run, whole for one that is still pausing, and comes back when it is resumed', async () => {
    const demand = new RunDemand(ledger);
    demand.begin({ run: 'r', ...WORK });
    await ledger.requestControl('r', { kind: 'pause' });
    expect(await demand.demandOf('gpu')).toBe(16);
    await ledger.setRunState('r', 'paused');
    expect(await demand.demandOf('gpu')).toBe(0);
    await ledger.setRunState('r', 'running');
    expect(await demand.demandOf('gpu')).toBe(16);
  });

  it('is 0 when the run has ended or this process has left it', async () => {
    const demand = new RunDemand(ledger, ['gpu']);
    demand.begin({ run: 'r', ...WORK });
    await ledger.setRunState('r', 'completed');
    expect(await demand.demandOf('gpu')).toBe(0);
    demand.end('r');
    expect(await demand.demandOf('gpu')).toBe(0);
  });

  it('is refused for a pool that is not served, with those that are', async () => {
    const demand = new RunDemand(ledger, ['small']);
    demand.begin({ run: 'r', ...WORK });
    expect(demand.pools).toEqual(['gpu', 'small']);
    await expect(demand.demandOf('big')).rejects.toMatchObject({
      code: 'not_found',
      message: 'no pool big is served here; there are: gpu, small',
    });
  });

  it('tells its listeners of a start, of progress, of states and of the end, until they stop listening', async () => {
    const demand = new RunDemand(ledger);
    let told = 0;
    const stop = demand.onChange(() => {
      told += 1;
    });
    const after = async (act: () => unknown): Promise<boolean> => {
      const before = told;
      await act();
      return told > before;
    };
    expect(await after(() => demand.begin({ run: 'r', ...WORK }))).toBe(true);
    expect(await after(() => demand.progress('r', 1))).toBe(true);
    expect(await after(() => ledger.setRunState('r', 'paused'))).toBe(true);
    expect(await after(() => demand.end('r'))).toBe(true);
    stop();
    expect(await after(() => demand.begin({ run: 'r', ...WORK }))).toBe(false);
  });
});
