import { unwatchFile, watchFile } from 'node:fs';

const EVERY_MS = 2000;

/**
 * Tells of changes of these files, by asking the file system for their state again and again: that sees a rename over a
 * file and a mounted secret whose link moves on alike, which notifications do not. It keeps no process alive. Returns
 * what ends it.
 */
export function watchFiles(
  paths: readonly string[],
  onChange: () => void,
  everyMs: number = EVERY_MS,
): () => void {
  // One function for each watch: `unwatchFile` takes away by identity, and others may watch the same file.
  const changed = (): void => onChange();
  for (const path of paths) watchFile(path, { interval: everyMs, persistent: false }, changed);
  return () => {
    for (const path of paths) unwatchFile(path, changed);
  };
}
