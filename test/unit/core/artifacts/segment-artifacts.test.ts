import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { SegmentArtifacts } from '../../../../core/artifacts/segment-artifacts.js';
import { sha256 } from '../../../../core/runtime/content-hash.js';
import { compiledModule } from '../../../../core/runtime/package-root.js';
import { flipBit } from '../../../support/flip-bit.js';
import { useTemporaryFolder } from '../../../support/temporary-folder.js';

const MAGIC_BYTES = 8;
const HEADER_BYTES = 40;
const payloads = ['first payload', 'second payload', 'third payload'];

describe('artifact segments', () => {
  const folder = useTemporaryFolder();
  const opened: SegmentArtifacts[] = [];
  const segment = (number: number): string => join(folder(), `0000000${number}.segment`);

  async function open(segmentBytes = 1_000_000): Promise<SegmentArtifacts> {
    const store = await SegmentArtifacts.open({ folder: folder(), segmentBytes });
    opened.push(store);
    return store;
  }

  /** One segment with the three payloads, closed. */
  async function writeSegment(): Promise<void> {
    const store = await open();
    for (const payload of payloads) await store.put(Buffer.from(payload));
    await store.close();
  }

  async function readAll(store: SegmentArtifacts): Promise<string[]> {
    const read = payloads.map(async (payload) => Buffer.from(await store.get(sha256(payload))).toString());
    return (await Promise.allSettled(read)).map((outcome) =>
      outcome.status === 'fulfilled' ? outcome.value : (outcome.reason as { code: string }).code,
    );
  }

  afterEach(async () => {
    for (const store of opened.splice(0)) await store.close();
  });

  it('are laid out as their format says', async () => {
    await writeSegment();
    const bytes = readFileSync(segment(1));
    expect(bytes.subarray(0, MAGIC_BYTES).toString()).toBe('MAJLSEG1');
    expect(bytes.readUInt32LE(MAGIC_BYTES)).toBe('first payload'.length);
    expect(bytes.subarray(16, 48).toString('hex')).toBe(sha256('first payload'));
    expect(bytes.subarray(48, 48 + 13).toString()).toBe('first payload');
    const payloadBytes = payloads.reduce((sum, payload) => sum + payload.length, 0);
    expect(bytes.length).toBe(MAGIC_BYTES + 3 * HEADER_BYTES + payloadBytes);
  });

  it('hold many payloads in few files, and begin a new file when one is full', async () => {
    const store = await open(10_000);
    const puts = Array.from({ length: 100 }, (_, index) => store.put(Buffer.alloc(1000, index)));
    const hashes = await Promise.all(puts);
    const files = readdirSync(folder());
    expect(files.length).toBeGreaterThanOrEqual(9);
    expect(files.length).toBeLessThanOrEqual(11);
    for (const [index, hash] of hashes.entries()) expect((await store.get(hash))[0]).toBe(index);
  });

  it('store the same payload once', async () => {
    const store = await open();
    await Promise.all([store.put(Buffer.from('same')), store.put(Buffer.from('same'))]);
    await store.put(Buffer.from('same'));
    expect(statSync(segment(1)).size).toBe(MAGIC_BYTES + HEADER_BYTES + 'same'.length);
  });

  it('are only read until there is something to write', async () => {
    await writeSegment();
    await open();
    expect(readdirSync(folder())).toEqual(['00000001.segment']);
  });

  // The last record begins at 8 + (40 + 13) + (40 + 14) = 115 and has a payload of 13 bytes.
  it.each([
    ['in the last payload', 115 + HEADER_BYTES + 12],
    ['right after the last header', 115 + HEADER_BYTES],
    ['in the last header', 115 + 39],
    ['one byte into the last record', 115 + 1],
  ])('that were cut %s lose that record alone, and say so', async (_name, size) => {
    await writeSegment();
    truncateSync(segment(1), size);
    const store = await open();
    expect(store.tails).toEqual([{ path: segment(1), kind: 'truncated', offset: 115 }]);
    expect(await readAll(store)).toEqual(['first payload', 'second payload', 'not_found']);
  });

  it('that were cut take the lost payload again, in a new file', async () => {
    await writeSegment();
    truncateSync(segment(1), 130);
    const store = await open();
    await store.put(Buffer.from('third payload'));
    await store.close();
    expect(statSync(segment(1)).size).toBe(130);
    expect(await readAll(await open())).toEqual(payloads);
  });

  it('that were cut inside the magic bytes are empty', async () => {
    await writeSegment();
    truncateSync(segment(1), 3);
    const store = await open();
    expect(store.tails).toMatchObject([{ kind: 'truncated', offset: 0 }]);
    expect(await readAll(store)).toEqual(['not_found', 'not_found', 'not_found']);
  });

  it('with a flipped bit in a payload lose that payload alone', async () => {
    await writeSegment();
    flipBit(segment(1), 61 + HEADER_BYTES);
    const store = await open();
    expect(store.tails).toEqual([]);
    expect(await readAll(store)).toEqual(['first payload', 'data_loss', 'third payload']);
  });

  it.each([
    ['length', 61],
    ['check', 61 + 4],
    ['hash', 61 + 8],
  ])('with a flipped bit in the %s of a header say that payloads may be lost', async (_name, offset) => {
    await writeSegment();
    flipBit(segment(1), offset);
    const store = await open();
    expect(store.tails).toEqual([{ path: segment(1), kind: 'damaged', offset: 61 }]);
    expect(await readAll(store)).toEqual(['first payload', 'data_loss', 'data_loss']);
  });

  it('that are something else say so', async () => {
    writeFileSync(segment(1), 'this is not a segment');
    const store = await open();
    expect(store.tails).toMatchObject([{ kind: 'damaged', offset: 0 }]);
    await expect(store.get(sha256('anything'))).rejects.toMatchObject({
      code: 'data_loss',
      message: expect.stringContaining(segment(1)),
    });
  });

  it('fail a put whose segment cannot be created, and take the next one', async () => {
    const store = await open();
    mkdirSync(segment(1));
    await expect(store.put(Buffer.from('a'))).rejects.toMatchObject({ code: 'failed_precondition' });
    const hash = await store.put(Buffer.from('a'));
    expect(Buffer.from(await store.get(hash)).toString()).toBe('a');
  });

  it('refuse every call after they are closed, and finish the puts before it', async () => {
    const store = await open();
    const put = store.put(Buffer.from('a'));
    await store.close();
    expect(await put).toBe(sha256('a'));
    await expect(store.put(Buffer.from('b'))).rejects.toMatchObject({ code: 'failed_precondition' });
    expect(statSync(segment(1)).size).toBe(MAGIC_BYTES + HEADER_BYTES + 1);
  });

  it('have every payload that was acknowledged before a kill -9', async () => {
    const writer = startWriter(folder());
    const acknowledged: string[] = [];
    for await (const line of createInterface(writer.stdout)) acknowledged.push(line);
    if (writer.exitCode === null && writer.signalCode === null) await once(writer, 'exit');
    expect(writer.signalCode).toBe('SIGKILL');
    expect(acknowledged).toHaveLength(300);
    const store = await open();
    for (const hash of acknowledged) expect(sha256(await store.get(hash))).toBe(hash);
  });
});

/** A process that puts payloads of 2 KB, 8 at a time, writes each acknowledged hash to stdout, and kills itself at the 300th. */
function startWriter(folder: string) {
  const module = JSON.stringify(compiledModule('core/artifacts/segment-artifacts'));
  const script = `
    const { writeSync } = require('node:fs');
    (async () => {
      const store = await require(${module}).SegmentArtifacts.open({ folder: process.argv[1], segmentBytes: 100000 });
      let next = 0;
      let acknowledged = 0;
      const work = async () => {
        for (;;) {
          writeSync(1, (await store.put(Buffer.alloc(2048, String(next++) + ' '))) + '\\n');
          acknowledged += 1;
          if (acknowledged === 300) process.kill(process.pid, 'SIGKILL');
        }
      };
      await Promise.all(Array.from({ length: 8 }, work));
    })();`;
  return spawn(process.execPath, ['-e', script, folder], { stdio: ['ignore', 'pipe', 'inherit'] });
}
