import { basename, join } from 'node:path';
import { MajlisError } from '../errors.js';
import { sha256 as hashOf } from '../runtime/content-hash.js';
import { missingArtifact, requireSha256 } from './artifact-refusals.js';
import type { ArtifactStore } from './artifact-store.js';
import { makeFolderDurably } from '../runtime/durable-file.js';
import { PayloadPlaces } from './payload-places.js';
import type { PayloadPlace } from './payload-places.js';
import { segmentName } from './segment-name.js';
import { readPayload } from './segment-reader.js';
import type { SegmentScan } from './segment-reader.js';
import { scanSegments } from './segment-readings.js';
import { SegmentWriter } from './segment-writer.js';
import { storageError } from '../runtime/storage-error.js';

export interface SegmentArtifactsOptions {
  readonly folder: string;
  /** A segment that has reached this size gets no more records. */
  readonly segmentBytes?: number;
}

/** A segment whose scan ended before the file did. */
export interface SegmentTail {
  readonly path: string;
  readonly kind: 'truncated' | 'damaged';
  /** Where the last good record ends, in bytes. */
  readonly offset: number;
}

const DEFAULT_SEGMENT_BYTES = 64 * 1024 * 1024;

/**
 * Many small payloads in few files, `<folder>/00000001.segment` and on. Only one store may write to a folder at a
 * time. A store never appends to a segment that it did not create, so what a crash left is never overwritten: a
 * truncated tail was not acknowledged and is passed over. While a segment is damaged in the middle, a payload that
 * is not found elsewhere is `data_loss`, not `not_found`, since the damage may hide it.
 */
export class SegmentArtifacts implements ArtifactStore {
  private readonly places = new PayloadPlaces();
  private readonly puts = new Map<string, Promise<void>>();
  private readonly segmentTails: SegmentTail[] = [];
  /** The segment that takes records, as far as it is known to be there; undefined while a new one is made. */
  private ready: SegmentWriter | undefined;
  private writer: Promise<SegmentWriter> | undefined;
  private lastSegment = 0;
  private closed = false;

  private constructor(
    private readonly folder: string,
    private readonly segmentBytes: number,
  ) {}

  /** Lists what the folder's segments hold; a folder that does not exist is created. */
  static async open(options: SegmentArtifactsOptions): Promise<SegmentArtifacts> {
    const store = new SegmentArtifacts(options.folder, options.segmentBytes ?? DEFAULT_SEGMENT_BYTES);
    await store.load();
    return store;
  }

  /** What was found wrong at the end of segments when the store was opened, for the log. */
  get tails(): readonly SegmentTail[] {
    return this.segmentTails;
  }

  async put(bytes: Uint8Array): Promise<string> {
    this.refuseWhenClosed();
    const sha256 = hashOf(bytes);
    const underWay = this.puts.get(sha256);
    const put = underWay ?? this.store(sha256, bytes);
    if (underWay === undefined) this.puts.set(sha256, put);
    try {
      await put;
    } finally {
      this.puts.delete(sha256);
    }
    return sha256;
  }

  async get(sha256: string): Promise<Uint8Array> {
    requireSha256(sha256);
    this.refuseWhenClosed();
    const place = this.places.get(sha256);
    if (place !== undefined) return this.read(sha256, place);
    const damaged = this.segmentTails.find(({ kind }) => kind === 'damaged');
    if (damaged === undefined) throw missingArtifact(sha256, this.folder);
    const message = `artifact ${sha256} is not in ${this.folder}, where ${damaged.path} is damaged from byte ${damaged.offset} and may have held it`;
    throw new MajlisError(message, { code: 'data_loss' });
  }

  async has(sha256: string): Promise<boolean> {
    requireSha256(sha256);
    this.refuseWhenClosed();
    return this.places.has(sha256);
  }

  /** Waits for the puts under way. */
  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    await Promise.allSettled(this.puts.values());
    const writer = await this.writer?.catch(() => undefined);
    await writer?.close();
  }

  private async load(): Promise<void> {
    try {
      await makeFolderDurably(this.folder);
      const segments = await scanSegments(this.folder);
      for (const { path, ...scan } of segments) this.index(path, scan);
      this.lastSegment = segmentNumber(segments.at(-1)?.path ?? '0');
    } catch (thrown) {
      throw storageError(this.folder, thrown);
    }
  }

  private index(path: string, scan: SegmentScan): void {
    const segment = segmentNumber(path);
    for (const { sha256, ...place } of scan.records) this.places.set(sha256, { segment, ...place });
    if (scan.tail !== undefined) this.segmentTails.push({ path, ...scan.tail });
  }

  /** Nearly every payload is new and has a segment with room for it: its bytes are taken before this returns. */
  private store(sha256: string, bytes: Uint8Array): Promise<void> {
    const { ready } = this;
    if (ready !== undefined && this.hasRoom(ready) && !this.places.has(sha256)) {
      return this.append(ready, sha256, bytes);
    }
    return this.storeSlowly(sha256, new Uint8Array(bytes));
  }

  private async storeSlowly(sha256: string, bytes: Uint8Array): Promise<void> {
    if (await this.isWhole(sha256)) return;
    await this.append(await this.writerWithRoom(), sha256, bytes);
  }

  private async append(writer: SegmentWriter, sha256: string, bytes: Uint8Array): Promise<void> {
    const offset = await writer.append(sha256, bytes);
    this.places.set(sha256, { segment: segmentNumber(writer.path), offset, length: bytes.length });
  }

  private read(sha256: string, { segment, ...place }: PayloadPlace): Promise<Uint8Array> {
    return readPayload(join(this.folder, segmentName(segment)), { sha256, ...place });
  }

  private async isWhole(sha256: string): Promise<boolean> {
    const place = this.places.get(sha256);
    if (place === undefined) return false;
    try {
      await this.read(sha256, place);
      return true;
    } catch (thrown) {
      if (MajlisError.from(thrown).code === 'data_loss') return false;
      throw thrown;
    }
  }

  /** Every put waits for the one before it, so that a full or broken segment is replaced once. */
  private writerWithRoom(): Promise<SegmentWriter> {
    this.writer = this.replaceWhenFull(this.writer);
    return this.writer;
  }

  private async replaceWhenFull(previous: Promise<SegmentWriter> | undefined): Promise<SegmentWriter> {
    // The put that asked for it was told when a segment could not be created; the next put tries again.
    const current = await previous?.catch(() => undefined);
    if (current !== undefined && this.hasRoom(current)) return current;
    this.ready = undefined;
    await current?.close();
    this.lastSegment += 1;
    this.ready = await SegmentWriter.create(join(this.folder, segmentName(this.lastSegment)));
    return this.ready;
  }

  private hasRoom(writer: SegmentWriter): boolean {
    return !writer.isBroken && writer.size < this.segmentBytes;
  }

  private refuseWhenClosed(): void {
    if (!this.closed) return;
    throw new MajlisError(`the artifact segments of ${this.folder} are closed`, {
      code: 'failed_precondition',
    });
  }
}

function segmentNumber(path: string): number {
  return Number.parseInt(basename(path), 10);
}
