import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { connect, JSONCodec } from 'nats';
import { openFleet } from '../../../cli/fleet/open-fleet.js';
import { untilLost } from '../../../cli/fleet/until-lost.js';
import { MemoryArtifacts } from '../../../core/artifacts/memory-artifacts.js';
import { coordinatorSubjects } from '../../../core/bus/nats/permitted-subjects.js';
import { claimPool } from '../../../core/bus/nats/pool-claim.js';
import type { PoolClaim, PoolClaimOptions } from '../../../core/bus/nats/pool-claim.js';
import { systemClock } from '../../../core/runtime/clock.js';
import type { Clock } from '../../../core/runtime/clock.js';
import { ProcessRegistry } from '../../../core/telemetry/metrics/process-registry.js';
import { RecordingLogger } from '../../../core/telemetry/recording-logger.js';
import { describeWithNats, startNatsServer } from '../../support/nats-server.js';
import type { NatsServer } from '../../support/nats-server.js';
import { useTemporaryFolder } from '../../support/temporary-folder.js';
import { until } from '../../support/until.js';

/** A coordinator's permissions are enough for a claim. */
const COORDINATOR = coordinatorSubjects('test');
const SPEED = 20;

/** Runs faster than the system's. */
const fast: Clock = {
  ...systemClock,
  monotonic: () => systemClock.monotonic() * SPEED,
  sleep: (milliseconds, signal) => systemClock.sleep(milliseconds / SPEED, signal),
  alarm: (milliseconds, ring) => systemClock.alarm(milliseconds / SPEED, ring),
};

describeWithNats('2.14', 'a claim on a pool', () => {
  let nats: NatsServer;
  const held: PoolClaim[] = [];
  const folder = useTemporaryFolder();

  beforeAll(async () => {
    const { publish, subscribe } = COORDINATOR;
    const permissions = JSON.stringify({ publish, subscribe });
    const user = `{ user: coordinator, password: secret, permissions: ${permissions} }`;
    nats = await startNatsServer({
      config: `authorization { users: [${user}, { user: admin, password: secret }] }`,
    });
  });
  afterEach(async () => {
    for (const claim of held.splice(0)) await claim.release();
  });
  afterAll(async () => {
    await nats.stop();
  });

  async function claim(
    pool: string,
    claimant: string,
    more: Partial<PoolClaimOptions> = {},
  ): Promise<PoolClaim> {
    const described = `process 7 of ${claimant}`;
    const credentials = { kind: 'password', user: 'coordinator', password: 'secret' } as const;
    const { inboxPrefix } = COORDINATOR;
    const place = { url: nats.url, release: 'test', credentials, inboxPrefix };
    const options = { ...place, clock: fast, pool, claimant, described, ...more };
    const taken = await claimPool(options);
    held.push(taken);
    return taken;
  }

  it('is refused while somebody else holds it, in one sentence that says who', async () => {
    await claim('default', 'a');
    await expect(claim('default', 'b')).rejects.toMatchObject({
      code: 'failed_precondition',
      message: expect.stringMatching(/^pool default belongs to process 7 of a, which is at work; give/),
    });
    await claim('spare', 'b');
  });

  it('goes to the same workspace at once, and to another when it is let go, with a higher epoch each time', async () => {
    const first = await claim('handed', 'a', { clock: systemClock });
    const second = await claim('handed', 'a', { clock: systemClock });
    await second.release();
    const third = await claim('handed', 'b', { clock: systemClock });
    expect(second.epoch).toBeGreaterThan(first.epoch);
    expect(third.epoch).toBeGreaterThan(second.epoch);
  });

  it('is taken over from a holder that stopped writing, who hears of it', async () => {
    let cancel = (): void => undefined;
    const lost = new Promise<string>((resolve) => {
      // Its alarms ring only once the claim has changed hands.
      const asleep: Clock = { ...fast, alarm: (_milliseconds, ring) => ((cancel = ring), () => undefined) };
      void claim('stale', 'a', { clock: asleep, onLost: resolve });
    });
    while (held.length === 0) await systemClock.sleep(1);
    const next = await claim('stale', 'b');
    cancel();
    expect(await lost).toBe('process 7 of b');
    expect(next.epoch).toBeGreaterThan(0);
  });

  it('stops what a fleet does when it is lost, by an error that says who has it and what to do', async () => {
    const busPasswordFile = join(folder(), 'password');
    writeFileSync(busPasswordFile, 'secret');
    const flags = {
      bus: [nats.url],
      release: 'test',
      pool: 'fleet',
      busUser: 'coordinator',
      busPasswordFile,
    };
    const fleet = await openFleet(
      { ...flags, healthHost: '127.0.0.1' },
      {
        ...{ folder: folder(), artifacts: new MemoryArtifacts(), clock: fast },
        ...{ logger: new RecordingLogger(), metrics: new ProcessRegistry() },
      },
    );
    const working = untilLost(fleet, new AbortController().signal, (signal) => fast.sleep(1e6, signal));
    const client = await connect({ servers: nats.url, user: 'admin', pass: 'secret' });
    const others = {
      claimant: 'c',
      described: 'process 9 of c',
      epoch: fleet.registry.epoch + 1,
      isReleased: false,
    };
    await client.jetstream().publish('majlis.test.claims.fleet', JSONCodec().encode(others));
    await client.close();
    await expect(working).rejects.toMatchObject({
      code: 'failed_precondition',
      message: expect.stringMatching(/^pool fleet is this .*: process 9 of c; .*"majlis run --continue RUN"/),
    });
    await fleet.close();
  });

  it('stands in as many copies as a coordinator is told to make, which one server alone cannot', async () => {
    const flags = { bus: [nats.url], release: 'copies', pool: 'fleet', healthHost: '127.0.0.1' };
    const busPasswordFile = join(folder(), 'password');
    writeFileSync(busPasswordFile, 'secret');
    const opening = openFleet(
      { ...flags, busUser: 'admin', busPasswordFile, busReplicas: 3 },
      {
        ...{ folder: folder(), artifacts: new MemoryArtifacts(), clock: fast },
        ...{ logger: new RecordingLogger(), metrics: new ProcessRegistry() },
      },
    );
    await expect(opening).rejects.toThrow(/replicas > 1 not supported in non-clustered mode/);
  });

  it('is told again to a server that lost its store, and no more once it is let go', async () => {
    let ring = (): void => undefined;
    const spied: Clock = { ...fast, alarm: (after, rung) => fast.alarm(after, (ring = rung)) };
    const heard: string[] = [];
    const first = await claim('wiped', 'a', { clock: spied, onLost: (by) => heard.push(by) });
    const client = await connect({ servers: nats.url, user: 'admin', pass: 'secret' });
    const { streams } = await client.jetstreamManager();
    await streams.delete('majlis_test_claims');
    const subject = 'majlis.test.claims.wiped';
    await until('the claim is there again', () =>
      streams.getMessage('majlis_test_claims', { last_by_subj: subject }).then(
        () => true,
        () => false,
      ),
    );
    await client.close();
    await expect(claim('wiped', 'b')).rejects.toMatchObject({ code: 'failed_precondition' });
    await first.release();
    const last = ring;
    ring();
    await systemClock.sleep(10);
    expect([ring, heard]).toEqual([last, []]);
  });
});
