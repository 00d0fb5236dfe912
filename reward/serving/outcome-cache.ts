import type { Reward } from '../../core/domain/reward.js';
import type { Outcome } from '../../core/domain/verdict.js';

/** What an entry takes beside its text: a map's cell, an outcome, two numbers. */
const ENTRY_BYTES = 256;
const BYTES_PER_UNIT = 2;

/** Outcomes that say the same whenever they are asked, newest last, in so many bytes. Failures are asked anew. */
export class OutcomeCache {
  private readonly kept = new Map<string, Outcome<Reward>>();
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
    this.kept.delete(key);
    this.kept.set(key, found);
    return found;
  }

  keep(key: string, outcome: Outcome<Reward>): void {
    if (outcome.kind !== 'scored' && outcome.kind !== 'policy_malformed') return;
    const bytes = sizeOf(key, outcome);
    if (bytes > this.mostBytes || this.kept.has(key)) return;
    this.kept.set(key, outcome);
    this.used += bytes;
    for (const [oldest, of] of this.kept) {
      if (this.used <= this.mostBytes) return;
      this.kept.delete(oldest);
      this.used -= sizeOf(oldest, of);
    }
  }
}

function sizeOf(key: string, outcome: Outcome<Reward>): number {
  const reason = outcome.kind === 'policy_malformed' ? outcome.reason.length : 0;
  return ENTRY_BYTES + BYTES_PER_UNIT * (key.length + reason);
}
