import type { ChildDiary } from './child-diary.js';
import type { NamedKill } from './crash-schedule.js';
import type { NamedKind } from './fault-kinds.js';

/** Ends this process by SIGKILL at the point that it was told: no handler runs, nothing is flushed. */
export class Executioner {
  private iteration = -1;
  private passed = 0;

  constructor(
    private readonly kill: NamedKill | undefined,
    private readonly diary: ChildDiary,
  ) {}

  /** The run has come to this iteration. */
  enter(iteration: number): void {
    this.iteration = iteration;
  }

  /** Strikes if this is the point. */
  at(kind: NamedKind): void {
    if (this.isDue(kind)) this.strike(kind);
  }

  /** The same after the delay, while what was begun goes on in this thread and others. */
  during(kind: NamedKind): void {
    if (this.kill === undefined || !this.isDue(kind)) return;
    const end = performance.now() + this.kill.delayMs;
    const look = (): void => {
      if (performance.now() >= end) this.strike(kind);
      setImmediate(look);
    };
    look();
  }

  /** The same after the delay, while other threads work and this one does nothing. */
  asleep(kind: NamedKind): void {
    if (this.kill === undefined || !this.isDue(kind)) return;
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, this.kill.delayMs);
    this.strike(kind);
  }

  private isDue(kind: NamedKind): boolean {
    if (this.kill?.kind !== kind || this.iteration < this.kill.from) return false;
    this.passed += 1;
    return this.passed === this.kill.occurrence;
  }

  private strike(kind: NamedKind): void {
    this.diary.write({ what: 'struck', kind });
    process.kill(process.pid, 'SIGKILL');
  }
}
