import { constants, open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { storageError } from '../../runtime/storage-error.js';
import { MajlisError } from '../../errors.js';
import { syncFolder } from '../../runtime/durable-file.js';

/**
 * A file that grows by whole records and has one writer. What stands after the end (the rest of a write that failed, or
 * of a process that died in one) is cut off before the next record, so a reader never meets half a record between two
 * whole ones. Open only while it is written: an iteration takes seconds.
 */
export class AppendedFile {
  /** `end`: bytes of the whole records that are there already; 0 where there is no file. */
  constructor(
    private readonly path: string,
    private end: number,
  ) {}

  /** Bytes of whole records. */
  get size(): number {
    return this.end;
  }

  /** Resolves when the record is on disk. A file that lost records meanwhile is `data_loss`. */
  async append(record: Uint8Array): Promise<void> {
    try {
      const file = await open(this.path, constants.O_RDWR | (this.end === 0 ? constants.O_CREAT : 0));
      try {
        await this.write(file, record);
      } finally {
        await file.close();
      }
      if (this.end === 0) await syncFolder(dirname(this.path));
    } catch (thrown) {
      throw storageError(this.path, thrown);
    }
    this.end += record.length;
  }

  private async write(file: FileHandle, record: Uint8Array): Promise<void> {
    const { size } = await file.stat();
    if (size < this.end) {
      const message = `${this.path} has ${size} bytes of the ${this.end} that were written`;
      throw new MajlisError(`${message}; it is left as it is.`, { code: 'data_loss' });
    }
    await file.truncate(this.end);
    let written = 0;
    while (written < record.length) {
      const rest = record.length - written;
      written += (await file.write(record, written, rest, this.end + written)).bytesWritten;
    }
    await file.datasync();
  }
}
