/**
 * A rollout worker with a session: what the coordinator announces it loads, what the coordinator tells it does.
 *
 * - It takes no task before it holds a policy, and so none that it would keep waiting for one.
 * - Without a coordinator it goes on: its tasks and results are on the bus.
 * - `run` resolves when it is drained, whoever asked for that.
 */
import type { WorkerDirective, WorkerHello } from '../../../core/domain/worker.js';
import { MajlisError } from '../../../core/errors.js';
import type { Clock } from '../../../core/runtime/clock.js';
import type { RolloutWorker } from '../rollout-worker.js';
import type { AnnouncedPolicies } from './announced-policies.js';
import { CoordinatorSession } from './coordinator-session.js';
import type { CoordinatorSessionOptions } from './coordinator-session.js';
import { TokenPace } from './token-pace.js';

export interface FleetWorkerOptions extends Pick<CoordinatorSessionOptions, 'open' | 'onWelcome' | 'onLost'> {
  readonly worker: RolloutWorker;
  readonly policies: AnnouncedPolicies;
  /** Without the hash of the loaded policy, which is asked of the worker. */
  readonly hello: Omit<WorkerHello, 'policyHash'>;
  readonly clock: Clock;
  /** What a drain directive allows for finishing what is held, in milliseconds. */
  readonly drainLimitMs: number;
  /** Tokens of all answers so far; what it makes in a second is not told without it. */
  readonly sampledTokens?: () => number;
  /** A policy could not be loaded; it is tried again. */
  readonly onPolicyFailed?: (policyHash: string, error: MajlisError) => void;
  readonly onDirective?: (directive: WorkerDirective) => void;
}

const RETRY_MS = 1000;
/** How long a coordinator may take to read the last heartbeat. */
const FAREWELL_MS = 1000;

export class FleetWorker {
  private readonly session: CoordinatorSession;
  private readonly stopping = new AbortController();
  private readonly tokenPace = new TokenPace();
  private heldBack: string | undefined;
  /** Loads take turns: of the announcements that a fresh worker hears at once, those between the first and the last are not loaded. */
  private loading: Promise<void> = Promise.resolve();

  constructor(private readonly options: FleetWorkerOptions) {
    const { open, onWelcome, onLost, clock, worker } = options;
    this.session = new CoordinatorSession({
      ...{ open, clock },
      ...(onLost === undefined ? {} : { onLost }),
      onWelcome: (welcome) => {
        onWelcome?.(welcome);
        // Whoever welcomes says anew what holds.
        this.releaseHold();
      },
      hello: () => ({ ...options.hello, ...this.policyHash() }),
      heartbeat: () => ({ state: worker.state, held: worker.held, ...this.policyHash(), ...this.pace() }),
      onDirective: (directive) => this.obey(directive),
    });
  }

  /** Why it is not ready for tasks of the current policy; undefined when it is. */
  get notReady(): string | undefined {
    const { worker, policies } = this.options;
    const current = policies.current?.policy.hash;
    if (worker.state !== 'RUNNING') return `the worker is ${worker.state}`;
    if (current === undefined) return 'no policy was announced yet';
    if (worker.policyHash !== current) return `policy ${current} is not loaded yet`;
    return this.heldBack;
  }

  /** To be called by the worker's observer. */
  loadChanged(): void {
    this.session.loadChanged();
  }

  /** Takes no more tasks, and hands back what is not finished in that many milliseconds. */
  drain(limitMs: number): void {
    this.options.worker.drain(limitMs);
  }

  /** Works until it is drained; rejects when the coordinator refuses it for good or the bus fails. */
  async run(): Promise<void> {
    const { worker } = this.options;
    worker.pause();
    const working = worker.run(this.stopping.signal);
    const attached = this.session.run(this.stopping.signal);
    const refused = attached.then(() => new Promise<never>(() => undefined));
    try {
      await Promise.race([working, refused]);
    } finally {
      worker.drain(0);
      await Promise.allSettled([working]);
      await this.leave(attached);
    }
  }

  /** Says that it has ended, to whoever still listens. */
  private async leave(attached: Promise<void>): Promise<void> {
    this.session.end();
    const cancel = this.options.clock.alarm(FAREWELL_MS, () => this.stopping.abort());
    await Promise.allSettled([attached]);
    cancel();
    this.stopping.abort();
  }

  private policyHash(): { readonly policyHash?: string } {
    const { policyHash } = this.options.worker;
    return policyHash === undefined ? {} : { policyHash };
  }

  private pace(): { readonly tokensPerSecond?: number } {
    const { sampledTokens, clock } = this.options;
    const tokensPerSecond = sampledTokens && this.tokenPace.of(sampledTokens(), clock.monotonic());
    return tokensPerSecond === undefined ? {} : { tokensPerSecond };
  }

  private obey(directive: WorkerDirective): void {
    const { worker, policies, drainLimitMs } = this.options;
    this.options.onDirective?.(directive);
    switch (directive.kind) {
      case 'load_policy':
        policies.learn(directive);
        this.loading = this.loading.then(() => this.load(directive.policy.hash));
        return;
      case 'drain':
        return worker.drain(drainLimitMs);
      case 'pause':
        this.heldBack = directive.reason;
        return worker.pause();
      case 'resume':
        return this.releaseHold();
    }
  }

  /** Loads what was announced, unless something newer has come; has it at hand where tasks in work need another. */
  private async load(policyHash: string): Promise<void> {
    const { worker, policies, clock, onPolicyFailed } = this.options;
    const { signal } = this.stopping;
    while (!signal.aborted && policies.current?.policy.hash === policyHash) {
      const isLeftToTasks = worker.policyHash !== undefined && worker.held.length > 0;
      try {
        if (isLeftToTasks) await policies.locate(policyHash, signal);
        else await worker.prepare(policyHash, signal);
        this.takeTasksWhenReady();
        return;
      } catch (thrown) {
        if (signal.aborted) return;
        onPolicyFailed?.(policyHash, MajlisError.from(thrown));
        await clock.sleep(RETRY_MS, signal).catch(() => undefined);
      }
    }
  }

  private releaseHold(): void {
    this.heldBack = undefined;
    this.takeTasksWhenReady();
  }

  private takeTasksWhenReady(): void {
    const { worker } = this.options;
    if (this.heldBack === undefined && worker.policyHash !== undefined) worker.resume();
  }
}
