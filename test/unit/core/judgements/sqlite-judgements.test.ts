import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { openSqliteJudgements } from '../../../../core/judgements/sqlite-judgements.js';
import { openSqliteLedger } from '../../../../core/ledger/sqlite-ledger.js';
import { FakeClock } from '../../../support/fake-clock.js';
import { useTemporaryFolder } from '../../../support/temporary-folder.js';
import { aCall } from '../../../contract/judgement-store.contract.js';

describe('the file of a judgement store', () => {
  const folder = useTemporaryFolder();
  const path = (): string => join(folder(), 'judgements.db');
  const clock = new FakeClock();

  it('counts a call that was under way when its process died at its most', async () => {
    const before = await openSqliteJudgements(path(), clock);
    await before.enterCall({ ...aCall, budgetMicros: 500 });
    // What a killed process leaves: the file and its log, as they are on disk.
    for (const suffix of ['', '-wal']) copyFileSync(`${path()}${suffix}`, `${path()}.left${suffix}`);
    await before.close();
    await clock.advance(5000);
    const after = await openSqliteJudgements(`${path()}.left`, clock);
    expect(await after.enterCall({ ...aCall, budgetMicros: 500 })).toEqual({
      kind: 'over_budget',
      leftMicros: 100,
    });
    expect(await after.spend({})).toMatchObject([{ calls: 1, failedCalls: 1, costMicros: 400 }]);
    expect(await after.callsSince(0)).toEqual([{ endpoint: 'primary', endedAtMs: clock.now(), tokens: 100 }]);
    await after.close();
  });

  it('has one owner', async () => {
    const store = await openSqliteJudgements(path(), clock);
    await expect(openSqliteJudgements(path(), clock)).rejects.toMatchObject({
      code: 'failed_precondition',
      reason: 'held',
      message: `judgement store file ${path()} is already open; stop the gateway that uses it or choose another file`,
    });
    await store.close();
  });

  it('is no ledger, and a ledger is no judgement store', async () => {
    await (await openSqliteJudgements(path(), clock)).close();
    await expect(openSqliteLedger(path(), clock)).rejects.toThrow(
      `${path()} is a Majlis database, but no ledger; choose another file`,
    );
    const ledger = join(folder(), 'ledger.db');
    await (await openSqliteLedger(ledger, clock)).close();
    await expect(openSqliteJudgements(ledger, clock)).rejects.toThrow(
      /(is a Majlis database, but no judgement store)/,
    );
  });
});
