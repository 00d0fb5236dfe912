import { copyFile, constants, open, rm } from 'node:fs/promises';
import { systemCode } from '../../runtime/storage-error.js';
import { MajlisError } from '../../errors.js';

/**
 * Copies a ledger's file and its write-ahead log while another process may be writing, without a lock.
 *
 * Why the copy is whole: the file is copied first, the log after it. What a checkpoint moves into the file meanwhile
 * stands in the log too, and the log wins when the copy is opened; a commit that is half written ends the log before it.
 * That holds as long as the log is not begun anew meanwhile, and a new log has a new header (its salts), so a copy
 * during which the header changed is made again.
 *
 * This process must not be the one that has the ledger open (see `ExclusiveDatabase`).
 */
export async function copyLedger(source: string, target: string): Promise<void> {
  for (let attempt = 0; attempt < MOST_ATTEMPTS; attempt += 1) {
    if (await copyOnce(source, target)) return;
  }
  throw new MajlisError(
    `ledger file ${source} changed too quickly to be copied, ${MOST_ATTEMPTS} times; try again when the run is less busy`,
    { code: 'aborted' },
  );
}

/** The log is begun anew once for each few megabytes of commits, so that several misses in a row are rare. */
const MOST_ATTEMPTS = 50;

/** Magic number, format, page size, sequence, two salts and two checksums (sqlite.org/fileformat2.html, "WAL file format"). */
const LOG_HEADER_BYTES = 32;

/** Whether the copy is whole. */
async function copyOnce(source: string, target: string): Promise<boolean> {
  const before = await logHeader(source);
  await copyFile(source, target, constants.COPYFILE_FICLONE);
  await rm(`${target}-wal`, { force: true });
  if (before !== '') await copyLog(source, target);
  return (await logHeader(source)) === before;
}

async function copyLog(source: string, target: string): Promise<void> {
  try {
    await copyFile(`${source}-wal`, `${target}-wal`, constants.COPYFILE_FICLONE);
  } catch (thrown) {
    // The last owner left; the header that is gone says so to the caller.
    if (systemCode(thrown) !== 'ENOENT') throw thrown;
  }
}

/** As hex; empty where there is no log. */
async function logHeader(source: string): Promise<string> {
  try {
    const file = await open(`${source}-wal`, 'r');
    try {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(LOG_HEADER_BYTES), 0, LOG_HEADER_BYTES, 0);
      return buffer.subarray(0, bytesRead).toString('hex');
    } finally {
      await file.close();
    }
  } catch (thrown) {
    if (systemCode(thrown) === 'ENOENT') return '';
    throw thrown;
  }
}
