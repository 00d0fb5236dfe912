import type { RunSummary } from '../../../coordinator/control/run-control.js';

interface Seen {
  readonly tokens: number;
  readonly atMs: number;
}

const MILLISECONDS = 1000;

/** How fast runs consume tokens, prompt and answer, while somebody looks. */
export class TokenRates {
  private readonly first = new Map<string, Seen>();

  /** Tokens per second of the run since it was first looked at; undefined until an iteration ended meanwhile. */
  rate({ run, progress }: RunSummary, nowMs: number): number | undefined {
    const tokens = progress?.last?.metrics['num_tokens'];
    if (tokens === undefined) return undefined;
    const first = this.first.get(run.id) ?? { tokens, atMs: nowMs };
    this.first.set(run.id, first);
    if (tokens <= first.tokens || nowMs <= first.atMs) return undefined;
    return ((tokens - first.tokens) * MILLISECONDS) / (nowMs - first.atMs);
  }
}
