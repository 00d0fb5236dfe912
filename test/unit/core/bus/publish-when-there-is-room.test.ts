import { MemoryBus } from '../../../../core/bus/memory-bus.js';
import { publishWhenThereIsRoom } from '../../../../core/bus/publish-when-there-is-room.js';
import { FakeClock } from '../../../support/fake-clock.js';

const settings = { ackWaitMs: 1000, maxDeliveries: 5, dedupeWindowMs: 60_000 };

async function makeFullBus() {
  const clock = new FakeClock();
  const bus = new MemoryBus(clock);
  await bus.declareQueue({ ...settings, name: 'tasks', maxMessages: 10 });
  await bus.declareQueue({ ...settings, name: 'results', maxMessages: 1 });
  await bus.publish('tasks', { run: 'run', dedupeId: 'task', data: Buffer.from('task') });
  await bus.publish('results', { run: 'run', dedupeId: 'old', data: Buffer.from('old') });
  const [lease] = await bus.pull('tasks', { max: 1, waitMs: 0 });
  if (lease === undefined) throw new Error('no task was leased');
  return { clock, bus, lease };
}

const result = { run: 'run', dedupeId: 'new', data: Buffer.from('new') };

describe('publishing when there is room', () => {
  it('keeps the lease of a task for as long as the results queue is full, then publishes once', async () => {
    const { clock, bus, lease } = await makeFullBus();
    const published = publishWhenThereIsRoom(bus, 'results', result, {
      clock,
      retryMs: 400,
      whileWaiting: () => lease.working(),
    });
    await clock.advance(10_000);
    expect(await bus.status('tasks')).toMatchObject({ pending: 0, leased: 1 });

    const [old] = await bus.pull('results', { max: 1, waitMs: 0 });
    await old?.ack();
    await clock.advance(400);
    expect(await published).toEqual({ duplicate: false });
    await lease.ack();
    const [stored] = await bus.pull('results', { max: 1, waitMs: 0 });
    expect(Buffer.from(stored?.data ?? []).toString()).toBe('new');
    expect(await bus.status('tasks')).toEqual({ pending: 0, leased: 0, lastDeadLetter: 0 });
  });

  it('gives up with cancelled when the signal fires', async () => {
    const { clock, bus } = await makeFullBus();
    const stopping = new AbortController();
    const published = publishWhenThereIsRoom(bus, 'results', result, {
      clock,
      retryMs: 400,
      whileWaiting: async () => undefined,
      signal: stopping.signal,
    }).catch((error: unknown) => error);
    await clock.advance(1000);
    stopping.abort();
    expect(await published).toMatchObject({ code: 'cancelled' });
    expect(clock.sleeping).toBe(0);
  });

  it('passes on every other failure at once', async () => {
    const { clock, bus } = await makeFullBus();
    const lost = publishWhenThereIsRoom(bus, 'nowhere', result, {
      clock,
      retryMs: 400,
      whileWaiting: async () => undefined,
    });
    await expect(lost).rejects.toMatchObject({ code: 'not_found' });
  });
});
