import { MemoryBus } from '../../../../core/bus/memory-bus.js';
import { FakeClock } from '../../../support/fake-clock.js';

const queue = { name: 'q', maxMessages: 2, ackWaitMs: 1000, maxDeliveries: 5, dedupeWindowMs: 10_000 };

async function makeBus() {
  const clock = new FakeClock();
  const bus = new MemoryBus(clock);
  await bus.declareQueue(queue);
  const publish = (id: string) => bus.publish('q', { run: 'run', dedupeId: id, data: Buffer.from(id) });
  const pull = async (max: number) =>
    (await bus.pull('q', { max, waitMs: 0 })).map((delivery) => ({
      ...delivery,
      id: Buffer.from(delivery.data).toString(),
    }));
  return { bus, clock, publish, pull };
}

describe('the memory bus', () => {
  it('holds a lease for exactly its ack wait', async () => {
    const { clock, publish, pull } = await makeBus();
    await publish('a');
    await pull(1);
    await clock.advance(999);
    expect(await pull(1)).toEqual([]);
    await clock.advance(1);
    expect(await pull(1)).toMatchObject([{ id: 'a', attempt: 2 }]);
  });

  it('puts messages that come back before fresh ones', async () => {
    const { publish, pull } = await makeBus();
    await publish('a');
    await publish('b');
    const [first] = await pull(1);
    await first?.nak();
    expect((await pull(2)).map(({ id }) => id)).toEqual(['a', 'b']);
  });

  it('skips a message whose late ack came while it waited to be delivered again', async () => {
    const { bus, clock, publish, pull } = await makeBus();
    await publish('a');
    const [slow] = await pull(1);
    await clock.advance(1000);
    expect(await bus.status('q')).toMatchObject({ pending: 1, leased: 0 });
    await slow?.ack();
    expect(await pull(1)).toEqual([]);
    expect(await bus.status('q')).toMatchObject({ pending: 0, leased: 0 });
  });

  it('does not let an old holder shorten or extend a message that waits for redelivery', async () => {
    const { clock, publish, pull } = await makeBus();
    await publish('a');
    const [slow] = await pull(1);
    await clock.advance(1000);
    await slow?.working();
    await slow?.nak(5000);
    expect(await pull(1)).toMatchObject([{ id: 'a', attempt: 2 }]);
  });

  it('knows a duplicate even when the queue is full', async () => {
    const { publish } = await makeBus();
    await publish('a');
    await publish('b');
    expect(await publish('a')).toEqual({ duplicate: true });
  });

  it('forgets a dedupe id exactly when its window ends', async () => {
    const { clock, publish, pull } = await makeBus();
    await publish('a');
    for (const delivery of await pull(1)) await delivery.ack();
    await clock.advance(9_999);
    expect(await publish('a')).toEqual({ duplicate: true });
    await clock.advance(1);
    expect(await publish('a')).toEqual({ duplicate: false });
  });

  it('remembers dedupe ids over a purge', async () => {
    const { bus, publish } = await makeBus();
    await publish('a');
    await bus.purge('q');
    expect(await publish('a')).toEqual({ duplicate: true });
  });

  it('leaves no timer behind when a pull ends early', async () => {
    const { bus, clock, publish } = await makeBus();
    const pulled = bus.pull('q', { max: 1, waitMs: 60_000 });
    await clock.advance(1);
    expect(clock.sleeping).toBe(1);
    await publish('a');
    await pulled;
    expect(clock.sleeping).toBe(0);
  });

  it('refuses a pull of no messages', async () => {
    const { bus } = await makeBus();
    await expect(bus.pull('q', { max: 0, waitMs: 0 })).rejects.toMatchObject({ code: 'invalid_argument' });
  });
});

describe('who observes the memory bus', () => {
  it('is told of every publish, delivery and end of a lease', async () => {
    const clock = new FakeClock();
    const seen: unknown[][] = [];
    const bus = new MemoryBus(clock, {
      published: (...given) => seen.push(given),
      delivered: (...given) => seen.push(given),
      settled: (...given) => seen.push(given),
      deadLettered: (...given) => seen.push(given),
    });
    await bus.declareQueue({ ...queue, maxMessages: 1, maxDeliveries: 2 });
    const message = { run: 'run', dedupeId: 'a', data: Buffer.from('a') };
    await bus.publish('q', message);
    await bus.publish('q', message);
    await expect(bus.publish('q', { ...message, dedupeId: 'b' })).rejects.toThrow('full');
    const [first] = await bus.pull('q', { max: 1, waitMs: 0 });
    await first.working();
    await first.nak();
    const [second] = await bus.pull('q', { max: 1, waitMs: 0 });
    await second.terminate('no prompt');
    expect(seen).toEqual([
      ['q', 'stored'],
      ['q', 'duplicate'],
      ['q', 'full'],
      ['q', 1],
      ['q', 'extended'],
      ['q', 'returned'],
      ['q', 2],
      ['q', 'no prompt'],
      ['q', 'terminated'],
    ]);
  });
});
