/**
 * Writes protobuf messages from their last field to their first, so that each length is known by the time it is written:
 * no pass to measure, nothing to move. Whoever gives the fields in descending order gets the bytes of the generated
 * encoders, which write them in ascending order.
 *
 * - What was written stays as it is: messages share chunks of memory, each in its own part, none of which is used twice.
 * - A value that its field cannot carry is an error, never another value.
 */
import { MajlisError } from '../../errors.js';

const CHUNK_BYTES = 64 * 1024;
/** Of a varint of 32 bits. */
const LONGEST_VARINT = 5;
/** Of a varint of 53 bits. */
const LONGEST_COUNT = 8;
const SHORT_TEXT = 64;

export class BackwardWriter {
  private bytes = Buffer.alloc(0);
  private view = new DataView(this.bytes.buffer);
  /** The place of the first byte, and the one behind the last. */
  private at = 0;
  private end = 0;

  /** @param chunkBytes of memory to take at a time; for one large message, what that needs at most */
  constructor(private readonly chunkBytes = CHUNK_BYTES) {}

  /** The bytes of one message. What a write that failed has left is forgotten. */
  message<Value>(value: Value, write: (writer: BackwardWriter, value: Value) => void): Uint8Array {
    this.at = this.end;
    write(this, value);
    const { bytes, at, end } = this;
    this.end = at;
    return new Uint8Array(bytes.buffer, bytes.byteOffset + at, end - at);
  }

  /** How much of the message there is, in bytes. */
  get written(): number {
    return this.end - this.at;
  }

  /** Makes what was written since there were so many bytes the content of a field. */
  enclose(tag: number, since: number): void {
    this.varint(this.written - since);
    this.tag(tag);
  }

  uint32(tag: number, value: number): void {
    this.varint(value);
    this.tag(tag);
  }

  /** A whole number up to 2⁵³ − 1. */
  count(tag: number, value: number): void {
    if (!Number.isSafeInteger(value) || value < 0) throw unfit(value, 'a whole number from 0 to 2^53 - 1');
    this.makeRoom(LONGEST_COUNT);
    let size = 1;
    for (let rest = value; rest >= 128; rest = Math.floor(rest / 128)) size += 1;
    this.at -= size;
    let rest = value;
    for (let place = this.at; place < this.at + size - 1; place += 1) {
      this.bytes[place] = (rest % 128) | 128;
      rest = Math.floor(rest / 128);
    }
    this.bytes[this.at + size - 1] = rest;
    this.tag(tag);
  }

  double(tag: number, value: number): void {
    this.makeRoom(8);
    this.at -= 8;
    this.view.setFloat64(this.at, value, true);
    this.tag(tag);
  }

  flag(tag: number, value: boolean): void {
    this.varint(value ? 1 : 0);
    this.tag(tag);
  }

  /** UTF-8; half of a surrogate pair becomes U+FFFD. */
  text(tag: number, value: string): void {
    const since = this.written;
    if (!this.shortAscii(value)) {
      const size = Buffer.byteLength(value);
      this.makeRoom(size);
      this.at -= size;
      this.bytes.write(value, this.at);
    }
    this.enclose(tag, since);
  }

  /** A text that names something; nothing where it is empty, which the wire cannot tell from an absent one. */
  name(tag: number, value: string): void {
    if (value !== '') this.text(tag, value);
  }

  content(tag: number, value: Uint8Array): void {
    this.makeRoom(value.length);
    this.at -= value.length;
    this.bytes.set(value, this.at);
    this.varint(value.length);
    this.tag(tag);
  }

  /** Nothing where there are none. */
  packedUint32s(tag: number, values: readonly number[]): void {
    if (values.length === 0) return;
    const since = this.written;
    this.makeRoom(values.length * LONGEST_VARINT);
    for (let place = values.length - 1; place >= 0; place -= 1) this.varint(values[place]);
    this.enclose(tag, since);
  }

  /** Nothing where there are none. */
  packedDoubles(tag: number, values: readonly number[]): void {
    if (values.length === 0) return;
    const size = values.length * 8;
    this.makeRoom(size);
    const { view } = this;
    this.at -= size;
    for (let place = 0; place < values.length; place += 1) {
      view.setFloat64(this.at + place * 8, values[place], true);
    }
    this.varint(size);
    this.tag(tag);
  }

  /** Writes a text that is cheaper to write by hand than by a call out of JavaScript; false where it is not so. */
  private shortAscii(value: string): boolean {
    if (value.length > SHORT_TEXT) return false;
    this.makeRoom(value.length);
    const start = this.at - value.length;
    for (let place = 0; place < value.length; place += 1) {
      const code = value.charCodeAt(place);
      if (code > 127) return false;
      this.bytes[start + place] = code;
    }
    this.at = start;
    return true;
  }

  private varint(value: number): void {
    if (value >>> 0 !== value) throw unfit(value, 'a whole number from 0 to 2^32 - 1');
    this.makeRoom(LONGEST_VARINT);
    if (value < 128) {
      this.bytes[--this.at] = value;
      return;
    }
    this.at -= value < 1 << 14 ? 2 : value < 1 << 21 ? 3 : value < 1 << 28 ? 4 : 5;
    let rest = value;
    let place = this.at;
    for (; rest > 127; rest >>>= 7) this.bytes[place++] = (rest & 127) | 128;
    this.bytes[place] = rest;
  }

  /** Of a field up to the fifteenth. */
  private tag(tag: number): void {
    this.makeRoom(1);
    this.bytes[--this.at] = tag;
  }

  private makeRoom(size: number): void {
    if (this.at >= size) return;
    const { written } = this;
    const grown = Buffer.allocUnsafeSlow(
      Math.max(this.chunkBytes, written === 0 ? size : 2 * (written + size)),
    );
    this.bytes.copy(grown, grown.length - written, this.at, this.end);
    this.bytes = grown;
    this.view = new DataView(grown.buffer, grown.byteOffset, grown.length);
    this.end = grown.length;
    this.at = grown.length - written;
  }
}

function unfit(value: unknown, allowed: string): MajlisError {
  return new MajlisError(`a message cannot carry ${String(value)} where it has ${allowed}`, {
    code: 'internal',
  });
}
