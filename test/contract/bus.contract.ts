import type { Bus, Delivery, QueueSettings } from '../../core/bus/bus.js';

/** What an adapter's test supplies. `elapse` lets so much time pass, really or on a fake clock. */
export interface BusHarness {
  readonly bus: Bus;
  close(): Promise<void>;
  elapse(milliseconds: number): Promise<void>;
}

/** Short, since a real server lets them pass for real. */
const ACK_WAIT_MS = 240;
/** Long enough after a deadline for a real server to have noticed it. */
const MARGIN_MS = 60;

const settings: QueueSettings = {
  name: 'tasks',
  maxMessages: 3,
  ackWaitMs: ACK_WAIT_MS,
  maxDeliveries: 3,
  dedupeWindowMs: 300,
};

const bytes = (text: string): Uint8Array => Buffer.from(text);
const text = (data: Uint8Array): string => Buffer.from(data).toString();

/** The promises of `Bus`, for every adapter. */
export function describeBus(name: string, make: () => Promise<BusHarness>): void {
  describe(`${name} keeps the promises of a bus:`, () => {
    let harness: BusHarness;
    let bus: Bus;

    beforeEach(async () => {
      harness = await make();
      bus = harness.bus;
      await bus.declareQueue(settings);
    });

    afterEach(async () => {
      await harness.close();
    });

    const publish = (data: string, dedupeId = data, run = 'run') =>
      bus.publish(settings.name, { run, dedupeId, data: bytes(data) });

    async function pullOne(): Promise<Delivery> {
      const [delivery] = await bus.pull(settings.name, { max: 1, waitMs: 1000 });
      if (delivery === undefined) throw new Error('nothing was delivered');
      return delivery;
    }

    async function expectNothing(): Promise<void> {
      const pulled = bus.pull(settings.name, { max: 10, waitMs: 30 });
      await harness.elapse(30 + MARGIN_MS);
      expect(await pulled).toEqual([]);
    }

    const status = () => bus.status(settings.name);
    const deadLetters = (after = 0, max = 10) => bus.deadLetters(settings.name, { after, max });

    describe('delivery', () => {
      it('delivers a message with its bytes and attempt 1, then never again once it is acked', async () => {
        await bus.publish(settings.name, { run: 'run', dedupeId: 'a', data: Uint8Array.of(0, 255, 10, 0) });
        const delivery = await pullOne();
        expect([...delivery.data]).toEqual([0, 255, 10, 0]);
        expect(delivery.attempt).toBe(1);
        await delivery.ack();
        await harness.elapse(ACK_WAIT_MS + MARGIN_MS);
        await expectNothing();
        expect(await status()).toEqual({ pending: 0, leased: 0, lastDeadLetter: 0 });
      });

      it('delivers the run and the headers beside the bytes', async () => {
        const headers = { traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' };
        await bus.publish(settings.name, { run: 'arm-2', dedupeId: 'a', data: bytes('a'), headers });
        await publish('b');
        const [first, second] = await bus.pull(settings.name, { max: 2, waitMs: 1000 });
        expect([first.run, first.headers]).toEqual(['arm-2', headers]);
        expect([second.run, second.headers]).toEqual(['run', {}]);
      });

      it('delivers in the order of publishing, at most as many as asked', async () => {
        await publish('a');
        await publish('b');
        await publish('c');
        const first = await bus.pull(settings.name, { max: 2, waitMs: 1000 });
        const second = await bus.pull(settings.name, { max: 2, waitMs: 1000 });
        expect(first.map((d) => text(d.data))).toEqual(['a', 'b']);
        expect(second.map((d) => text(d.data))).toEqual(['c']);
      });

      it('keeps a leased message from other consumers', async () => {
        await publish('a');
        await pullOne();
        await expectNothing();
        expect(await status()).toMatchObject({ pending: 0, leased: 1 });
      });

      it('is not changed by what a publisher later does to its buffer', async () => {
        const data = bytes('a');
        await bus.publish(settings.name, { run: 'run', dedupeId: 'a', data });
        data[0] = 0;
        expect(text((await pullOne()).data)).toBe('a');
      });
    });

    describe('waiting', () => {
      it('ends with nothing when nothing comes', async () => {
        await expectNothing();
      });

      it('ends as soon as a message is published', async () => {
        const pulled = bus.pull(settings.name, { max: 5, waitMs: 60_000 });
        await harness.elapse(50);
        await publish('late');
        const deliveries = await pulled;
        expect(deliveries.map((d) => text(d.data))).toEqual(['late']);
      });

      it('gives one message to one of several waiting consumers', async () => {
        const pulls = [1, 2, 3].map(() => bus.pull(settings.name, { max: 1, waitMs: 100 }));
        await harness.elapse(20);
        await publish('only');
        await harness.elapse(100 + MARGIN_MS);
        const deliveries = (await Promise.all(pulls)).flat();
        expect(deliveries).toHaveLength(1);
      });

      it('rejects with cancelled when the signal fires, and leases nothing to the one who left', async () => {
        const leaving = new AbortController();
        const pulled = bus.pull(settings.name, { max: 1, waitMs: 60_000, signal: leaving.signal });
        await harness.elapse(50);
        leaving.abort();
        await expect(pulled).rejects.toMatchObject({ code: 'cancelled' });
        await publish('a');
        expect((await pullOne()).attempt).toBe(1);
      });

      it('rejects with cancelled when the signal had fired before', async () => {
        await publish('a');
        const pulled = bus.pull(settings.name, { max: 1, waitMs: 100, signal: AbortSignal.abort() });
        await expect(pulled).rejects.toMatchObject({ code: 'cancelled' });
      });
    });

    describe('leases', () => {
      it('deliver again, with a higher attempt, what was neither acked nor extended', async () => {
        await publish('a');
        await pullOne();
        await harness.elapse(ACK_WAIT_MS + MARGIN_MS);
        const again = await pullOne();
        expect([text(again.data), again.attempt]).toEqual(['a', 2]);
      });

      it('wake a waiting consumer when they run out', async () => {
        await publish('a');
        await pullOne();
        const pulled = bus.pull(settings.name, { max: 1, waitMs: 5000 });
        await harness.elapse(ACK_WAIT_MS + MARGIN_MS);
        const [again] = await pulled;
        expect(again?.attempt).toBe(2);
      });

      it('last as long as the holder says that it is working', async () => {
        await publish('a');
        const delivery = await pullOne();
        for (let beat = 0; beat < 5; beat += 1) {
          await harness.elapse(ACK_WAIT_MS / 3);
          await delivery.working();
        }
        await expectNothing();
        await delivery.ack();
        await harness.elapse(ACK_WAIT_MS + MARGIN_MS);
        await expectNothing();
      });

      it('end at once with a nak', async () => {
        await publish('a');
        await (await pullOne()).nak();
        expect((await pullOne()).attempt).toBe(2);
      });

      it('end with a nak that keeps the message back for its delay', async () => {
        await publish('a');
        await (await pullOne()).nak(200);
        await expectNothing();
        await harness.elapse(200);
        expect((await pullOne()).attempt).toBe(2);
      });

      it('are not fenced: an ack that comes too late removes the message for the next holder as well', async () => {
        await publish('a');
        const slow = await pullOne();
        await harness.elapse(ACK_WAIT_MS + MARGIN_MS);
        const next = await pullOne();
        await slow.ack();
        await next.ack();
        await harness.elapse(ACK_WAIT_MS + MARGIN_MS);
        await expectNothing();
        expect(await status()).toEqual({ pending: 0, leased: 0, lastDeadLetter: 0 });
      });
    });

    describe('publishing', () => {
      it('stores a repeated id once within the window, also after the message was acked', async () => {
        expect(await publish('a')).toEqual({ duplicate: false });
        expect(await publish('a')).toEqual({ duplicate: true });
        await (await pullOne()).ack();
        expect(await publish('a')).toEqual({ duplicate: true });
        await expectNothing();
      });

      it('stores an id again after the window', async () => {
        await publish('a');
        await (await pullOne()).ack();
        await harness.elapse(settings.dedupeWindowMs + MARGIN_MS);
        expect(await publish('a')).toEqual({ duplicate: false });
        expect((await pullOne()).attempt).toBe(1);
      });

      it('is refused by a full queue, whose messages all stay', async () => {
        for (const data of ['a', 'b', 'c']) await publish(data);
        await expect(publish('d')).rejects.toMatchObject({ code: 'resource_exhausted', isRetryable: true });
        const kept = await bus.pull(settings.name, { max: 10, waitMs: 1000 });
        expect(kept.map((d) => text(d.data))).toEqual(['a', 'b', 'c']);
      });

      it('is refused while leases fill the queue, and accepted under the same id once one is acked', async () => {
        for (const data of ['a', 'b', 'c']) await publish(data);
        const [first] = await bus.pull(settings.name, { max: 3, waitMs: 1000 });
        await expect(publish('d')).rejects.toMatchObject({ code: 'resource_exhausted' });
        await first?.ack();
        await harness.elapse(MARGIN_MS);
        expect(await publish('d')).toEqual({ duplicate: false });
      });
    });

    describe('dead letters', () => {
      it('take a message after its last delivery went unanswered, and free its place', async () => {
        await publish('poison');
        for (let attempt = 1; attempt <= settings.maxDeliveries; attempt += 1) {
          expect((await pullOne()).attempt).toBe(attempt);
          await harness.elapse(ACK_WAIT_MS + MARGIN_MS);
        }
        await expectNothing();
        expect(await status()).toEqual({ pending: 0, leased: 0, lastDeadLetter: 1 });
        const [letter, ...others] = await deadLetters();
        expect([text(letter.data), others]).toEqual(['poison', []]);
        expect(letter.reason).toContain(`${settings.maxDeliveries} times`);
      });

      it('take a message that was given back once too often', async () => {
        await publish('poison');
        for (let attempt = 1; attempt <= settings.maxDeliveries; attempt += 1) await (await pullOne()).nak();
        await expectNothing();
        expect((await status()).lastDeadLetter).toBe(1);
      });

      it('take a terminated message at once, with its reason', async () => {
        await publish('a');
        await publish('b');
        await (await pullOne()).terminate('prompt is not UTF-8');
        expect(text((await pullOne()).data)).toBe('b');
        await harness.elapse(MARGIN_MS);
        const letters = await deadLetters();
        expect(letters.map((letter) => [text(letter.data), letter.reason])).toEqual([
          ['a', 'prompt is not UTF-8'],
        ]);
      });

      it('are none where nothing died, wherever one begins to read', async () => {
        expect([...(await deadLetters(-1)), ...(await deadLetters(7))]).toEqual([]);
      });

      it('are numbered, so that they can be read on from where one stood', async () => {
        for (const data of ['a', 'b', 'c']) await publish(data, data, `run-${data}`);
        for (const delivery of await bus.pull(settings.name, { max: 3, waitMs: 1000 })) {
          await delivery.terminate(`not ${text(delivery.data)}`);
        }
        const { lastDeadLetter } = await status();
        const [first] = await deadLetters(0, 1);
        expect(await deadLetters(lastDeadLetter)).toEqual([]);
        const rest = await deadLetters(first.number);
        expect([first, ...rest].map(({ number, run, reason }) => [number, run, reason])).toEqual([
          [1, 'run-a', 'not a'],
          [2, 'run-b', 'not b'],
          [3, 'run-c', 'not c'],
        ]);
      });
    });

    describe('queues', () => {
      it('are apart from each other', async () => {
        await bus.declareQueue({ ...settings, name: 'results' });
        await publish('a');
        expect(await bus.status('results')).toMatchObject({ pending: 0 });
        expect(await bus.publish('results', { run: 'run', dedupeId: 'a', data: bytes('r') })).toEqual({
          duplicate: false,
        });
        expect(text((await pullOne()).data)).toBe('a');
      });

      it('may be declared again with the same settings, which changes nothing', async () => {
        await publish('a');
        await bus.declareQueue(settings);
        expect(text((await pullOne()).data)).toBe('a');
      });

      it('refuse to be declared again with other settings', async () => {
        const other = bus.declareQueue({ ...settings, maxMessages: 4 });
        await expect(other).rejects.toMatchObject({ code: 'already_exists' });
      });

      it('have to be declared', async () => {
        const lost = bus.publish('nowhere', { run: 'run', dedupeId: 'a', data: bytes('a') });
        await expect(lost).rejects.toMatchObject({ code: 'not_found' });
        const pulled = bus.pull('nowhere', { max: 1, waitMs: 10 });
        await expect(pulled).rejects.toMatchObject({ code: 'not_found' });
      });

      it('forget every message when they are purged, leased ones too', async () => {
        for (const data of ['a', 'b']) await publish(data);
        const leased = await pullOne();
        await bus.purge(settings.name);
        expect(await status()).toMatchObject({ pending: 0, leased: 0 });
        await leased.ack();
        await leased.nak();
        await harness.elapse(ACK_WAIT_MS + MARGIN_MS);
        await expectNothing();
      });

      it('forget the messages of one run when that run is purged, leased ones too', async () => {
        await publish('a', 'a', 'ended');
        await publish('b', 'b', 'going on');
        await publish('c', 'c', 'ended');
        const leased = await pullOne();
        await bus.purge(settings.name, 'ended');
        await leased.nak();
        const left = await bus.pull(settings.name, { max: 10, waitMs: 5000 });
        expect(left.map((delivery) => delivery.run)).toEqual(['going on']);
        await harness.elapse(MARGIN_MS);
        await left[0].ack();
        await expectNothing();
      });

      it('deliver every message again, leased ones too, once their consumer is restored', async () => {
        for (const data of ['a', 'b', 'c']) await publish(data);
        const [first] = await bus.pull(settings.name, { max: 2, waitMs: 1000 });
        await first.ack();
        await harness.elapse(MARGIN_MS);
        await bus.restoreConsumer(settings.name);
        const again = await bus.pull(settings.name, { max: 10, waitMs: 1000 });
        expect(again.map(({ data, attempt }) => [text(data), attempt])).toEqual([
          ['b', 1],
          ['c', 1],
        ]);
        for (const delivery of again) await delivery.ack();
        await expectNothing();
      });

      it('reach the consumer that waits while they are restored', async () => {
        await publish('a');
        await pullOne();
        const pulled = bus.pull(settings.name, { max: 1, waitMs: 5000 });
        await harness.elapse(50);
        await bus.restoreConsumer(settings.name);
        expect((await pulled).map(({ data }) => text(data))).toEqual(['a']);
      });
    });

    describe('parcels', () => {
      const queue = 'parcels';
      const parts = (...texts: string[]) =>
        texts.map((data) => ({ data: bytes(data), headers: { name: `part ${data}` } }));
      const send = (dedupeId: string, ...texts: string[]) =>
        bus.publishParcel(queue, { run: 'run', dedupeId, parts: parts(...texts) });
      const pull = (max: number, waitMs = 1000) => bus.pull(queue, { max, waitMs });
      const pullNothing = async (): Promise<void> => {
        const pulled = pull(3, 30);
        await harness.elapse(30 + MARGIN_MS);
        expect(await pulled).toEqual([]);
      };
      const texts = (deliveries: readonly Delivery[]) => deliveries.map(({ data }) => text(data));

      beforeEach(() => bus.declareQueue({ ...settings, name: queue, parcelSize: 3 }));

      it('tell how many parts they may have: one, where the queue was declared without', async () => {
        expect([await bus.parcelSize(queue), await bus.parcelSize(settings.name)]).toEqual([3, 1]);
      });

      it('arrive as their parts, each with its headers, and are gone when each part was acked', async () => {
        await send('one', 'a', 'b', 'c');
        expect(await bus.status(queue)).toMatchObject({ pending: 3, leased: 0 });
        const deliveries = await pull(3);
        expect(deliveries.map(({ run, attempt, headers }) => [run, attempt, headers.name])).toEqual([
          ['run', 1, 'part a'],
          ['run', 1, 'part b'],
          ['run', 1, 'part c'],
        ]);
        expect(texts(deliveries)).toEqual(['a', 'b', 'c']);
        for (const delivery of deliveries) await delivery.ack();
        await harness.elapse(ACK_WAIT_MS + MARGIN_MS);
        expect(await bus.status(queue)).toEqual({ pending: 0, leased: 0, lastDeadLetter: 0 });
      });

      it('stay leased while one part is in work, and come again when the lease runs out', async () => {
        await send('one', 'a', 'b');
        const [first, second] = await pull(3);
        await first.ack();
        await harness.elapse(ACK_WAIT_MS - MARGIN_MS);
        await second.working();
        await harness.elapse(ACK_WAIT_MS - MARGIN_MS);
        expect(await bus.status(queue)).toMatchObject({ pending: 0 });
        await harness.elapse(2 * MARGIN_MS);
        const again = await pull(3);
        expect(texts(again)).toContain('b');
        expect(again[0].attempt).toBe(2);
      });

      it('come again when a part was given back and the others are settled', async () => {
        await send('one', 'a', 'b');
        const [first, second] = await pull(3);
        await first.nak();
        await pullNothing();
        await second.ack();
        expect(texts(await pull(3))).toContain('a');
      });

      it('are stored once under a repeated id, also among single messages', async () => {
        expect(await send('one', 'a', 'b')).toEqual({ duplicate: false });
        expect(await send('one', 'a', 'b')).toEqual({ duplicate: true });
        await bus.publish(queue, { run: 'run', dedupeId: 'two', data: bytes('c') });
        expect(texts([...(await pull(3)), ...(await pull(3))])).toEqual(['a', 'b', 'c']);
      });

      it('are refused whole by a full queue', async () => {
        for (const id of ['one', 'two', 'three']) await send(id, 'a', 'b');
        await expect(send('four', 'a', 'b')).rejects.toMatchObject({ code: 'resource_exhausted' });
      });

      it('never give a puller more than it asked for: what is over is given to the next pull', async () => {
        await send('one', 'a', 'b', 'c');
        expect(texts(await pull(2))).toEqual(['a', 'b']);
        expect(texts(await pull(2))).toEqual(['c']);
        await pullNothing();
      });

      it('stay leased where what is over is taken before the lease runs out', async () => {
        await send('one', 'a', 'b', 'c');
        await pull(1);
        await harness.elapse(ACK_WAIT_MS - MARGIN_MS);
        expect(texts(await pull(1))).toEqual(['b']);
        await harness.elapse(ACK_WAIT_MS - MARGIN_MS);
        expect(texts(await pull(1))).toEqual(['c']);
        await harness.elapse(MARGIN_MS);
        await pullNothing();
      });

      it('give nothing of what is over to a pull that is cancelled', async () => {
        await send('one', 'a', 'b');
        await pull(1);
        const cancelled = bus.pull(queue, { max: 1, waitMs: 1000, signal: AbortSignal.abort() });
        await expect(cancelled).rejects.toMatchObject({ code: 'cancelled' });
        expect(texts(await pull(1))).toEqual(['b']);
      });

      it('forget with their run what is over', async () => {
        await send('one', 'a', 'b', 'c');
        await pull(1);
        await bus.purge(queue, 'run');
        await pullNothing();
      });

      it('lose one part to the dead letters, and keep the others', async () => {
        await send('one', 'a', 'b');
        const [first, second] = await pull(3);
        await first.terminate('not UTF-8');
        await second.ack();
        await harness.elapse(MARGIN_MS);
        const letters = await bus.deadLetters(queue, { after: 0, max: 10 });
        expect(letters.map(({ data, reason }) => [text(data), reason])).toEqual([['a', 'not UTF-8']]);
        expect(await bus.status(queue)).toEqual({ pending: 0, leased: 0, lastDeadLetter: 1 });
      });

      it('die as their parts, each a letter, after the last delivery', async () => {
        await send('one', 'a', 'b');
        for (let attempt = 1; attempt <= settings.maxDeliveries; attempt += 1) {
          for (const delivery of await pull(3)) await delivery.nak();
        }
        await pullNothing();
        const letters = await bus.deadLetters(queue, { after: 0, max: 10 });
        expect(letters.map(({ number, data }) => [number, text(data)])).toEqual([
          [1, 'a'],
          [2, 'b'],
        ]);
      });
    });

    it('cancels a waiting pull when it is closed, also twice, and refuses every later call', async () => {
      const outcome = bus.pull(settings.name, { max: 1, waitMs: 60_000 }).catch((error: unknown) => error);
      await harness.elapse(50);
      await Promise.all([bus.close(), bus.close()]);
      expect(await outcome).toMatchObject({ code: 'cancelled' });
      await expect(publish('a')).rejects.toMatchObject({ code: 'failed_precondition' });
    });
  });
}
