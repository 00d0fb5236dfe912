import { readdir, stat } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { MajlisError } from '../errors.js';
import { storageError } from '../runtime/storage-error.js';

/**
 * Every file below a folder, by its path from there with / between names, in the order of code units. A link to a file
 * counts as that file, as the model directories of a Hugging Face cache are made of; anything else that is neither file
 * nor folder is refused, and so is a link to a folder, which may lead in a circle.
 */
export async function listFiles(folder: string): Promise<readonly string[]> {
  try {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true });
    const paths: string[] = [];
    for (const entry of entries) {
      if (entry.isDirectory()) continue;
      const path = join(entry.parentPath, entry.name);
      if (!entry.isFile() && !(entry.isSymbolicLink() && (await stat(path)).isFile())) throw noFile(path);
      paths.push(relative(folder, path).split(sep).join('/'));
    }
    return paths.sort();
  } catch (thrown) {
    throw storageError(folder, thrown);
  }
}

function noFile(path: string): MajlisError {
  return new MajlisError(`${path} is neither a file nor a folder; only files can be published`, {
    code: 'failed_precondition',
  });
}
