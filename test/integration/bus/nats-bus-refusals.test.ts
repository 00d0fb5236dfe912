import { connect } from 'nats';
import { coordinatorSubjects, workerSubjects } from '../../../core/bus/nats/permitted-subjects.js';
import type { PermittedSubjects } from '../../../core/bus/nats/permitted-subjects.js';
import { NatsBus } from '../../../core/bus/nats-bus.js';
import { rolloutQueueNames, rolloutQueues } from '../../../core/bus/subjects.js';
import { systemClock } from '../../../core/runtime/clock.js';
import { describeWithNats, startNatsServer } from '../../support/nats-server.js';
import type { NatsServer } from '../../support/nats-server.js';

const RELEASE = 'majlis';
const POOL = 'pool';
const WORKER = workerSubjects(RELEASE, POOL);
const COORDINATOR = coordinatorSubjects(RELEASE);
const queues = rolloutQueueNames(POOL);
const message = { run: 'run', dedupeId: 'a', data: Buffer.from('a') };

const listed = (subjects: readonly string[]): string =>
  subjects.map((subject) => JSON.stringify(subject)).join(', ');

function userLine(name: string, { publish, subscribe }: PermittedSubjects): string {
  return `{ user: ${name}, password: secret, permissions: { publish: [${listed(publish)}], subscribe: [${listed(subscribe)}] } }`;
}

/** How servers name acknowledgements: until 2.14, and from 2.15 on, which 2.14 can be told to do already. */
const ACK_FORMS = ['', 'feature_flags { js_ack_fc_v2: true }'];

describe.each(ACK_FORMS)('a NATS server with users (%s)', (ackForm) => {
  describeWithNats('2.14', 'of 2.14', () => {
    let server: NatsServer;
    let coordinator: NatsBus;

    beforeAll(async () => {
      const users = [userLine('coordinator', COORDINATOR), userLine('worker', WORKER)];
      server = await startNatsServer({
        config: `${ackForm}\nauthorization { users: [${users.join(', ')}] }`,
      });
      coordinator = await connected('coordinator', 'secret', COORDINATOR.inboxPrefix);
      for (const queue of rolloutQueues(POOL)) await coordinator.declareQueue(queue);
    });

    afterAll(async () => {
      await coordinator.close();
      await server.stop();
    });

    function connected(user: string, password = 'secret', inboxPrefix = '_INBOX'): Promise<NatsBus> {
      const credentials = { kind: 'password', user, password } as const;
      return NatsBus.connect({
        url: server.url,
        release: RELEASE,
        clock: systemClock,
        credentials,
        inboxPrefix,
      });
    }

    it('refuses wrong credentials, and the bus says what to check', async () => {
      await expect(connected('worker', 'wrong')).rejects.toMatchObject({
        code: 'unauthenticated',
        message: expect.stringContaining('check user, password, token or creds file'),
      });
    });

    it('lets a worker take tasks, extend, give back and end leases, and publish results', async () => {
      const worker = await connected('worker', 'secret', WORKER.inboxPrefix);
      await coordinator.publish(queues.tasks, message);
      await coordinator.publish(queues.tasks, { ...message, dedupeId: 'b' });
      const [first, second] = await worker.pull(queues.tasks, { max: 2, waitMs: 1000 });
      await first.working();
      await first.nak();
      const [again] = await worker.pull(queues.tasks, { max: 1, waitMs: 1000 });
      await worker.publish(queues.results, { ...message, dedupeId: 'result' });
      await again.ack();
      await second.terminate('no such prompt');
      await worker.close();
      expect(await coordinator.status(queues.tasks)).toEqual({ pending: 0, leased: 0, lastDeadLetter: 1 });
      const [letter] = await coordinator.deadLetters(queues.tasks, { after: 0, max: 1 });
      expect(letter.reason).toBe('no such prompt');
      await coordinator.restoreConsumer(queues.tasks);
      await coordinator.purge(queues.tasks, 'run');
      const [result] = await coordinator.pull(queues.results, { max: 1, waitMs: 1000 });
      expect(Buffer.from(result.data).toString()).toBe('a');
      await result.ack();
    });

    it('forbids a worker to issue tasks, read results and declare queues', async () => {
      const worker = await connected('worker', 'secret', WORKER.inboxPrefix);
      const forged = { ...message, dedupeId: 'forged' };
      const refused = { code: 'permission_denied', message: expect.stringContaining('forbids') };
      await expect(worker.publish(queues.tasks, forged)).rejects.toMatchObject(refused);
      await expect(worker.pull(queues.results, { max: 1, waitMs: 1000 })).rejects.toMatchObject(refused);
      await expect(worker.declareQueue(rolloutQueues('other')[0])).rejects.toMatchObject(refused);
      await worker.close();
    });
  });
});

