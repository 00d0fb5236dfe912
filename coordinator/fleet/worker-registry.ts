/**
 * The workers of one pool, as far as their sessions tell.
 *
 * - It informs and never decides about work: a task is leased by the bus and issued again by the dispatcher, whatever is
 *   known here. Losing this registry loses no task.
 * - A worker that the run cannot use is refused when it attaches, or held back where the run came after it.
 * - What is announced is kept and repeated to whoever attaches later, the oldest first.
 * - A name is its holder's for as long as his session stands: another takes it only with the same seal, which is then the same
 *   worker with a new connection, or once the session has ended.
 * - A worker that was found to answer wrongly stays out, under its name, until that was some time ago. It is blamed for
 *   results under its own seal only.
 */
import type {
  FleetStatus,
  PolicyAnnouncement,
  WorkerDirective,
  WorkerHeartbeat,
  WorkerHello,
  WorkerStatus,
  WorkerWelcome,
} from '../../core/domain/worker.js';
import { MajlisError } from '../../core/errors.js';
import type { ErrorCode } from '../../core/errors.js';
import type { Clock } from '../../core/runtime/clock.js';
import { readSealedName } from '../../core/trust/worker-seal.js';
import { rankForRemoval } from './rank-for-removal.js';
import { RefusedResults } from './refused-results.js';
import { refusalOfWorker } from './worker-refusal.js';
import type { FleetNeeds, WorkerRefusal } from './worker-refusal.js';

/** Why a worker was not taken in. */
export type SessionRefusal = WorkerRefusal['kind'] | 'cordoned' | 'name_taken';

/** Who watches the fleet; it never changes it. */
export interface FleetObserver {
  workerAttached?(hello: WorkerHello): void;
  workerRefused?(worker: string, kind: SessionRefusal, sentence: string): void;
  /** Ended as it should, or has not been heard of for three intervals; it held so many tasks. */
  workerGone?(worker: string, why: 'left' | 'silent', held: number): void;
  /** Too many of its results were refused: it takes no more tasks. */
  workerCordoned?(worker: string, refusedResults: number): void;
}

export interface WorkerRegistryOptions {
  readonly pool: string;
  /** Higher with every start of a coordinator; directives carry it. */
  readonly epoch: number;
  readonly clock: Clock;
  /** 5 s unless told. */
  readonly heartbeatIntervalMs?: number;
  /** Where artifacts are served, if they are. */
  readonly artifactsPort?: number;
  /** Refused results of one worker after which it is drained and stays out; 3 unless told. */
  readonly mostRefusedResults?: number;
  /** How long a refused result counts; ten minutes unless told. */
  readonly refusalsCountMs?: number;
  readonly observer?: FleetObserver;
}

/** One worker's session. */
export interface AttachedWorker {
  readonly welcome: WorkerWelcome;
  heartbeat(beat: WorkerHeartbeat): void;
  /** The stream has ended. The worker may still work, and may come back. */
  detach(): void;
}

interface Entry {
  readonly hello: WorkerHello;
  readonly attachedAtMs: number;
  readonly send: (directive: WorkerDirective) => void;
  readonly end: (why: MajlisError) => void;
  beat: WorkerHeartbeat;
  /** Its stream stands, as far as is known here. */
  isConnected: boolean;
  heldBack: string | undefined;
  stopWaiting: () => void;
}

const HEARTBEAT_MS = 5000;
const INTERVALS_OF_SILENCE = 3;
const MOST_REFUSED_RESULTS = 3;
const REFUSALS_COUNT_MS = 600_000;
/** In lockstep nothing retires versions, and one is enough; in async several are sampled from. */
const MOST_ANNOUNCED = 8;

export class WorkerRegistry {
  private readonly entries = new Map<string, Entry>();
  private readonly refusedSessions = new Map<string, number>();
  private readonly refusedResults: RefusedResults;
  private announced: readonly PolicyAnnouncement[] = [];
  private needs: FleetNeeds | undefined;
  private pausedFor: string | undefined;
  private readonly interval: number;

  constructor(private readonly options: WorkerRegistryOptions) {
    this.interval = options.heartbeatIntervalMs ?? HEARTBEAT_MS;
    this.refusedResults = new RefusedResults({
      clock: options.clock,
      most: options.mostRefusedResults ?? MOST_REFUSED_RESULTS,
      forgottenAfterMs: options.refusalsCountMs ?? REFUSALS_COUNT_MS,
    });
  }

