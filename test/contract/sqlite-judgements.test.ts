import { join } from 'node:path';
import { openSqliteJudgements } from '../../core/judgements/sqlite-judgements.js';
import { FakeClock } from '../support/fake-clock.js';
import { useTemporaryFolder } from '../support/temporary-folder.js';
import { describeJudgementStore } from './judgement-store.contract.js';

const folder = useTemporaryFolder();

describeJudgementStore('the SQLite judgement store', async () => {
  const clock = new FakeClock();
  const store = await openSqliteJudgements(join(folder(), 'judgements.db'), clock);
  return {
    store,
    nowMs: () => clock.now(),
    advance: (milliseconds) => clock.advance(milliseconds),
    close: () => store.close(),
  };
});
