import { describeControl } from './ledger/control.contract.js';
import { describeEvents } from './ledger/events.contract.js';
import { newRun } from './ledger/ledger-harness.js';
import type { LedgerHarness } from './ledger/ledger-harness.js';
import { describeRecords } from './ledger/records.contract.js';
import { describeRuns } from './ledger/runs.contract.js';
import { describeTasks } from './ledger/tasks.contract.js';

/** The promises of `Ledger`, for every adapter. */
export function describeLedger(name: string, make: () => Promise<LedgerHarness>): void {
  describe(`${name} keeps the promises of a ledger:`, () => {
    let harness: LedgerHarness;

    beforeEach(async () => {
      harness = await make();
      await harness.ledger.createRun(newRun);
    });

    afterEach(async () => {
      await harness.close();
    });

    const current = (): LedgerHarness => harness;
    describeRuns(current);
    describeControl(current);
    describeTasks(current);
    describeRecords(current);
    describeEvents(current);

    it('finishes the calls that were made before it is closed, and refuses later ones', async () => {
      const { ledger } = harness;
      const epoch = ledger.beginEpoch('run-1');
      await ledger.close();
      expect(await epoch).toBe(1);
      await expect(ledger.getRun('run-1')).rejects.toMatchObject({ code: 'failed_precondition' });
      await ledger.close();
    });
  });
}
