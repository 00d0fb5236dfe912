import { stat } from 'node:fs/promises';
import { systemCode } from '../../core/runtime/storage-error.js';
import { readText } from '../../core/config/read-text.js';
import { BadInputError } from '../../core/errors.js';

/** Longest rubric file, in bytes: a rubric is read by people. */
const LONGEST_RUBRIC = 1024 * 1024;

/**
 * The text of a file that nobody wrote to while it was read: what was judged by is what stood there at one moment. A file
 * that changed meanwhile is a BadInputError, since half of an old and half of a new rubric may well parse.
 */
export async function readSettledText(
  path: string,
  read = (file: string): Promise<string> => readText(file, { maxBytes: LONGEST_RUBRIC }),
): Promise<string> {
  const before = await stamp(path);
  const [reading] = await Promise.allSettled([read(path)]);
  // Also where it could not be read: a file that somebody begins to write is empty at first.
  if ((await stamp(path)) !== before) {
    throw new BadInputError({
      source: path,
      found: 'a file that changed while it was read',
      allowed: 'a file that nobody is writing to; save it and ask again',
    });
  }
  if (reading.status === 'rejected') throw reading.reason;
  return reading.value;
}

/** What changes with every write and with every replacement; empty where there is no file, which reading tells of. */
async function stamp(path: string): Promise<string> {
  try {
    const { ino, size, mtimeNs, ctimeNs } = await stat(path, { bigint: true });
    return [ino, size, mtimeNs, ctimeNs].join('/');
  } catch (thrown) {
    if (systemCode(thrown) !== undefined) return '';
    throw thrown;
  }
}
