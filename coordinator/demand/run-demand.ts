import type { RunState } from '../../core/domain/run-state.js';
import { MajlisError } from '../../core/errors.js';
import type { Ledger } from '../../core/ledger/ledger.js';
import type { FleetDemand } from './fleet-demand.js';

/** A run as it issues work to a pool. */
export interface DemandingRun {
  readonly run: string;
  readonly pool: string;
  /** Prompt groups that are out at a time. */
  readonly window: number;
  /** Prompt groups that an iteration consumes. */
  readonly perIteration: number;
  readonly iterations: number;
  /** Iterations that are finished. */
  readonly finished: number;
}

/** States in which tasks are issued, or what was issued is waited for. */
const DEMANDING: readonly RunState[] = ['running', 'pausing'];

interface AtWork {
  readonly demand: DemandingRun;
  finished: number;
  readonly stopListening: () => void;
}

/**
 * The demand of the runs that this process is at work on. How far a run is comes from whoever drives it; whether it stands
 * paused is the ledger's, whose events are also what tells of a change.
 */
export class RunDemand implements FleetDemand {
  private readonly atWork = new Map<string, AtWork>();
  private readonly listeners = new Set<() => void>();

  /** `named` are pools that stand also while no run is at work in them. */
  constructor(
    private readonly ledger: Pick<Ledger, 'getRun' | 'onEvents'>,
    private readonly named: readonly string[] = [],
  ) {}

  get pools(): readonly string[] {
    return [...new Set([...this.named, ...this.working.map(({ pool }) => pool)])].sort();
  }

  /** The runs that this process is at work on. */
  get working(): readonly DemandingRun[] {
    return [...this.atWork.values()].map(({ demand }) => demand);
  }

  /** A run takes up its work. */
  begin(demand: DemandingRun): void {
    const stopListening = this.ledger.onEvents(demand.run, () => this.changed());
    this.atWork.set(demand.run, { demand, finished: demand.finished, stopListening });
    this.changed();
  }

  /** Iterations of the run that are finished by now. */
  progress(run: string, finished: number): void {
    const work = this.atWork.get(run);
    if (work === undefined) return;
    work.finished = finished;
    this.changed();
  }

  /** This process leaves the run, in whatever state. */
  end(run: string): void {
    this.atWork.get(run)?.stopListening();
    this.atWork.delete(run);
    this.changed();
  }

  async demandOf(pool: string): Promise<number> {
    if (!this.pools.includes(pool)) throw unknownPool(pool, this.pools);
    const working = [...this.atWork.values()].filter(({ demand }) => demand.pool === pool);
    const demands = await Promise.all(working.map((work) => this.demandOfRun(work)));
    return demands.reduce((sum, one) => sum + one, 0);
  }

  onChange(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  private async demandOfRun({ demand, finished }: AtWork): Promise<number> {
    const { run, window, perIteration, iterations } = demand;
    const state = (await this.ledger.getRun(run))?.state;
    if (state === undefined || !DEMANDING.includes(state)) return 0;
    return Math.min(window, Math.max(0, iterations - finished) * perIteration);
  }

  private changed(): void {
    for (const listener of [...this.listeners]) listener();
  }
}

function unknownPool(pool: string, pools: readonly string[]): MajlisError {
  const known = pools.length === 0 ? 'none' : pools.join(', ');
  return new MajlisError(`no pool ${pool} is served here; there are: ${known}`, { code: 'not_found' });
}