describeWithNats('2.14', 'the NATS bus refuses', () => {
  let server: NatsServer;
  let bus: NatsBus;
  const settings = {
    name: 'tasks',
    maxMessages: 10,
    ackWaitMs: 1000,
    maxDeliveries: 3,
    dedupeWindowMs: 1000,
  };

  beforeAll(async () => {
    server = await startNatsServer({ config: 'max_payload: 512KB' });
    bus = await NatsBus.connect({ url: server.url, release: RELEASE, clock: systemClock });
    await bus.declareQueue(settings);
  });

  afterAll(async () => {
    await bus.close();
    await server.stop();
  });

  it('an address where no server answers', async () => {
    const lost = NatsBus.connect({ url: 'nats://127.0.0.1:1', release: RELEASE, clock: systemClock });
    await expect(lost).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringMatching(/^connecting to nats:\/\/127\.0\.0\.1:1 failed: no NATS server answers/),
    });
  });

  it('a server without TLS, where the address begins with tls', async () => {
    const url = server.url.replace('nats://', 'tls://');
    await expect(NatsBus.connect({ url, release: RELEASE, clock: systemClock })).rejects.toMatchObject({
      message: expect.stringContaining('TLS is asked for, but the NATS server offers none'),
    });
  });

  it('a server without JetStream, saying how to switch it on', async () => {
    const plain = await startNatsServer({ jetstream: false });
    try {
      const refused = NatsBus.connect({ url: plain.url, release: RELEASE, clock: systemClock });
      await expect(refused).rejects.toMatchObject({
        code: 'failed_precondition',
        message: expect.stringContaining('start it with `jetstream {}`'),
      });
    } finally {
      await plain.stop();
    }
  });

  it('a release that cannot be part of a subject', async () => {
    const refused = NatsBus.connect({ url: server.url, release: 'a.b', clock: systemClock });
    await expect(refused).rejects.toMatchObject({
      message:
        'the release of the bus: found "a.b"; allowed: letters, digits and dashes, beginning with a letter or digit',
    });
  });

  it('settings that differ from those that stand, naming the one that does', async () => {
    const other = bus.declareQueue({ ...settings, ackWaitMs: 2000 });
    await expect(other).rejects.toMatchObject({
      code: 'already_exists',
      message: expect.stringContaining('is there with ack_wait 1000000000, and 2000000000 is wanted'),
    });
  });

  it('a message that is larger than the server takes, saying what would help', async () => {
    const large = { run: 'run', dedupeId: 'large', data: new Uint8Array(600 * 1024) };
    await expect(bus.publish('tasks', large)).rejects.toMatchObject({
      code: 'invalid_argument',
      message: expect.stringContaining('give the bus an artifact store, or raise max_payload'),
    });
  });

  it('a header that would not be one line', async () => {
    const broken = { run: 'run', dedupeId: 'header', data: new Uint8Array(1), headers: { trace: 'a\r\nb' } };
    await expect(bus.publish('tasks', broken)).rejects.toMatchObject({ code: 'invalid_argument' });
  });

  it('to take from a consumer that somebody else made', async () => {
    const raw = await connect({ servers: server.url });
    const manager = await raw.jetstreamManager();
    await manager.streams.add({ name: 'majlis_majlis_foreign', subjects: ['foreign.*'] });
    await manager.consumers.add('majlis_majlis_foreign', { durable_name: 'readers' });
    await raw.close();
    await expect(bus.pull('foreign', { max: 1, waitMs: 10 })).rejects.toMatchObject({
      code: 'failed_precondition',
      message: expect.stringContaining('was not made by Majlis'),
    });
  });

  it('nothing that somebody else put on its subjects: that is for the reader to judge', async () => {
    const raw = await connect({ servers: server.url });
    await raw.jetstream().publish('majlis.majlis.tasks.50%', 'junk');
    await raw.close();
    const [delivery] = await bus.pull('tasks', { max: 1, waitMs: 1000 });
    expect([delivery.run, Buffer.from(delivery.data).toString()]).toEqual(['50%', 'junk']);
    await delivery.terminate('not ours');
  });
});
