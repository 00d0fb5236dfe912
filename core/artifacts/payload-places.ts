/**
 * Where payloads lie, by their hash: an open hash table in typed arrays. A run stores millions of payloads and hardly ever
 * asks for one again, so a place has to cost little: 28 bytes in a table that is at most three quarters full.
 *
 * The first 128 bits of a hash stand for it; two payloads that share them are as unlikely as a guessed key.
 */

/** A payload's place: the number of its segment, where its record starts in it, and its length, in bytes below 4 GiB. */
export interface PayloadPlace {
  readonly segment: number;
  readonly offset: number;
  readonly length: number;
}

const KEY_WORDS = 4;
const HEX_PER_WORD = 8;
const PLACE_WORDS = 3;
const FIRST_CAPACITY = 1024;
const FULLEST = 0.75;

/** A segment's number is at least 1, so 0 marks a slot that is free. */
const FREE = 0;

export class PayloadPlaces {
  private capacity = FIRST_CAPACITY;
  private used = 0;
  /** [slot][word] */
  private keys = new Uint32Array(FIRST_CAPACITY * KEY_WORDS);
  /** Segment, offset and length. [slot][word] */
  private places = new Uint32Array(FIRST_CAPACITY * PLACE_WORDS);

  get size(): number {
    return this.used;
  }

  get(sha256: string): PayloadPlace | undefined {
    const at = this.slotOf(wordsOf(sha256)) * PLACE_WORDS;
    return this.places[at] === FREE ? undefined : placeAt(this.places, at);
  }

  has(sha256: string): boolean {
    return this.places[this.slotOf(wordsOf(sha256)) * PLACE_WORDS] !== FREE;
  }

  /** A hash that is known already moves to this place. */
  set(sha256: string, place: PayloadPlace): void {
    if (this.used >= this.capacity * FULLEST) this.grow();
    this.put(wordsOf(sha256), place);
  }

  private put(key: ArrayLike<number>, { segment, offset, length }: PayloadPlace): void {
    const slot = this.slotOf(key);
    const place = slot * PLACE_WORDS;
    if (this.places[place] === FREE) this.used += 1;
    for (let at = 0; at < KEY_WORDS; at += 1) this.keys[slot * KEY_WORDS + at] = key[at];
    this.places[place] = segment;
    this.places[place + 1] = offset;
    this.places[place + 2] = length;
  }

  /** Of the key, or of the free slot where it would go. A hash is evenly spread, so its first word says where to look. */
  private slotOf(key: ArrayLike<number>): number {
    let slot = key[0] % this.capacity;
    while (this.places[slot * PLACE_WORDS] !== FREE && !this.isAt(slot, key))
      slot = (slot + 1) % this.capacity;
    return slot;
  }

  private isAt(slot: number, key: ArrayLike<number>): boolean {
    const from = slot * KEY_WORDS;
    for (let at = 0; at < KEY_WORDS; at += 1) if (this.keys[from + at] !== key[at]) return false;
    return true;
  }

  private grow(): void {
    const { keys, places, capacity } = this;
    this.capacity = 2 * capacity;
    this.used = 0;
    this.keys = new Uint32Array(this.capacity * KEY_WORDS);
    this.places = new Uint32Array(this.capacity * PLACE_WORDS);
    for (let slot = 0; slot < capacity; slot += 1) {
      const at = slot * PLACE_WORDS;
      if (places[at] === FREE) continue;
      this.put(keys.subarray(slot * KEY_WORDS, (slot + 1) * KEY_WORDS), placeAt(places, at));
    }
  }
}

function placeAt(places: Uint32Array, at: number): PayloadPlace {
  return { segment: places[at], offset: places[at + 1], length: places[at + 2] };
}

/** One for all calls: a key is read before the next is made. */
const words = new Uint32Array(KEY_WORDS);

function wordsOf(sha256: string): Uint32Array {
  for (let at = 0; at < KEY_WORDS; at += 1) {
    words[at] = Number.parseInt(sha256.slice(at * HEX_PER_WORD, (at + 1) * HEX_PER_WORD), 16);
  }
  return words;
}
