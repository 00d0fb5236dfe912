import { FleetPolicies } from '../../../../coordinator/fleet/fleet-policies.js';
import { WorkerRegistry } from '../../../../coordinator/fleet/worker-registry.js';
import type { AttachedWorker } from '../../../../coordinator/fleet/worker-registry.js';
import type { WorkerDirective, WorkerHello } from '../../../../core/domain/worker.js';
import { newWorkerSeal, sealedName } from '../../../../core/trust/worker-seal.js';
import { FakeClock } from '../../../support/fake-clock.js';

const NEEDS = { run: 'r1', engineFingerprint: 'ort/x64', tokenizerHash: 'tok', contextLength: 256 };

class Rig {
  readonly clock = new FakeClock();
  readonly events: string[] = [];
  readonly told: [string, WorkerDirective][] = [];
  readonly ended: [worker: string, code: string, sentence: string][] = [];
  readonly registry = new WorkerRegistry({
    ...{ pool: 'default', epoch: 3, clock: this.clock, heartbeatIntervalMs: 1000 },
    observer: {
      workerGone: (worker, why, held) => this.events.push(`${worker} ${why}, held ${held}`),
      workerCordoned: (worker, refused) => this.events.push(`${worker} cordoned after ${refused}`),
    },
  });

  attach(worker: string, hello: Partial<WorkerHello> = {}): AttachedWorker {
    const whole = {
      ...{ worker, pool: 'default', engineFingerprint: 'ort/x64', deterministic: true, slots: 2 },
      ...hello,
    };
    return this.registry.attach(
      whole,
      (directive) => this.told.push([worker, directive]),
      ({ code, message }) => this.ended.push([worker, code, message]),
    );
  }

  toldTo(worker: string): string[] {
    return this.told.filter(([name]) => name === worker).map(([, { kind }]) => kind);
  }
}

