import { NatsBus } from '../../../core/bus/nats-bus.js';
import { rolloutQueueNames } from '../../../core/bus/subjects.js';
import { MajlisError } from '../../../core/errors.js';
import { systemClock } from '../../../core/runtime/clock.js';
import type { Fleet } from './fleet.js';
import type { FleetSchedule, Strike } from './fleet-schedule.js';
import type { PodOrder } from './pod-order.js';
import type { Happening, PodEvent } from './pod-event.js';
import { POOL, RELEASE, RUN } from './rehearsed-run.js';

/** A strike that hit, and when. */
export interface Struck {
  readonly kind: Strike['kind'];
  readonly atMs: number;
  /** How many events had been heard by then. */
  readonly heard: number;
  /** Whom it hit. */
  readonly pod: string;
  /** The task that a worker held. */
  readonly task?: string;
}

/**
 * A fault that has to end does so when the fleet has got on without the pod that it struck. Where nothing can get on
 * without that pod, it ends after this; how long a fault lasts decides nothing.
 */
const FAULT_LASTS_MS = 1500;

/** Strikes a fleet as its schedule says, one fault at a time: each waits for its cue, and for the one before to be over. */
export class Nemesis {
  readonly struck: Struck[] = [];
  private readonly waiting: Strike[];
  private readonly counts = new Map<Happening['what'], number>();
  private busy: Promise<void> = Promise.resolve();
  private isBusy = false;
  private failure: MajlisError | undefined;

  constructor(
    private readonly fleet: Fleet,
    { strikes }: FleetSchedule,
  ) {
    this.waiting = [...strikes];
    fleet.onEvent((event) => this.hear(event));
  }

  /** Resolves when the fault under way, if any, is over. */
  async rest(): Promise<void> {
    await this.busy;
    if (this.failure !== undefined) throw this.failure;
  }

  private hear(event: PodEvent): void {
    const { what } = event.happening;
    this.counts.set(what, 1 + (this.counts.get(what) ?? 0));
    if (this.isBusy) return;
    const at = this.waiting.findIndex(({ after }) => after.what === what && this.count(what) >= after.count);
    if (at === -1) return;
    const [{ kind }] = this.waiting.splice(at, 1);
    this.isBusy = true;
    this.busy = this.strike(kind, event)
      .catch((thrown: unknown) => (this.failure = MajlisError.from(thrown)))
      .then(() => {
        this.isBusy = false;
      });
  }

  private count(what: Happening['what']): number {
    return this.counts.get(what) ?? 0;
  }

  private async strike(kind: Strike['kind'], cue: PodEvent): Promise<void> {
    const [whom, how] = kind.split('-');
    const pod = whom === 'worker' ? cue.pod : whom;
    const task = 'task' in cue.happening ? { task: cue.happening.task } : {};
    const heard = this.fleet.events.length;
    this.struck.push({ kind, atMs: systemClock.now(), heard, pod, ...task });
    if (kind === 'nats-killed') return this.killNats();
    if (kind === 'messages-lost') return this.loseMessages();
    if (how === 'killed') return this.kill(pod);
    if (how === 'stopped') return this.stop(pod);
    const proxy = this.fleet.proxy(pod);
    if (how === 'dropped') return proxy.drop();
    proxy.stall();
    await this.lasting(pod);
    proxy.restore();
  }

  /** Another process takes the dead one's place, under the same name. */
  private async kill(name: string): Promise<void> {
    const { fleet } = this;
    const { kind, ended } = fleet.pod(name);
    fleet.pod(name).signal('SIGKILL');
    await ended;
    if (kind === 'worker') await fleet.startWorker(name, this.mischiefLeftFor(name));
    else if (kind === 'coordinator') await fleet.startCoordinator();
    else await fleet.startServer(kind);
  }

  /** What the worker was told to do wrong, and did not come to. */
  private mischiefLeftFor(name: string): PodOrder['mischief'] {
    const { events } = this.fleet;
    const isDone = events.some(({ pod, happening }) => pod === name && happening.what === 'did');
    return isDone ? undefined : this.fleet.pod(name).order.mischief;
  }

  private async stop(name: string): Promise<void> {
    const pod = this.fleet.pod(name);
    pod.signal('SIGSTOP');
    await this.lasting(name);
    pod.signal('SIGCONT');
  }

  private async killNats(): Promise<void> {
    await this.fleet.nats.kill('SIGKILL');
    await this.fleet.nats.restart();
  }

  private async loseMessages(): Promise<void> {
    const { url } = this.fleet.nats;
    const bus = await NatsBus.connect({ url, release: RELEASE, clock: systemClock });
    await bus.purge(rolloutQueueNames(POOL).tasks, RUN);
    await bus.close();
  }

  /** Until another worker has taken again what this one held, or for as long as a fault lasts. */
  private async lasting(name: string): Promise<void> {
    const over = new AbortController();
    const stop = this.fleet.onEvent(({ pod, happening }) => {
      if (pod !== name && happening.what === 'leased' && happening.attempt > 1) over.abort();
    });
    await systemClock.sleep(FAULT_LASTS_MS, over.signal).catch(() => undefined);
    stop();
  }
}