  get epoch(): number {
    return this.options.epoch;
  }

  /**
   * Takes a worker in and tells it what was announced. One that is of no use is `failed_precondition` with one sentence; one
   * whose name another holds is `already_exists`, which passes when that one leaves. `end` ends the session of a worker that is
   * silent, or that has come back.
   */
  attach(
    hello: WorkerHello,
    send: (directive: WorkerDirective) => void,
    end: (why: MajlisError) => void = () => undefined,
  ): AttachedWorker {
    this.refuseUseless(hello);
    const replaced = this.entries.get(hello.worker);
    if (replaced !== undefined) this.refuseAnother(hello, replaced);
    replaced?.stopWaiting();
    const entry: Entry = {
      ...{ hello, send, end, attachedAtMs: this.options.clock.now(), heldBack: undefined },
      beat: { state: 'INITIALIZED', held: [], ...policyOf(hello) },
      isConnected: true,
      stopWaiting: () => undefined,
    };
    this.entries.set(hello.worker, entry);
    replaced?.end(new MajlisError(`worker ${hello.worker} has another session`, { code: 'aborted' }));
    this.hear(entry, entry.beat);
    for (const announcement of this.announced) send({ kind: 'load_policy', ...announcement });
    this.holdBackOrRelease(entry);
    this.options.observer?.workerAttached?.(hello);
    return {
      welcome: this.welcome(),
      heartbeat: (beat) => this.hear(entry, beat),
      detach: () => this.detach(entry),
    };
  }

  /** The run that samples from now on, undefined between two runs. Workers that it cannot use are held back. */
  serve(needs: FleetNeeds | undefined): void {
    this.needs = needs;
    this.announced = [];
    for (const entry of this.entries.values()) this.holdBackOrRelease(entry);
  }

  /** Tells every worker, and whoever attaches later. */
  announce(announcement: PolicyAnnouncement): void {
    const { run, policy, oldestVersion } = announcement;
    this.announced = [
      ...this.announced.filter(
        (known) =>
          known.run === run && known.policy.hash !== policy.hash && known.policy.version >= oldestVersion,
      ),
      announcement,
    ].slice(-MOST_ANNOUNCED);
    this.tellAll({ kind: 'load_policy', ...announcement });
  }

  /** No worker takes tasks until `resume`; what they hold they finish. */
  pause(reason: string): void {
    this.pausedFor = reason;
    for (const entry of this.entries.values()) this.holdBackOrRelease(entry);
  }

  resume(): void {
    this.pausedFor = undefined;
    for (const entry of this.entries.values()) this.holdBackOrRelease(entry);
  }

  /** Asks one worker to leave; one that is not attached is `not_found`. */
  drain(worker: string, reason: string): void {
    const entry = this.entries.get(worker);
    if (entry === undefined) throw new MajlisError(`no worker ${worker} is attached`, { code: 'not_found' });
    entry.send({ kind: 'drain', reason });
  }

  /**
   * A result was refused that calls its worker so. A worker that does it again and again claims what it cannot do. Whoever is
   * not attached, or attached under another seal than the result's, is not blamed.
   */
  resultRefused(header: string): void {
    const entry = this.sealedBy(readSealedName(header));
    if (entry === undefined) return;
    const { worker } = entry.hello;
    const wasTooMany = this.refusedResults.isTooMany(worker);
    const count = this.refusedResults.add(worker);
    if (wasTooMany || !this.refusedResults.isTooMany(worker)) return;
    this.options.observer?.workerCordoned?.(worker, count);
    entry.send({ kind: 'drain', reason: `${count} of its results were refused` });
  }

  status(): FleetStatus {
    const workers = [...this.entries.values()].map(({ hello, ...entry }) => ({
      ...{ worker: hello.worker, held: entry.beat.held },
      ...{ hello, entry },
    }));
    return {
      workers: rankForRemoval(workers).map(({ candidate, rank, cost }) =>
        this.statusOf(candidate.hello, candidate.entry, { removalRank: rank, removalCost: cost }),
      ),
      refused: Object.fromEntries(this.refusedSessions),
    };
  }

  /** Lets nobody wait any more. */
  close(): void {
    for (const entry of this.entries.values()) entry.stopWaiting();
    this.entries.clear();
  }

  private sealedBy({ name, digest }: ReturnType<typeof readSealedName>): Entry | undefined {
    if (digest === undefined) {
      const entry = this.entries.get(name);
      return entry?.hello.sealDigest === undefined ? entry : undefined;
    }
    return [...this.entries.values()].find(({ hello }) => hello.sealDigest === digest);
  }

