/** How numbers that were computed again compare with those that were recorded. */
export interface QuantityComparison {
  readonly quantity: string;
  /** Numbers that were recorded. */
  readonly count: number;
  /** Every number is the same number. */
  readonly isIdentical: boolean;
  /**
   * The largest |recomputed − recorded| over the largest |recorded|, or over 1 where all recorded are 0 or terms of order 1
   * cancel in them. Absent where there is no such figure: numbers are missing, or one side is not finite where the other is.
   */
  readonly largestRelativeDifference?: number;
}

export interface ComparedNumbers {
  readonly recorded: ArrayLike<number>;
  readonly recomputed: ArrayLike<number>;
  /** Terms of order 1 cancel in them, as in a loss over whitened advantages: differences are told against 1 at least. */
  readonly cancels?: boolean;
}

/** Compares number by number. */
export function compareQuantity(
  quantity: string,
  { recorded, recomputed, cancels = false }: ComparedNumbers,
): QuantityComparison {
  const count = recorded.length;
  if (recomputed.length !== count) return { quantity, count, isIdentical: false };
  let [largest, scale, isIdentical] = [0, cancels ? 1 : 0, true];
  for (let at = 0; at < count; at += 1) {
    const [before, after] = [recorded[at], recomputed[at]];
    if (before === after || (Number.isNaN(before) && Number.isNaN(after))) {
      if (Number.isFinite(before)) scale = Math.max(scale, Math.abs(before));
      continue;
    }
    isIdentical = false;
    largest = Math.max(largest, Math.abs(after - before));
    scale = Math.max(scale, Math.abs(before));
  }
  if (!Number.isFinite(largest) || !Number.isFinite(scale)) return { quantity, count, isIdentical };
  return { quantity, count, isIdentical, largestRelativeDifference: scale === 0 ? largest : largest / scale };
}
