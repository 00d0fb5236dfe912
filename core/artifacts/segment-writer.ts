import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { MajlisError } from '../errors.js';
import { syncFolder } from '../runtime/durable-file.js';
import { encodeRecord, SEGMENT_MAGIC } from './segment-format.js';
import { storageError } from '../runtime/storage-error.js';

/** Appends of one sync. More would be told at once, and hold up the thread of who waits for them. */
const GROUP_MOST = 512;

interface Waiting {
  readonly record: Buffer;
  readonly resolve: (offset: number) => void;
  readonly reject: (error: MajlisError) => void;
}

/**
 * Appends payloads to one new segment file. An append is on disk when it resolves; appends that arrive while one sync
 * runs share the next. After a failed write nothing is known of the file's end, so the writer takes no more.
 */
export class SegmentWriter {
  private waiting: Waiting[] = [];
  private flushing: Promise<void> | undefined;
  private end = SEGMENT_MAGIC.length;
  private waitingBytes = 0;
  private broken: MajlisError | undefined;

  private constructor(
    readonly path: string,
    private readonly file: FileHandle,
  ) {}

  /** Creates the file; one that exists is `failed_precondition`, since only its creator ever writes to a segment. */
  static async create(path: string): Promise<SegmentWriter> {
    try {
      const file = await open(path, 'wx');
      await file.writeFile(SEGMENT_MAGIC);
      await file.sync();
      await syncFolder(dirname(path));
      return new SegmentWriter(path, file);
    } catch (thrown) {
      throw storageError(path, thrown);
    }
  }

  /** Bytes in the file, appends under way included. */
  get size(): number {
    return this.end + this.waitingBytes;
  }

  /** True once a write failed. */
  get isBroken(): boolean {
    return this.broken !== undefined;
  }

  /** Resolves to the record's offset in the file. `sha256` is the payload's, hex; the bytes are copied at once. */
  append(sha256: string, payload: Uint8Array): Promise<number> {
    return new Promise((resolve, reject) => {
      if (this.broken !== undefined) {
        reject(this.broken);
        return;
      }
      const record = encodeRecord(sha256, payload);
      this.waiting.push({ record, resolve, reject });
      this.waitingBytes += record.length;
      this.flushing ??= this.flush();
    });
  }

  /** Waits for the appends under way. */
  async close(): Promise<void> {
    await this.flushing;
    this.broken ??= new MajlisError(`${this.path} is closed`, { code: 'failed_precondition' });
    await this.file.close();
  }

  private async flush(): Promise<void> {
    while (this.waiting.length > 0) {
      const group = this.waiting.splice(0, GROUP_MOST);
      const start = this.end;
      const bytes = group.reduce((sum, { record }) => sum + record.length, 0);
      this.end += bytes;
      this.waitingBytes -= bytes;
      try {
        await this.write(group, start);
      } catch (thrown) {
        this.fail(group, storageError(this.path, thrown));
      }
    }
    this.flushing = undefined;
  }

  private async write(group: readonly Waiting[], start: number): Promise<void> {
    if (this.broken !== undefined) throw this.broken;
    const bytes = Buffer.concat(group.map(({ record }) => record));
    let written = 0;
    while (written < bytes.length) {
      const step = await this.file.write(bytes, written, bytes.length - written, start + written);
      written += step.bytesWritten;
    }
    await this.file.datasync();
    let offset = start;
    for (const { record, resolve } of group) {
      resolve(offset);
      offset += record.length;
    }
  }

  private fail(group: readonly Waiting[], error: MajlisError): void {
    this.broken ??= error;
    for (const { reject } of group) reject(error);
  }
}
