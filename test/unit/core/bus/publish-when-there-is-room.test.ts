import { MemoryBus } from '../../../../core/bus/memory-bus.js';
import { publishWhenThereIsRoom } from '../../../../core/bus/publish-when-there-is-room.js';
import { FakeClock } from '../../../support/fake-clock.js';

const settings = { ackWaitMs: 1000, maxDeliveries: 5, dedupeWindowMs: 60_000 };

async function makeFullBus() {
  const clock = new FakeClock();
  const bus = new MemoryBus(clock);
  await bus.declareQueue({ ...settings, name: 'results', maxMessages: 1 });
  await bus.publish('results', { run: 'run', dedupeId: 'old', data: Buffer.from('old') });
  return { clock, bus };
}

const text = (data: Uint8Array): string => Buffer.from(data).toString();
const result = { run: 'run', dedupeId: 'new', data: Buffer.from('new') };

describe('publishing when there is room', () => {
  it('waits for as long as the results queue is full, then publishes once', async () => {
    const { clock, bus } = await makeFullBus();
    const publish = () => bus.publish('results', result);
    const published = publishWhenThereIsRoom(publish, { queue: 'results', clock, retryMs: 400 });
    await clock.advance(10_000);
    const [old] = await bus.pull('results', { max: 1, waitMs: 0 });
    expect(text(old.data)).toBe('old');
    await old.ack();
    await clock.advance(400);
    expect(await published).toEqual({ duplicate: false });
    const [stored] = await bus.pull('results', { max: 1, waitMs: 0 });
    expect(text(stored.data)).toBe('new');
  });

  it('gives up with cancelled when the signal fires', async () => {
    const { clock, bus } = await makeFullBus();
    const stopping = new AbortController();
    const published = publishWhenThereIsRoom(() => bus.publish('results', result), {
      ...{ queue: 'results', clock, retryMs: 400 },
      signal: stopping.signal,
    }).catch((error: unknown) => error);
    await clock.advance(1000);
    stopping.abort();
    expect(await published).toMatchObject({ code: 'cancelled' });
    expect(clock.sleeping).toBe(0);
  });

  it('passes on every other failure at once', async () => {
    const { clock, bus } = await makeFullBus();
    const lost = publishWhenThereIsRoom(() => bus.publish('nowhere', result), {
      ...{ queue: 'nowhere', clock, retryMs: 400 },
    });
    await expect(lost).rejects.toMatchObject({ code: 'not_found' });
  });
});
