/**
 * Reads protobuf messages whose bytes are as an encoder of ours writes them: every field once, in ascending order and in
 * without detours, none that we do not know. What is not plain in this sense may still be a message by the rules of
 * protobuf, and may be none: whoever reads asks the generated decoder then, which also says what is wrong.
 *
 * A tag is the first byte of a field, so fields up to the fifteenth can be read.
 */

/** What ends a read that does not find what it asks for. It is no failure and always caught here, so one does for all. */
const NOT_PLAIN = new Error('the bytes are not plain');

/** What is read from the bytes; undefined where they are not plain. */
export function readPlain<Value>(bytes: Uint8Array, read: (reader: PlainReader) => Value): Value | undefined {
  try {
    const reader = new PlainReader(bytes);
    const value = read(reader);
    reader.leave(reader.end);
    return value;
  } catch (thrown) {
    if (thrown === NOT_PLAIN) return undefined;
    throw thrown;
  }
}

/** Ends the read: what was found has to be looked at by the generated decoder. */
export function notPlain(): never {
  throw NOT_PLAIN;
}

/** The memory that was read last. The parts of a parcel lie in the same, and a view of it costs more than to read from it. */
let memory: Buffer = Buffer.alloc(0);
let memoryView: DataView = new DataView(memory.buffer);

function view(buffer: ArrayBufferLike): void {
  if (memory.buffer === buffer) return;
  memory = Buffer.from(buffer);
  memoryView = new DataView(buffer);
}

export class PlainReader {
  /** Of the whole message. */
  readonly end: number;
  private readonly bytes: Buffer;
  private readonly view: DataView;
  private at: number;

  constructor({ buffer, byteOffset, length }: Uint8Array) {
    view(buffer);
    this.bytes = memory;
    this.view = memoryView;
    this.at = byteOffset;
    this.end = byteOffset + length;
  }

  /** True where a field of that tag is next in the message that ends there; the whole one unless told. */
  has(tag: number, end = this.end): boolean {
    return this.at < end && this.bytes[this.at] === tag;
  }

  /** Begins a message within this one; where it ends is what to `leave` by. */
  enter(tag: number): number {
    this.tag(tag);
    const size = this.varint();
    if (size > this.end - this.at) notPlain();
    return this.at + size;
  }

  /** Ends a message, which must have been read up to there. */
  leave(end: number): void {
    if (this.at !== end) notPlain();
  }

  uint32(tag: number): number {
    this.tag(tag);
    return this.varint();
  }

  /** A whole number up to 2⁵³ − 1. */
  count(tag: number): number {
    this.tag(tag);
    let value = 0;
    for (let weight = 1; weight <= 2 ** 49; weight *= 128) {
      const byte = this.bytes[this.at];
      this.at += 1;
      value += (byte & 127) * weight;
      if (byte < 128) return Number.isSafeInteger(value) ? value : notPlain();
    }
    return notPlain();
  }

  /** A finite number. */
  double(tag: number): number {
    this.tag(tag);
    if (this.end - this.at < 8) notPlain();
    const value = this.view.getFloat64(this.at, true);
    this.at += 8;
    return Number.isFinite(value) ? value : notPlain();
  }

  flag(tag: number): boolean {
    this.tag(tag);
    const byte = this.bytes[this.at];
    this.at += 1;
    return byte <= 1 ? byte === 1 : notPlain();
  }

  /** UTF-8; what is none becomes U+FFFD. */
  text(tag: number): string {
    const end = this.enter(tag);
    const value = this.bytes.toString('utf8', this.at, end);
    this.at = end;
    return value;
  }

  /** A text that names something. */
  name(tag: number): string {
    const value = this.text(tag);
    return value === '' ? notPlain() : value;
  }

  /** Bytes in the memory of the message. */
  content(tag: number): Uint8Array {
    const end = this.enter(tag);
    const value = new Uint8Array(this.bytes.buffer, this.at, end - this.at);
    this.at = end;
    return value;
  }

  /** A packed field, absent where there are none. */
  uint32s(tag: number): number[] {
    if (!this.has(tag)) return [];
    const end = this.enter(tag);
    const values = new Array<number>(this.varintsUntil(end));
    for (let place = 0; place < values.length; place += 1) values[place] = this.varint();
    this.leave(end);
    return values;
  }

  /** A packed field of finite numbers, absent where there are none. */
  doubles(tag: number): number[] {
    if (!this.has(tag)) return [];
    const end = this.enter(tag);
    if ((end - this.at) % 8 !== 0) notPlain();
    const values = new Array<number>((end - this.at) / 8);
    for (let place = 0; place < values.length; place += 1) {
      const value = this.view.getFloat64(this.at, true);
      this.at += 8;
      values[place] = Number.isFinite(value) ? value : notPlain();
    }
    return values;
  }

  private varintsUntil(end: number): number {
    let count = 0;
    for (let place = this.at; place < end; place += 1) if (this.bytes[place] < 128) count += 1;
    return count;
  }

  private tag(tag: number): void {
    if (!this.has(tag)) notPlain();
    this.at += 1;
  }

  /** Of 32 bits. What reads past the end of a message is found out where that is left. */
  private varint(): number {
    const { bytes } = this;
    const first = bytes[this.at];
    if (first < 128) {
      this.at += 1;
      return first;
    }
    const second = bytes[this.at + 1];
    if (second < 128) {
      this.at += 2;
      return (first & 127) | (second << 7);
    }
    return this.longVarint();
  }

  private longVarint(): number {
    let value = 0;
    for (let weight = 1; weight <= 2 ** 28; weight *= 128) {
      const byte = this.bytes[this.at];
      this.at += 1;
      value += (byte & 127) * weight;
      if (byte < 128) return value < 2 ** 32 ? value : notPlain();
    }
    return notPlain();
  }
}
