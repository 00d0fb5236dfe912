/** What `majlis nats config` prints, held against real servers. */
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { connect, nkeyAuthenticator } from 'nats';
import { makeAccounts } from '../../../cli/commands/nats/make-accounts.js';
import { newUserKey } from '../../../core/bus/nats/nkey.js';
import { NatsBus } from '../../../core/bus/nats-bus.js';
import { rolloutQueueNames, rolloutQueues } from '../../../core/bus/subjects.js';
import { systemClock } from '../../../core/runtime/clock.js';
import {
  describeWithNats,
  startNatsServer,
  type NatsServer,
  type NatsVersion,
} from '../../support/nats-server.js';
import { useLastingFolder } from '../../support/temporary-folder.js';

const RELEASE = 'prod';
const POOL = 'gpu';
const queues = rolloutQueueNames(POOL);
const message = { run: 'r1', dedupeId: 'a', data: Buffer.from('a') };

interface MadeUser {
  readonly name: string;
  readonly keyFile: string;
  readonly inboxPrefix: string;
}

describe.each<[NatsVersion]>([['2.9'], ['2.14']])('a NATS server %s with that account', (version) => {
  describeWithNats(version, 'and its users', () => {
    const folder = useLastingFolder();
    let server: NatsServer;
    let users: ReadonlyMap<string, MadeUser>;
    let coordinator: NatsBus;

    beforeAll(async () => {
      const { json } = await makeAccounts({ release: RELEASE, pools: [POOL, 'cpu'], keys: folder() });
      const made = json as { readonly config: string; readonly users: readonly MadeUser[] };
      users = new Map(made.users.map((user) => [user.name, user]));
      server = await startNatsServer({ version, config: made.config });
      coordinator = await connected('coordinator');
      for (const pool of [POOL, 'cpu']) {
        for (const queue of rolloutQueues(pool)) await coordinator.declareQueue(queue);
      }
    });

    afterAll(async () => {
      await coordinator.close();
      await server.stop();
    });

    function user(name: string): MadeUser {
      const found = users.get(name);
      if (found === undefined) throw new Error(`no user ${name}`);
      return found;
    }

    function connected(name: string, keyFile = user(name).keyFile): Promise<NatsBus> {
      return NatsBus.connect({
        ...{ url: server.url, release: RELEASE, clock: systemClock, inboxPrefix: user(name).inboxPrefix },
        credentials: { kind: 'creds_file', path: keyFile },
      });
    }

    it('lets a worker take tasks of its pool, keep them, and publish their results', async () => {
      const worker = await connected('worker-gpu');
      await coordinator.publish(queues.tasks, message);
      const [task] = await worker.pull(queues.tasks, { max: 1, waitMs: 1000 });
      await task?.working();
      await worker.publish(queues.results, message);
      await task?.ack();
      await worker.close();
      const [result] = await coordinator.pull(queues.results, { max: 1, waitMs: 1000 });
      await result?.ack();
      expect(result?.run).toBe('r1');
    });

    it('refuses a worker all else', async () => {
      const worker = await connected('worker-gpu');
      const forbidden = { code: 'permission_denied' };
      await expect(worker.publish(queues.tasks, { ...message, dedupeId: 'b' })).rejects.toMatchObject(
        forbidden,
      );
      await expect(worker.pull(queues.results, { max: 1, waitMs: 100 })).rejects.toMatchObject(forbidden);
      await expect(
        worker.pull(rolloutQueueNames('cpu').tasks, { max: 1, waitMs: 100 }),
      ).rejects.toMatchObject(forbidden);
      const [queue] = rolloutQueues('more');
      await expect(worker.declareQueue(queue)).rejects.toMatchObject(forbidden);
      await worker.close();
    });

    it.each(['coordinator', 'worker-cpu'])("lets no worker read the %s's inbox", async (name) => {
      const seed = readFileSync(user('worker-gpu').keyFile);
      const spy = await connect({
        servers: server.url,
        authenticator: nkeyAuthenticator(Buffer.from(seed.toString().trim())),
      });
      const refused = new Promise<Error | null>((resolve) => {
        spy.subscribe(`${user(name).inboxPrefix}.>`, { callback: (error) => resolve(error) });
      });
      expect((await refused)?.message).toMatch(/permissions violation/i);
      await spy.close();
    });

    it('refuses a key that it was not told', async () => {
      const stranger = join(folder(), 'stranger.nk');
      writeFileSync(stranger, newUserKey().seed);
      await expect(connected('coordinator', stranger)).rejects.toMatchObject({ code: 'unauthenticated' });
    });
  });
});

describe('majlis nats config', () => {
  const folder = useLastingFolder();

  it('keeps the keys that are there, for their owner alone, and makes those that are not', async () => {
    const keys = join(folder(), 'keys');
    const first = await makeAccounts({ release: 'r', pools: ['a'], keys });
    const seed = readFileSync(join(keys, 'worker-a.nk'), 'utf8');
    expect(statSync(join(keys, 'worker-a.nk')).mode & 0o777).toBe(0o600);
    const second = await makeAccounts({ release: 'r', pools: ['a', 'b', 'a'], keys });
    expect(readFileSync(join(keys, 'worker-a.nk'), 'utf8')).toBe(seed);
    expect(second.json).toMatchObject({
      users: [{ name: 'coordinator' }, { name: 'worker-a' }, { name: 'worker-b' }],
    });
    expect(second.text).not.toContain(seed.trim());
    expect(first.text).toContain('majlis-r: {');
  });

  it.each([
    [{ release: 'a b', pools: ['a'] }, '--release: found "a b"'],
    [{ release: 'r', pools: ['a', ''] }, '--pools: found ""'],
    [{ release: 'r', pools: ['a.b'] }, '--pools: found "a.b"'],
  ])('refuses %j', async (request, sentence) => {
    await expect(makeAccounts({ ...request, keys: folder() })).rejects.toThrow(sentence);
  });

  it('refuses a key file that holds none', async () => {
    writeFileSync(join(folder(), 'coordinator.nk'), 'my password\n');
    const making = makeAccounts({ release: 'r', pools: ['a'], keys: folder() });
    await expect(making).rejects.toThrow('coordinator.nk: found no such seed');
  });
});
