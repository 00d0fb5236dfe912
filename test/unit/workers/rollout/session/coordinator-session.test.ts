import type { WorkerDirective, WorkerHeartbeat } from '../../../../../core/domain/worker.js';
import { MajlisError } from '../../../../../core/errors.js';
import { CoordinatorSession } from '../../../../../workers/rollout/session/coordinator-session.js';
import type { SessionMessage, SessionStream } from '../../../../../workers/rollout/session/session-stream.js';
import { FakeClock } from '../../../../support/fake-clock.js';

const HELLO = {
  ...{ worker: 'w', pool: 'default', engineFingerprint: 'f', deterministic: true, slots: 1 },
};

/** A connection that a test speaks on. */
class Line implements SessionStream {
  readonly beats: WorkerHeartbeat[] = [];
  readonly messages: AsyncIterable<SessionMessage>;
  private readonly queue: (SessionMessage | Error | 'end')[] = [];
  private wake = (): void => undefined;

  constructor() {
    this.messages = this.read();
  }

  say(...said: (SessionMessage | Error | 'end')[]): void {
    this.queue.push(...said);
    this.wake();
  }

  send(beat: WorkerHeartbeat): void {
    this.beats.push(beat);
  }

  end(): void {
    this.say('end');
  }

  cancel(): void {
    this.say(new MajlisError('cancelled', { code: 'cancelled' }));
  }

  private async *read(): AsyncGenerator<SessionMessage> {
    for (;;) {
      const next = this.queue.shift();
      if (next === 'end') return;
      if (next instanceof Error) throw next;
      if (next !== undefined) yield next;
      else await new Promise<void>((resolve) => (this.wake = resolve));
    }
  }
}

const welcome = (epoch: number): SessionMessage => ({
  kind: 'welcome',
  welcome: { epoch, heartbeatIntervalMs: 5000 },
});
const resume = (epoch: number): SessionMessage => ({
  kind: 'directive',
  epoch,
  directive: { kind: 'resume' },
});
const gone = new MajlisError('nobody listens', { code: 'unavailable' });

class Rig {
  readonly clock = new FakeClock();
  readonly lines: Line[] = [];
  readonly obeyed: WorkerDirective[] = [];
  readonly pauses: number[] = [];
  readonly stop = new AbortController();
  readonly session = new CoordinatorSession({
    clock: this.clock,
    hello: () => HELLO,
    heartbeat: () => ({ state: 'RUNNING', held: [] }),
    open: async () => {
      const line = new Line();
      this.lines.push(line);
      return line;
    },
    onDirective: (directive) => this.obeyed.push(directive),
    onLost: (_error, retryMs) => this.pauses.push(retryMs),
  });
  readonly running = this.session.run(this.stop.signal);
}

describe('CoordinatorSession', () => {
  it('tries again after pauses that grow to five seconds and begin anew after a welcome', async () => {
    const rig = new Rig();
    for (let attempt = 0; attempt < 8; attempt += 1) {
      await rig.clock.advance(0);
      rig.lines[attempt].say(gone);
      await rig.clock.advance(0);
      await rig.clock.advance(rig.pauses[attempt]);
    }
    rig.pauses.forEach((pause, at) => {
      const whole = Math.min(5000, 100 * 2 ** at);
      expect(pause).toBeGreaterThanOrEqual(whole / 2);
      expect(pause).toBeLessThanOrEqual(whole);
    });
    rig.lines[8].say(welcome(1), gone);
    await rig.clock.advance(0);
    expect(rig.pauses[8]).toBeLessThanOrEqual(100);
    rig.stop.abort();
    await rig.running;
    expect(rig.clock.sleeping).toBe(0);
  });

  it('does not obey a coordinator of an older epoch than one that it heard', async () => {
    const rig = new Rig();
    await rig.clock.advance(0);
    rig.lines[0].say(welcome(5), resume(5), resume(4), gone);
    await rig.clock.advance(100);
    rig.lines[1].say(welcome(4), resume(4));
    await rig.clock.advance(0);
    expect(rig.obeyed).toHaveLength(1);
    expect(rig.session.isAttached).toBe(false);
    await rig.clock.advance(200);
    rig.lines[2].say(welcome(6), resume(6));
    await rig.clock.advance(0);
    expect(rig.obeyed).toHaveLength(2);
    rig.stop.abort();
    await rig.running;
  });

  it('beats once an interval, and soon after the load has changed', async () => {
    const rig = new Rig();
    await rig.clock.advance(0);
    rig.lines[0].say(welcome(1));
    await rig.clock.advance(17_500);
    expect(rig.lines[0].beats).toHaveLength(4);
    for (let change = 0; change < 50; change += 1) rig.session.loadChanged();
    expect(rig.lines[0].beats).toHaveLength(5);
    await rig.clock.advance(1000);
    expect(rig.lines[0].beats).toHaveLength(6);
    rig.session.end();
    await rig.running;
    expect(rig.lines[0].beats).toHaveLength(7);
    expect(rig.clock.sleeping).toBe(0);
  });

  it('ends with the refusal, since asking again would be answered alike', async () => {
    const rig = new Rig();
    await rig.clock.advance(0);
    rig.lines[0].say(new MajlisError('the pool is another', { code: 'failed_precondition' }));
    await expect(rig.running).rejects.toMatchObject({ message: 'the pool is another' });
    expect(rig.lines).toHaveLength(1);
  });

  it('waits while a process without a fleet is at work, for one that has a fleet may follow', async () => {
    const rig = new Rig();
    await rig.clock.advance(0);
    rig.lines[0].say(new MajlisError('no fleet here', { code: 'unimplemented' }));
    await rig.clock.advance(100);
    rig.lines[1].say(welcome(1));
    await rig.clock.advance(0);
    expect(rig.session.isAttached).toBe(true);
    rig.stop.abort();
    await rig.running;
  });
});
