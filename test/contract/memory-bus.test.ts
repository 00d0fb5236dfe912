import { MemoryBus } from '../../core/bus/memory-bus.js';
import { FakeClock } from '../support/fake-clock.js';
import { describeBus } from './bus.contract.js';

describeBus('the memory bus', async () => {
  const clock = new FakeClock();
  const bus = new MemoryBus(clock);
  return {
    bus,
    close: () => bus.close(),
    elapse: (milliseconds) => clock.advance(milliseconds),
  };
});
