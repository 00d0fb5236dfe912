import { MemoryBus } from '../../../../core/bus/memory-bus.js';
import { MajlisError } from '../../../../core/errors.js';
import { decodeRolloutTask } from '../../../../core/rpc/rollout-codec.js';
import { TaskOutbox } from '../../../../coordinator/dispatch/task-outbox.js';
import { aPrompt, aTask } from '../../../support/builders.js';
import { FakeClock } from '../../../support/fake-clock.js';

const PARCEL_SIZE = 4;
const UNAVAILABLE = new MajlisError('the server did not answer', { code: 'unavailable' });

describe('TaskOutbox', () => {
  let bus: MemoryBus;
  let outbox: TaskOutbox;

  beforeEach(async () => {
    bus = new MemoryBus(new FakeClock());
    outbox = new TaskOutbox(bus, 'tasks');
    await bus.declareQueue({
      ...{ name: 'tasks', maxMessages: 100, ackWaitMs: 1000, maxDeliveries: 5, dedupeWindowMs: 60_000 },
      parcelSize: PARCEL_SIZE,
    });
  });

  afterEach(() => {
    jest.restoreAllMocks();
  });

  const add = (...ids: string[]): void => ids.forEach((id) => outbox.add(aTask({ id }), 1));

  async function arrived(): Promise<string[]> {
    const ids: string[] = [];
    for (;;) {
      const deliveries = await bus.pull('tasks', { max: 100, waitMs: 0 });
      if (deliveries.length === 0) return ids;
      ids.push(...deliveries.map(({ data }) => decodeRolloutTask(data).id));
    }
  }

  it('sends tasks in parcels, and one that is over by itself', async () => {
    const publishParcel = jest.spyOn(bus, 'publishParcel');
    add('a', 'b', 'c', 'd', 'e');
    await outbox.flush();
    expect(publishParcel.mock.calls.map(([, { parts }]) => parts.length)).toEqual([4]);
    expect(await arrived()).toEqual(['a', 'b', 'c', 'd', 'e']);
  });

  it('sends what is left after a publish that failed for good', async () => {
    const error = new MajlisError('the stream is not ours', { code: 'failed_precondition' });
    jest.spyOn(bus, 'publishParcel').mockRejectedValueOnce(error);
    add('a', 'b');
    await expect(outbox.flush()).rejects.toBe(error);
    await outbox.flush();
    expect(await arrived()).toEqual(['a', 'b']);
  });

  it('stores tasks once whose parcel was stored without an answer, whatever is added meanwhile', async () => {
    const publishParcel = bus.publishParcel.bind(bus);
    jest.spyOn(bus, 'publishParcel').mockImplementationOnce(async (...given) => {
      await publishParcel(...given);
      throw UNAVAILABLE;
    });
    add('a', 'b', 'c');
    await outbox.flush();
    expect(outbox.size).toBe(3);
    add('d', 'e');
    await outbox.flush();
    expect(outbox.size).toBe(0);
    expect(await arrived()).toEqual(['a', 'b', 'c', 'd', 'e']);
  });

  it('keeps its tasks while the bus cannot say how many a parcel holds', async () => {
    jest.spyOn(bus, 'parcelSize').mockRejectedValueOnce(UNAVAILABLE);
    add('a', 'b');
    await outbox.flush();
    expect(outbox.size).toBe(2);
    await outbox.flush();
    expect(await arrived()).toEqual(['a', 'b']);
  });

  it('sends no parcel that is too large for a message where its tasks are not', async () => {
    const publishParcel = jest.spyOn(bus, 'publishParcel');
    const prompt = aPrompt(
      'long',
      Array.from({ length: 20_000 }, () => 70_000),
    );
    const ids = ['a', 'b', 'c', 'd'];
    for (const id of ids) outbox.add(aTask({ id, prompt }), 1);
    await outbox.flush();
    const sizes = publishParcel.mock.calls.map(([, { parts }]) =>
      parts.reduce((sum, { data }) => sum + data.length, 0),
    );
    expect(Math.max(0, ...sizes)).toBeLessThanOrEqual(128 * 1024);
    expect(await arrived()).toEqual(ids);
  });
});
