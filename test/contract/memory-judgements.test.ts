import { openMemoryJudgements } from '../../core/judgements/memory-judgements.js';
import { FakeClock } from '../support/fake-clock.js';
import { describeJudgementStore } from './judgement-store.contract.js';

describeJudgementStore('the memory judgement store', async () => {
  const clock = new FakeClock();
  const store = await openMemoryJudgements(clock);
  return {
    store,
    nowMs: () => clock.now(),
    advance: (milliseconds) => clock.advance(milliseconds),
    close: () => store.close(),
  };
});
