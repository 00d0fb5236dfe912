import { MemoryLedger } from '../../core/ledger/memory-ledger.js';
import { FakeClock } from '../support/fake-clock.js';
import { describeLedger } from './ledger.contract.js';

describeLedger('the memory ledger', async () => {
  const clock = new FakeClock();
  const ledger = new MemoryLedger(clock);
  return { ledger, nowMs: clock.now(), close: () => ledger.close() };
});
