/**
 * A counter-based random stream: Philox-4x32-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC'11).
 * A stream is named by a key; `fork` names a child stream, so results do not depend on who draws first.
 */
export interface Rng {
  /** A uniform integer in [0, 2³²). */
  uint32(): number;
  /** A uniform float in [0, 1) with 53 random bits. */
  uniform(): number;
  /** A uniform integer in [0, bound). */
  integer(bound: number): number;
  /** A standard normal number (Box-Muller). */
  normal(): number;
  /** A new array with the items in random order (Fisher-Yates). */
  shuffle<T>(items: readonly T[]): T[];
  /** The child stream of that label; the parent does not advance. */
  fork(label: string | number): Rng;
}

// Bound once: a lookup on the global object costs more than the product wherever code runs in a vm context.
const { imul, floor } = Math;

const ROUNDS = 10;
const MULTIPLIER_0 = 0xd2511f53;
const MULTIPLIER_1 = 0xcd9e8d57;
const WEYL_0 = 0x9e3779b9;
const WEYL_1 = 0xbb67ae85;

function multiplyHigh(a: number, b: number): number {
  const aHigh = a >>> 16;
  const aLow = a & 0xffff;
  const bHigh = b >>> 16;
  const bLow = b & 0xffff;
  // Both stay below 2³²: 65535² + 65535 is.
  const middle = aHigh * bLow + ((aLow * bLow) >>> 16);
  const carry = aLow * bHigh + (middle & 0xffff);
  return (aHigh * bHigh + (middle >>> 16) + (carry >>> 16)) >>> 0;
}

/**
 * One Philox-4x32-10 block: four uint32 counters and two uint32 keys to four uint32 outputs. Read and swapped by index and
 * by name: taken apart as lists, the four words would be most of what issuing tasks allocates.
 */
export function philox(
  counter: readonly [number, number, number, number],
  key: readonly [number, number],
): number[] {
  let c0 = counter[0];
  let c1 = counter[1];
  let c2 = counter[2];
  let c3 = counter[3];
  let k0 = key[0];
  let k1 = key[1];
  for (let round = 0; round < ROUNDS; round += 1) {
    const high0 = multiplyHigh(MULTIPLIER_0, c0);
    const low0 = imul(MULTIPLIER_0, c0) >>> 0;
    const high1 = multiplyHigh(MULTIPLIER_1, c2);
    const low1 = imul(MULTIPLIER_1, c2) >>> 0;
    c0 = (high1 ^ c1 ^ k0) >>> 0;
    c1 = low1;
    c2 = (high0 ^ c3 ^ k1) >>> 0;
    c3 = low0;
    k0 = (k0 + WEYL_0) >>> 0;
    k1 = (k1 + WEYL_1) >>> 0;
  }
  return [c0, c1, c2, c3];
}

class PhiloxRng implements Rng {
  private block: number[] = [];
  private counter = 0;
  private spare: number | undefined;

  constructor(private readonly key: readonly [number, number]) {}

  uint32(): number {
    const next = this.block.pop();
    if (next !== undefined) return next;
    const counter = this.counter;
    this.counter += 1;
    this.block = philox([counter >>> 0, floor(counter / 0x100000000) >>> 0, 0, 0], this.key).reverse();
    return this.uint32();
  }

  uniform(): number {
    const high = this.uint32() >>> 5;
    const low = this.uint32() >>> 6;
    return (high * 0x4000000 + low) / 0x20000000000000;
  }

  integer(bound: number): number {
    return floor(this.uniform() * bound);
  }

  normal(): number {
    if (this.spare !== undefined) {
      const spare = this.spare;
      this.spare = undefined;
      return spare;
    }
    const radius = Math.sqrt(-2 * Math.log(1 - this.uniform()));
    const angle = 2 * Math.PI * this.uniform();
    this.spare = radius * Math.sin(angle);
    return radius * Math.cos(angle);
  }

  shuffle<T>(items: readonly T[]): T[] {
    const shuffled = [...items];
    for (let last = shuffled.length - 1; last > 0; last -= 1) {
      const other = this.integer(last + 1);
      [shuffled[last], shuffled[other]] = [shuffled[other], shuffled[last]];
    }
    return shuffled;
  }

  fork(label: string | number): Rng {
    const text = typeof label === 'number' ? `#${label}` : label;
    // Labels live in the counter's upper half with their length, where draws (upper half 0) never go.
    let state = this.key;
    for (let at = 0; at <= text.length; at += 1) {
      const unit = at < text.length ? text.charCodeAt(at) : text.length;
      const block = philox([unit, at, 1, 0], state);
      state = [block[0], block[1]];
    }
    return new PhiloxRng(state);
  }
}

/** The root stream of a seed (an integer up to 2⁵³). */
export function createRng(seed: number): Rng {
  return new PhiloxRng([seed >>> 0, floor(seed / 0x100000000) >>> 0]);
}