  private welcome(): WorkerWelcome {
    const { epoch, artifactsPort } = this.options;
    return {
      ...{ epoch, heartbeatIntervalMs: this.interval },
      ...(artifactsPort === undefined ? {} : { artifactsPort }),
    };
  }

  private refuseUseless(hello: WorkerHello): void {
    const { worker } = hello;
    if (this.refusedResults.isTooMany(worker)) {
      const refused = this.refusedResults.of(worker);
      const sentence = `worker ${worker} stays out for a while: ${refused} of its results were refused`;
      throw this.refusal(worker, { kind: 'cordoned', sentence });
    }
    const refusal = refusalOfWorker(hello, this.options.pool, this.needs);
    if (refusal !== undefined) throw this.refusal(worker, refusal);
  }

  /** Two that are called alike would end each other's sessions in turns. */
  private refuseAnother({ worker, sealDigest }: WorkerHello, holder: Entry): void {
    if (!holder.isConnected || holder.hello.sealDigest === sealDigest) return;
    const since = new Date(holder.attachedAtMs).toISOString();
    const sentence = `another worker is called ${worker}, attached since ${since} with ${holder.beat.held.length} tasks in work; give each a --name of its own`;
    throw this.refusal(worker, { kind: 'name_taken', sentence }, 'already_exists');
  }

  private refusal(
    worker: string,
    { kind, sentence }: { readonly kind: SessionRefusal; readonly sentence: string },
    code: ErrorCode = 'failed_precondition',
  ): MajlisError {
    this.refusedSessions.set(kind, (this.refusedSessions.get(kind) ?? 0) + 1);
    this.options.observer?.workerRefused?.(worker, kind, sentence);
    return new MajlisError(sentence, { code });
  }

  private hear(entry: Entry, beat: WorkerHeartbeat): void {
    if (this.entries.get(entry.hello.worker) !== entry) return;
    entry.beat = beat;
    entry.stopWaiting();
    const silence = INTERVALS_OF_SILENCE * this.interval;
    entry.stopWaiting = this.options.clock.alarm(silence, () => {
      this.remove(entry, 'silent');
      const sentence = `worker ${entry.hello.worker} was silent for ${silence} ms`;
      entry.end(new MajlisError(sentence, { code: 'deadline_exceeded' }));
    });
  }

  private detach(entry: Entry): void {
    entry.isConnected = false;
    const { state } = entry.beat;
    if (state === 'DRAINED' || state === 'FAILED') this.remove(entry, 'left');
  }

  private remove(entry: Entry, why: 'left' | 'silent'): void {
    const { worker } = entry.hello;
    if (this.entries.get(worker) !== entry) return;
    entry.stopWaiting();
    this.entries.delete(worker);
    this.options.observer?.workerGone?.(worker, why, entry.beat.held.length);
  }

  private holdBackOrRelease(entry: Entry): void {
    const misfit = refusalOfWorker(entry.hello, this.options.pool, this.needs)?.sentence;
    const reason = this.pausedFor ?? misfit;
    if (reason === entry.heldBack) return;
    entry.heldBack = reason;
    entry.send(reason === undefined ? { kind: 'resume' } : { kind: 'pause', reason });
  }

  private tellAll(directive: WorkerDirective): void {
    for (const { send } of this.entries.values()) send(directive);
  }

  private statusOf(
    { worker, pool, slots, engineFingerprint }: WorkerHello,
    { beat, heldBack, attachedAtMs }: Omit<Entry, 'hello'>,
    place: Pick<WorkerStatus, 'removalRank' | 'removalCost'>,
  ): WorkerStatus {
    const current = this.announced.at(-1)?.policy.hash;
    return {
      ...{ worker, pool, slots, engineFingerprint, state: beat.state, held: beat.held, attachedAtMs },
      ...policyOf(beat),
      ...(beat.tokensPerSecond === undefined ? {} : { tokensPerSecond: beat.tokensPerSecond }),
      isReady: current !== undefined && beat.policyHash === current && heldBack === undefined,
      ...place,
      ...(heldBack === undefined ? {} : { heldBack }),
      refusedResults: this.refusedResults.of(worker),
    };
  }
}

function policyOf({ policyHash }: { readonly policyHash?: string }): { readonly policyHash?: string } {
  return policyHash === undefined ? {} : { policyHash };
}
