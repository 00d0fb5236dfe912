import { crc32 } from 'node:zlib';
import {
  frameWandbRecord,
  readWandbLog,
  WANDB_LOG_HEADER,
} from '../../../../../core/telemetry/metrics/wandb-log.js';

const BLOCK = 32_768;
const [FULL, FIRST, MIDDLE, LAST] = [1, 2, 3, 4];

/** A chunk by LevelDB's description: checksum of type and data, length, type, data. */
function chunk(type: number, data: Buffer): Buffer {
  const header = Buffer.alloc(7);
  header.writeUInt32LE(crc32(Buffer.concat([Buffer.of(type), data])), 0);
  header.writeUInt16LE(data.length, 4);
  header.writeUInt8(type, 6);
  return Buffer.concat([header, data]);
}

describe('a W&B log', () => {
  const data = Buffer.from('history');

  it('holds a record that fits its block in one chunk', () => {
    expect(frameWandbRecord(data, 7)).toEqual(chunk(FULL, data));
    expect(frameWandbRecord(data, BLOCK - 14)).toEqual(chunk(FULL, data));
  });

  it.each([1, 6])('fills the last %i bytes of a block with zeros, for want of room for a header', (left) => {
    const expected = Buffer.concat([Buffer.alloc(left), chunk(FULL, data)]);
    expect(frameWandbRecord(data, 3 * BLOCK - left)).toEqual(expected);
  });

  it('begins a record with an empty chunk where there is room for its header alone', () => {
    const expected = Buffer.concat([chunk(FIRST, Buffer.alloc(0)), chunk(LAST, data)]);
    expect(frameWandbRecord(data, BLOCK - 7)).toEqual(expected);
  });

  it('splits a long record at the ends of blocks', () => {
    const long = Buffer.from(Array.from({ length: 2 * BLOCK }, (_, at) => at % 251));
    const [first, second] = [BLOCK - 100 - 7, BLOCK - 100 - 7 + BLOCK - 7];
    const expected = [
      chunk(FIRST, long.subarray(0, first)),
      chunk(MIDDLE, long.subarray(first, second)),
      chunk(LAST, long.subarray(second)),
    ];
    expect(frameWandbRecord(long, 100).equals(Buffer.concat(expected))).toBe(true);
  });

  it('is read up to the first record that is not whole', () => {
    const parts = [WANDB_LOG_HEADER];
    const payloads = [data, Buffer.alloc(BLOCK - 50, 7), Buffer.alloc(3 * BLOCK, 8), data];
    let size = 7;
    const ends = payloads.map((payload) => {
      const record = frameWandbRecord(payload, size);
      parts.push(record);
      size += record.length;
      return size;
    });
    const file = Buffer.concat(parts);
    const read = (bytes: Buffer): number[] => [...readWandbLog(bytes)].map(({ end }) => end);
    expect([...readWandbLog(file)].map(({ payload }) => payload.length)).toEqual(
      payloads.map((p) => p.length),
    );
    expect(read(file)).toEqual(ends);
    for (const cut of [ends[2] + 1, ends[2] + 8, ends[3] - 1]) {
      expect(read(file.subarray(0, cut))).toEqual(ends.slice(0, 3));
    }
    expect(read(file.subarray(0, 2 * BLOCK + 5))).toEqual(ends.slice(0, 2));
    const damaged = Buffer.from(file);
    damaged[ends[1] + 20] ^= 1;
    expect(read(damaged)).toEqual(ends.slice(0, 2));
  });
});
