/** One measured figure beside its peer's or its bar's. */
export interface BenchCase {
  readonly name: string;
  readonly unit: string;
  readonly ours: number;
  readonly peer: number;
  readonly peerName: string;
  /** Above 1 means better than the peer, whichever way the unit points. */
  readonly ratio: number;
  /** Present where the peer is a bar that has to be met. */
  readonly passed?: boolean;
}

/** What a benchmark prints as its last line. */
export interface BenchResult extends BenchCase {
  readonly cases: readonly BenchCase[];
}

/** A benchmark by name: what it measures it returns, what people may want to read it prints. */
export interface Benchmark {
  readonly summary: string;
  run(args: readonly string[], print: (line: string) => void): Promise<BenchResult>;
}

/** The middle value; the lower of two middle ones averaged with the upper. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}
