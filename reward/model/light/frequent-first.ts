import type { PairDesign } from './pair-design.js';

/**
 * The same design with its n-gram buckets renumbered, the most frequent first. A fit reads the weights of an answer's n-grams
 * at random; few n-grams are most of all that stand in answers, and side by side those stay in the processor's cache.
 */
export interface FrequentFirst {
  readonly design: PairDesign;
  /** A parameter vector of the given design in the new numbering. [parameter] */
  readonly renumbered: (point: Float64Array) => Float64Array;
  /** A parameter vector of the new numbering in that of the given design. [parameter] */
  readonly original: (point: Float64Array) => Float64Array;
}

export function frequentFirst(design: PairDesign): FrequentFirst {
  const counts = new Int32Array(design.buckets);
  for (const bucket of design.indices) counts[bucket] += 1;
  // By bucket where counts are equal, so that the numbering is a function of the pairs.
  const buckets = Int32Array.from(counts.keys()).sort((a, b) => counts[b] - counts[a] || a - b);
  const ranks = new Int32Array(design.buckets);
  for (const [rank, bucket] of buckets.entries()) ranks[bucket] = rank;
  return {
    design: { ...design, indices: narrowed(design.indices, ranks) },
    renumbered: (point) => {
      const moved = point.slice();
      for (const [rank, bucket] of buckets.entries()) moved[rank] = point[bucket];
      return moved;
    },
    original: (point) => {
      const moved = point.slice();
      for (const [rank, bucket] of buckets.entries()) moved[bucket] = point[rank];
      return moved;
    },
  };
}

/** Half the bytes where numbers fit into them: a fit reads them all, twice an evaluation. */
function narrowed(indices: PairDesign['indices'], ranks: Int32Array): PairDesign['indices'] {
  const numbers = ranks.length <= 1 << 16 ? new Uint16Array(indices.length) : new Int32Array(indices.length);
  for (let at = 0; at < indices.length; at += 1) numbers[at] = ranks[indices[at]];
  return numbers;
}
