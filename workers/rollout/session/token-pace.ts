interface Seen {
  readonly tokens: number;
  readonly atMs: number;
}

const WINDOW_MS = 60_000;
const MILLISECONDS = 1000;

/** How fast tokens are sampled, over the last minute or so, from how many there were each time that somebody asked. */
export class TokenPace {
  private readonly seen: Seen[] = [];

  /** Tokens per second since the first question of the last minute; undefined where there is no earlier one. */
  of(tokens: number, atMs: number): number | undefined {
    this.seen.push({ tokens, atMs });
    while (this.seen.length > 2 && (this.seen.at(1)?.atMs ?? atMs) <= atMs - WINDOW_MS) this.seen.shift();
    const [first] = this.seen;
    if (first === undefined || atMs <= first.atMs) return undefined;
    return ((tokens - first.tokens) * MILLISECONDS) / (atMs - first.atMs);
  }
}
