import { FileArtifacts } from '../../../../core/artifacts/file-artifacts.js';
import { MessageArtifacts } from '../../../../core/artifacts/message-artifacts.js';
import { FakeClock } from '../../../support/fake-clock.js';
import { until } from '../../../support/until.js';
import { useTemporaryFolder } from '../../../support/temporary-folder.js';

const MINUTE_MS = 60_000;
const WEEK_MS = 7 * 24 * 60 * MINUTE_MS;

describe('messages that are too large for the bus', () => {
  const folder = useTemporaryFolder();
  const failures: unknown[] = [];
  const open = (clock: FakeClock) => {
    const store = new FileArtifacts(folder(), clock);
    return MessageArtifacts.open({ store, clock, onFailure: (thrown) => failures.push(thrown) });
  };

  it('go some time after they were read, and stay while nobody has read them', async () => {
    const clock = new FakeClock(Date.now());
    const messages = await open(clock);
    const [read, waits] = [await messages.put(Buffer.from('read')), await messages.put(Buffer.from('waits'))];
    await messages.get(read);
    await clock.advance(9 * MINUTE_MS);
    expect(Buffer.from(await messages.get(read)).toString()).toBe('read');
    await clock.advance(2 * MINUTE_MS);
    await until('it is gone', async () => !(await messages.has(read)));
    expect([await messages.has(waits), failures]).toEqual([true, []]);
    messages.close();
    expect(clock.sleeping).toBe(0);
  });

  it('go a week after they were put, when the next process starts', async () => {
    const messages = await open(new FakeClock(Date.now()));
    const key = await messages.put(Buffer.from('never read'));
    messages.close();
    for (const [afterMs, isThere] of [
      [WEEK_MS - MINUTE_MS, true],
      [WEEK_MS + MINUTE_MS, false],
    ] as const) {
      const next = await open(new FakeClock(Date.now() + afterMs));
      expect(await next.has(key)).toBe(isThere);
      next.close();
    }
  });
});
