import { storageError } from '../../../core/runtime/storage-error.js';
import { writeDurably } from '../../../core/runtime/durable-file.js';

/** Writes the page whole or not at all. */
export async function writeReport(path: string, html: string): Promise<void> {
  try {
    await writeDurably(path, Buffer.from(html));
  } catch (thrown) {
    throw storageError(path, thrown);
  }
}
