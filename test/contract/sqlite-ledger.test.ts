import { join } from 'node:path';
import { openSqliteLedger } from '../../core/ledger/sqlite-ledger.js';
import { FakeClock } from '../support/fake-clock.js';
import { useTemporaryFolder } from '../support/temporary-folder.js';
import { describeLedger } from './ledger.contract.js';

const folder = useTemporaryFolder();

describeLedger('the SQLite ledger', async () => {
  const clock = new FakeClock();
  const ledger = await openSqliteLedger(join(folder(), 'ledger.db'), clock);
  return { ledger, nowMs: clock.now(), close: () => ledger.close() };
});
