import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MajlisError } from '../../core/errors.js';
import { systemClock } from '../../core/runtime/clock.js';
import { readDiary } from './child-diary.js';
import { checkEnd, checkStart } from './crash-checks.js';
import { writeCrashPreset } from './crash-preset.js';
import type { CrashSchedule, Kill } from './crash-schedule.js';
import type { FaultKind } from './fault-kinds.js';
import { ledgerState, type LedgerState } from './ledger-facts.js';
import type { PlantedBug } from './planted-bugs.js';
import { startChild, type ChildEnd } from './start-child.js';
import type { Violation } from './violation.js';

/** The run that nobody interrupts. */
export interface Reference {
  readonly policyHash: string;
  readonly seconds: number;
}

/** What a schedule did to a run, and what it broke. */
export interface RehearsalResult {
  readonly seed: number;
  /** Of the kills that struck, in their order. */
  readonly struck: readonly FaultKind[];
  readonly violations: readonly Violation[];
  readonly seconds: number;
}

/** Runs the preset to its end without a kill. */
export async function uninterruptedRun(): Promise<Reference> {
  const result = await inFreshFolder((folder) => new Rehearsal(folder).withoutKills());
  const { policyHash, failure, seconds } = result;
  if (failure === undefined && policyHash !== undefined) return { policyHash, seconds };
  throw new MajlisError(`The uninterrupted run failed: ${failure ?? 'it has no policy'}`, {
    code: 'internal',
  });
}

/** Runs the preset in a fresh workspace, kills it as the schedule says, and goes on with it each time until it ends. */
export function rehearse(
  schedule: CrashSchedule,
  reference: Reference,
  bug?: PlantedBug,
): Promise<RehearsalResult> {
  return inFreshFolder((folder) => new Rehearsal(folder, bug).run(schedule, reference));
}

async function inFreshFolder<Value>(work: (folder: string) => Promise<Value>): Promise<Value> {
  const folder = mkdtempSync(join(tmpdir(), 'majlis-crash-'));
  try {
    return await work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

class Rehearsal {
  private readonly runFile: string;
  private readonly workspace: string;
  private readonly diary: string;
  private readonly violations: Violation[] = [];
  private readonly struck: FaultKind[] = [];
  private state: LedgerState = { failures: [], facts: undefined };

  constructor(
    folder: string,
    private readonly bug?: PlantedBug,
  ) {
    this.runFile = writeCrashPreset(folder);
    this.workspace = join(folder, 'workspace.majlis');
    this.diary = join(folder, 'diary.jsonl');
  }

  async withoutKills(): Promise<{ policyHash?: string | undefined; failure?: string; seconds: number }> {
    const began = systemClock.monotonic();
    const { end, stderr } = await this.start({ workers: 1 });
    const seconds = (systemClock.monotonic() - began) / 1000;
    if (end !== 'finished') return { failure: stderr, seconds };
    const { facts } = await ledgerState(this.workspace);
    return { policyHash: facts?.policyHash, seconds };
  }

  async run(schedule: CrashSchedule, reference: Reference): Promise<RehearsalResult> {
    const began = systemClock.monotonic();
    const hasEnded = await this.suffer(schedule, reference);
    if (hasEnded) this.violations.push(...checkEnd(this.state, reference.policyHash));
    const seconds = (systemClock.monotonic() - began) / 1000;
    return { seed: schedule.seed, struck: this.struck, violations: this.violations, seconds };
  }

  /** True once the run came to its end; false where it cannot go on. */
  private async suffer(schedule: CrashSchedule, reference: Reference): Promise<boolean> {
    for (const kill of [...schedule.kills, undefined]) {
      const end = await this.observe(kill, schedule, reference);
      if (end !== 'killed') return end === 'finished';
    }
    this.violations.push({ promise: 'ends', found: 'the last start was killed, and nobody killed it' });
    return false;
  }

  private async observe(
    kill: Kill | undefined,
    { workers, pauseIn }: CrashSchedule,
    reference: Reference,
  ): Promise<ChildEnd['end']> {
    const before = this.state;
    const written = readDiary(this.diary).length;
    const order = { workers, ...(pauseIn === undefined ? {} : { pauseIn }) };
    const { end, stderr } =
      kill?.kind === 'wall-clock'
        ? await this.start(order, kill.share * reference.seconds * 1000)
        : await this.start({ ...order, ...(kill === undefined ? {} : { kill }) });
    const diary = readDiary(this.diary).slice(written);
    this.state = await ledgerState(this.workspace);
    this.violations.push(...checkStart({ before, after: this.state, diary }));
    if (end === 'killed' && kill !== undefined) this.struck.push(kill.kind);
    if (end === 'failed' || end === 'hung') {
      this.violations.push({
        promise: 'ends',
        found: `a start ${end} (${kill?.kind ?? 'no kill'}): ${stderr}`,
      });
    }
    return end;
  }

  private start(
    order: Omit<Parameters<typeof startChild>[0], 'runFile' | 'workspace' | 'diary' | 'bug'>,
    killAfterMs?: number,
  ): Promise<ChildEnd> {
    const { runFile, workspace, diary, bug } = this;
    const place = { runFile, workspace, diary, ...(bug === undefined ? {} : { bug }) };
    return startChild({ ...order, ...place }, killAfterMs);
  }
}
