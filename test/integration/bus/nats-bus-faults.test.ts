import { connect } from 'nats';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { FileArtifacts } from '../../../core/artifacts/file-artifacts.js';
import type { BusConnectionEvent } from '../../../core/bus/bus-observer.js';
import type { NatsBusOptions } from '../../../core/bus/nats/nats-options.js';
import { CONSUMER, NatsNames } from '../../../core/bus/nats/nats-names.js';
import { NatsBus } from '../../../core/bus/nats-bus.js';
import { systemClock } from '../../../core/runtime/clock.js';
import { describeWithNats, startNatsServer } from '../../support/nats-server.js';
import type { NatsServer, NatsVersion } from '../../support/nats-server.js';
import { useTemporaryFolder } from '../../support/temporary-folder.js';
import { until } from '../../support/until.js';

const settings = {
  name: 'tasks',
  maxMessages: 1000,
  ackWaitMs: 60_000,
  maxDeliveries: 3,
  dedupeWindowMs: 60_000,
};
const pull = { max: 100, waitMs: 5000 };
const text = (data: Uint8Array): string => Buffer.from(data).toString();

describe.each<NatsVersion>(['2.9', '2.14'])('the NATS bus on nats-server %s', (version) => {
  describeWithNats(version, 'of this version', () => {
    const folder = useTemporaryFolder();
    let server: NatsServer;
    let bus: NatsBus;
    let releases = 0;
    let events: BusConnectionEvent[];
    let release: string;

    beforeAll(async () => {
      server = await startNatsServer({ version });
    });

    afterAll(async () => {
      await server.stop();
    });

    beforeEach(async () => {
      releases += 1;
      release = `test-${releases}`;
      events = [];
      bus = await connected({ observer: { connection: (event) => events.push(event) } });
      await bus.declareQueue(settings);
    });

    afterEach(async () => {
      await bus.close();
    });

    function connected(options: Partial<NatsBusOptions> = {}): Promise<NatsBus> {
      return NatsBus.connect({ url: server.url, release, clock: systemClock, ...options });
    }

    const publish = (id: string, data = id, to = bus) =>
      to.publish('tasks', { run: 'run', dedupeId: id, data: Buffer.from(data) });

    it('says which server it is on and what that cannot do', () => {
      const [connectedTo] = events;
      expect(connectedTo).toMatchObject({
        kind: 'connected',
        server: expect.stringContaining(String(server.port)),
        version: expect.stringMatching(new RegExp(`^${version.replace('.', '\\.')}\\.`)),
      });
      const lacks = 'lacks' in connectedTo ? connectedTo.lacks : [];
      expect(lacks.length).toBe(version === '2.9' ? 2 : 0);
    });

    it('counts the parts of parcels for one that has not declared their queue', async () => {
      await bus.declareQueue({ ...settings, name: 'parcels', parcelSize: 3 });
      const parts = ['a', 'b', 'c'].map((data) => ({ data: Buffer.from(data) }));
      await bus.publishParcel('parcels', { run: 'run', dedupeId: 'abc', parts });
      const other = await connected();
      expect(await other.status('parcels')).toMatchObject({ pending: 3, leased: 0 });
      await other.close();
    });

    it('tells of a dead letter for each part of a parcel that was delivered too often', async () => {
      const dead: string[] = [];
      const watched = await connected({ observer: { deadLettered: (_queue, reason) => dead.push(reason) } });
      await watched.declareQueue({ ...settings, name: 'parcels', parcelSize: 2, maxDeliveries: 1 });
      const parts = ['a', 'b'].map((data) => ({ data: Buffer.from(data) }));
      await watched.publishParcel('parcels', { run: 'run', dedupeId: 'ab', parts });
      for (const delivery of await watched.pull('parcels', pull)) await delivery.nak();
      expect(await watched.pull('parcels', { max: 2, waitMs: 200 })).toEqual([]);
      expect(dead).toEqual(Array.from({ length: 2 }, () => 'delivered 1 times without an ack'));
      await watched.close();
    });

    it('keeps what was stored through a kill of the server, and does what was under way', async () => {
      const queue = { ...settings, name: 'short', ackWaitMs: 300 };
      await bus.declareQueue(queue);
      const put = (id: string) => bus.publish('short', { run: 'run', dedupeId: id, data: Buffer.from(id) });
      for (const id of ['waiting', 'leased']) await put(id);
      const [leased] = await bus.pull('short', { max: 1, waitMs: 1000 });
      await server.kill('SIGKILL');
      await until('the loss is noticed', () => events.some(({ kind }) => kind === 'lost'));
      const pulled = bus.pull('short', pull);
      const [published, status, extended] = [put('meanwhile'), bus.status('short'), leased.working()];
      await server.restart();
      expect(await published).toEqual({ duplicate: false });
      await extended;
      expect((await status).lastDeadLetter).toBe(0);
      const seen = new Set<string>();
      let deliveries = await pulled;
      await until('all are delivered', async () => {
        for (const delivery of deliveries) {
          seen.add(text(delivery.data));
          await delivery.ack();
        }
        deliveries = seen.size < 3 ? await bus.pull('short', { max: 10, waitMs: 200 }) : [];
        return seen.size === 3;
      });
      expect([...seen].sort()).toEqual(['leased', 'meanwhile', 'waiting']);
      expect(await put('meanwhile')).toEqual({ duplicate: true });
      expect(events.map(({ kind }) => kind)).toEqual(['connected', 'lost', 'restored']);
    });

    it('waits where somebody makes its consumer anew, and asks for patience', async () => {
      await publish('a');
      const admin = await connect({ servers: server.url });
      const manager = await admin.jetstreamManager();
      const { stream } = new NatsNames(release).queue('tasks');
      await manager.consumers.delete(stream, CONSUMER);
      const worker = await connected();
      const pulled = worker.pull('tasks', pull);
      await expect(worker.status('tasks')).rejects.toMatchObject({ code: 'unavailable' });
      await expect(worker.restoreConsumer('tasks')).rejects.toMatchObject({ code: 'unavailable' });
      expect(await worker.pull('tasks', { max: 1, waitMs: 10 })).toEqual([]);
      // Who declared the queue makes its consumer anew as soon as it looks.
      expect((await bus.status('tasks')).lastDeadLetter).toBe(0);
      expect((await pulled).map(({ data }) => text(data))).toEqual(['a']);
      await worker.close();
      await admin.close();
    });

    it('makes its streams anew where the server has lost all that it stored', async () => {
      await publish('lost');
      const worker = await connected();
      const pulled = worker.pull('tasks', pull);
      await (await pulled)[0].nak();
      await server.kill('SIGKILL');
      rmSync(server.storeDir, { recursive: true });
      await server.restart();
      const waiting = worker.pull('tasks', pull);
      expect(await bus.status('tasks')).toEqual({ pending: 0, leased: 0, lastDeadLetter: 0 });
      expect(await publish('lost')).toEqual({ duplicate: false });
      const [again] = await waiting;
      expect(text(again.data)).toBe('lost');
      await again.terminate('told twice');
      expect((await bus.status('tasks')).lastDeadLetter).toBe(1);
      await worker.close();
    });

    it('tells its observer of every publish, delivery and end of a lease', async () => {
      const seen: unknown[][] = [];
      const tell = (...given: unknown[]): unknown => seen.push(given);
      const observer = { published: tell, delivered: tell, settled: tell, deadLettered: tell };
      const watched = await connected({ observer });
      await publish('a', 'a', watched);
      await publish('a', 'a', watched);
      const [first] = await watched.pull('tasks', pull);
      await first.working();
      await first.nak();
      const [second] = await watched.pull('tasks', pull);
      await second.terminate('no  such\nprompt');
      await watched.close();
      const all = ['stored', 'duplicate', 1, 'extended', 'returned', 2, 'no  such\nprompt', 'terminated'];
      expect(seen).toEqual(all.map((what) => ['tasks', what]));
      const [letter] = await bus.deadLetters('tasks', { after: 0, max: 1 });
      expect(letter.reason).toBe('no such prompt');
    });

    it('is unavailable while the server is away for longer than it has patience, and goes on when it is back', async () => {
      const restless = await connected({ patienceMs: 30 });
      await publish('stored', 'stored', restless);
      await server.kill('SIGKILL');
      await until('the loss is noticed', () => events.some(({ kind }) => kind === 'lost'));
      const away = { code: 'unavailable', message: 'the NATS server cannot be reached' };
      await expect(publish('meanwhile', 'meanwhile', restless)).rejects.toMatchObject(away);
      await expect(restless.status('tasks')).rejects.toMatchObject(away);
      expect(await restless.pull('tasks', { max: 1, waitMs: 10 })).toEqual([]);
      await server.restart();
      const deliveries = await restless.pull('tasks', pull);
      expect(deliveries.map(({ data }) => text(data))).toEqual(['stored']);
      await restless.close();
    });

    it('sends every ack that was given before it is closed', async () => {
      await Promise.all(Array.from({ length: 50 }, (_, at) => publish(`m${at}`)));
      const deliveries = await bus.pull('tasks', pull);
      for (const delivery of deliveries) void delivery.ack();
      await bus.close();
      bus = await connected();
      expect(deliveries).toHaveLength(50);
      expect(await bus.status('tasks')).toEqual({ pending: 0, leased: 0, lastDeadLetter: 0 });
    });

    it('keeps runs apart whose names have signs that a subject has not', async () => {
      for (const run of ['a.b *>', 'ب%20']) {
        await bus.publish('tasks', { run, dedupeId: run, data: Buffer.from(run) });
      }
      await bus.purge('tasks', 'a.b *>');
      const deliveries = await bus.pull('tasks', pull);
      expect(deliveries.map(({ run }) => run)).toEqual(['ب%20']);
    });

    it('carries a message above 256 KiB as an artifact, and one that cannot be read as a dead letter', async () => {
      const artifacts = new FileArtifacts(folder());
      const [sender, reader] = [await connected({ artifacts }), await connected({ artifacts })];
      const [large, gone, forged] = ['l', 'g', 'f'].map((sign) => sign.repeat(300 * 1024));
      await publish('large', large, sender);
      const [first] = await reader.pull('tasks', pull);
      expect(text(first.data) === large).toBe(true);
      expect(first.headers).toEqual({});
      await first.terminate('too long a story');
      const [letter] = await bus.deadLetters('tasks', { after: 0, max: 1 });
      expect([letter.reason, letter.data.length]).toEqual(['too long a story', 0]);
      const [readable] = await reader.deadLetters('tasks', { after: 0, max: 1 });
      expect(text(readable.data) === large).toBe(true);

      rmSync(await fileOf(gone));
      writeFileSync(await fileOf(forged), 'other bytes');
      await publish('small', 'small', sender);
      expect((await reader.pull('tasks', pull)).map(({ data }) => text(data))).toEqual(['small']);
      const reasons = (await bus.deadLetters('tasks', { after: 1, max: 5 })).map(({ reason }) => reason);
      expect(reasons).toHaveLength(2);
      for (const reason of reasons)
        expect(reason).toMatch(/^the message is artifact [0-9a-f]{64}, which cannot be read/);
      await Promise.all([sender.close(), reader.close()]);

      async function fileOf(content: string): Promise<string> {
        await publish(content.slice(0, 1), content, sender);
        const key = await artifacts.put(Buffer.from(content));
        return join(folder(), key.slice(0, 2), key);
      }
    });
  });
});
