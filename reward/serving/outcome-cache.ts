import type { Reward } from '../../core/domain/reward.js';
import type { Outcome } from '../../core/domain/verdict.js';

/** What an entry takes beside its text: a map's cell, an outcome, its neighbours, two numbers. */
const ENTRY_BYTES = 256;
const BYTES_PER_UNIT = 2;

/** An outcome that is kept, between those that were asked for before and after it. */
interface Entry {
  readonly key: string;
  readonly outcome: Outcome<Reward>;
  older: Entry | undefined;
  newer: Entry | undefined;
}

/**
 * Outcomes that say the same whenever they are asked, in so many bytes; what was asked for longest ago goes first. Failures are
 * asked anew. Their order is a list of its own: looking for the oldest in a map passes by all that went before it (V8).
 */
export class OutcomeCache {
  private readonly kept = new Map<string, Entry>();
  private oldest: Entry | undefined;
  private newest: Entry | undefined;
  private used = 0;

  constructor(private readonly mostBytes: number) {}

  /** False where nothing is ever kept: no key needs to be made. */
  get isOn(): boolean {
    return this.mostBytes > 0;
  }

  get bytes(): number {
    return this.used;
  }

  get entries(): number {
    return this.kept.size;
  }

  find(key: string): Outcome<Reward> | undefined {
    const found = this.kept.get(key);
    if (found === undefined) return undefined;
    this.takeOut(found);
    this.putLast(found);
    return found.outcome;
  }

  keep(key: string, outcome: Outcome<Reward>): void {
    if (outcome.kind !== 'scored' && outcome.kind !== 'policy_malformed') return;
    const bytes = sizeOf(key, outcome);
    if (bytes > this.mostBytes || this.kept.has(key)) return;
    const entry = { key, outcome, older: undefined, newer: undefined };
    this.kept.set(key, entry);
    this.putLast(entry);
    this.used += bytes;
    while (this.used > this.mostBytes && this.oldest !== undefined) this.forget(this.oldest);
  }

  private forget(entry: Entry): void {
    this.takeOut(entry);
    this.kept.delete(entry.key);
    this.used -= sizeOf(entry.key, entry.outcome);
  }

  private takeOut(entry: Entry): void {
    const { older, newer } = entry;
    if (older === undefined) this.oldest = newer;
    else older.newer = newer;
    if (newer === undefined) this.newest = older;
    else newer.older = older;
    // One that is old would keep others alive until it is collected itself.
    entry.older = undefined;
    entry.newer = undefined;
  }

  private putLast(entry: Entry): void {
    entry.older = this.newest;
    if (this.newest === undefined) this.oldest = entry;
    else this.newest.newer = entry;
    this.newest = entry;
  }
}

function sizeOf(key: string, outcome: Outcome<Reward>): number {
  const reason = outcome.kind === 'policy_malformed' ? outcome.reason.length : 0;
  return ENTRY_BYTES + BYTES_PER_UNIT * (key.length + reason);
}