describe('WorkerRegistry', () => {
  it.each([
    ['fingerprint', { engineFingerprint: 'ort/arm' }, 'computes on ort/arm, run r1 on ort/x64'],
    ['context', { contextLength: 255 }, 'takes up to 255 tokens a sequence, run r1 needs 256'],
    ['tokenizer', { tokenizerHash: 'other' }, 'has tokenizer other'],
    ['pool', { pool: 'spare' }, 'takes tasks of pool spare, this coordinator issues to default'],
  ])('refuses a worker for its %s in one sentence, and counts it', (kind, hello, sentence) => {
    const rig = new Rig();
    rig.registry.serve(NEEDS);
    expect(() => rig.attach('w', hello)).toThrow(sentence);
    expect(rig.registry.status()).toEqual({ workers: [], refused: { [kind]: 1 } });
  });

  it('holds back those that a later run cannot use, and lets them go on with the next', () => {
    const rig = new Rig();
    rig.attach('w', { engineFingerprint: 'ort/arm' });
    rig.registry.serve(NEEDS);
    expect(rig.told).toEqual([
      ['w', { kind: 'pause', reason: expect.stringContaining('computes on ort/arm') }],
    ]);
    expect(rig.registry.status().workers[0].heldBack).toContain('run r1');
    rig.registry.serve({ ...NEEDS, run: 'r2', engineFingerprint: 'ort/arm' });
    expect(rig.toldTo('w')).toEqual(['pause', 'resume']);
    rig.registry.pause('the run stands');
    rig.registry.resume();
    expect(rig.toldTo('w')).toEqual(['pause', 'resume', 'pause', 'resume']);
  });

  it('repeats what was announced to whoever attaches later, as long as it may still be sampled from', async () => {
    const rig = new Rig();
    rig.registry.serve(NEEDS);
    const stored: string[] = [];
    const policies = new FleetPolicies({
      run: 'r1',
      registry: rig.registry,
      publish: async (directory) => `key-${stored.push(directory)}`,
    });
    for (const version of [0, 1, 2]) {
      await policies.announce({ version, hash: `p${version}`, location: `d${version}` });
    }
    await policies.retireBefore(1);
    const worker = rig.attach('late');
    expect(rig.told.map(([, directive]) => directive)).toEqual([
      {
        kind: 'load_policy',
        run: 'r1',
        policy: { version: 1, hash: 'p1', location: 'd1' },
        contentKey: 'key-2',
        oldestVersion: 0,
      },
      {
        kind: 'load_policy',
        run: 'r1',
        policy: { version: 2, hash: 'p2', location: 'd2' },
        contentKey: 'key-3',
        oldestVersion: 1,
      },
    ]);
    expect(rig.registry.status().workers[0].isReady).toBe(false);
    worker.heartbeat({ state: 'RUNNING', held: [], policyHash: 'p2' });
    expect(rig.registry.status().workers[0].isReady).toBe(true);
    rig.registry.serve({ ...NEEDS, run: 'r2' });
    expect(rig.registry.status().workers[0].isReady).toBe(false);
  });

  it('forgets a worker that was silent for three intervals, and not one whose stream broke and came back', async () => {
    const rig = new Rig();
    const first = rig.attach('w');
    first.heartbeat({ state: 'RUNNING', held: [{ taskId: 't', heldMs: 10 }] });
    await rig.clock.advance(2900);
    first.detach();
    expect(rig.registry.status().workers).toHaveLength(1);
    const second = rig.attach('w');
    second.heartbeat({ state: 'RUNNING', held: [{ taskId: 't', heldMs: 3000 }] });
    first.heartbeat({ state: 'FAILED', held: [] });
    first.detach();
    await rig.clock.advance(2999);
    expect(rig.registry.status().workers[0].state).toBe('RUNNING');
    await rig.clock.advance(1);
    expect(rig.registry.status().workers).toEqual([]);
    expect(rig.events).toEqual(['w silent, held 1']);
    expect(rig.clock.sleeping).toBe(0);
  });

  it('ends the session of a worker that is silent', async () => {
    const rig = new Rig();
    const worker = rig.attach('w');
    await rig.clock.advance(2900);
    worker.heartbeat({ state: 'RUNNING', held: [] });
    await rig.clock.advance(2900);
    expect(rig.ended).toEqual([]);
    await rig.clock.advance(100);
    expect(rig.ended).toEqual([['w', 'deadline_exceeded', 'worker w was silent for 3000 ms']]);
    expect(rig.registry.status().workers).toEqual([]);
  });

  it('ends the session of a worker that has come back, and lets no other have its name meanwhile', async () => {
    const rig = new Rig();
    rig
      .attach('w', { sealDigest: 'one' })
      .heartbeat({ state: 'RUNNING', held: [{ taskId: 't', heldMs: 1 }] });
    const again = rig.attach('w', { sealDigest: 'one' });
    expect(rig.ended).toEqual([['w', 'aborted', 'worker w has another session']]);
    for (const other of [{ sealDigest: 'other' }, {}]) {
      expect(() => rig.attach('w', other)).toThrow(
        /^another worker is called w, attached since \d.* with 0 tasks in work; give each a --name/,
      );
    }
    expect(rig.ended).toHaveLength(1);
    expect(rig.registry.status()).toMatchObject({ workers: [{ worker: 'w' }], refused: { name_taken: 2 } });
    again.detach();
    rig.attach('w', { sealDigest: 'other' });
    expect(() => rig.attach('w', { sealDigest: 'one' })).toThrow('another worker is called w');
    await rig.clock.advance(3000);
    rig.attach('w', { sealDigest: 'one' });
    expect(rig.registry.status().workers).toHaveLength(1);
  });

  it('lets a worker that has drained leave at once', () => {
    const rig = new Rig();
    const worker = rig.attach('w');
    worker.heartbeat({ state: 'DRAINED', held: [] });
    worker.detach();
    expect(rig.events).toEqual(['w left, held 0']);
    expect(() => rig.registry.drain('w', 'scaled down')).toThrow('no worker w is attached');
  });

  it('drains a worker whose results are refused again and again, and keeps it out until that was some time ago', async () => {
    const rig = new Rig();
    rig.attach('liar');
    for (let result = 0; result < 4; result += 1) rig.registry.resultRefused('liar');
    expect(rig.toldTo('liar')).toEqual(['drain']);
    expect(rig.events).toEqual(['liar cordoned after 3']);
    expect(() => rig.attach('liar')).toThrow('worker liar stays out for a while: 3 of its results');
    expect(rig.registry.status().refused).toEqual({ cordoned: 1 });
    await rig.clock.advance(600_000);
    rig.attach('liar');
    expect(rig.registry.status().workers).toMatchObject([{ worker: 'liar', refusedResults: 0 }]);
  });

  it('blames a worker for no result that another published under its name', () => {
    const rig = new Rig();
    const [own, others] = [newWorkerSeal(), newWorkerSeal()];
    rig.attach('honest', { sealDigest: own.digest });
    for (const name of ['honest', sealedName('honest', others), 'nobody']) {
      for (let result = 0; result < 3; result += 1) rig.registry.resultRefused(name);
    }
    expect(rig.registry.status().workers).toMatchObject([{ refusedResults: 0 }]);
    for (let result = 0; result < 3; result += 1) rig.registry.resultRefused(sealedName('another', own));
    expect(rig.events).toEqual(['honest cordoned after 3']);
  });

  it('lists the fleet with those to remove first in front', () => {
    const rig = new Rig();
    rig.attach('busy').heartbeat({ state: 'RUNNING', held: [{ taskId: 't', heldMs: 5000 }] });
    rig.attach('idle');
    expect(
      rig.registry
        .status()
        .workers.map(({ worker, removalRank, removalCost }) => [worker, removalRank, removalCost]),
    ).toEqual([
      ['idle', 0, 0],
      ['busy', 1, 15],
    ]);
  });
});
