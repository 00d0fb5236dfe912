import { statSync } from 'node:fs';
import { systemCode } from '../runtime/storage-error.js';

const EVERY_MS = 2000;

/**
 * Tells of changes of these files since now, by asking the file system for their state again and again: that sees a rename
 * over a file and a mounted secret whose link moves on alike, which notifications do not. It keeps no process alive.
 * Returns what ends it.
 */
export function watchFiles(
  paths: readonly string[],
  onChange: () => void,
  everyMs: number = EVERY_MS,
): () => void {
  // Not `fs.watchFile`: what changes before its first look, which comes later, it never tells.
  let seen = stateOf(paths);
  const timer = setInterval(() => {
    const state = stateOf(paths);
    if (state === seen) return;
    seen = state;
    onChange();
  }, everyMs);
  timer.unref();
  return () => clearInterval(timer);
}

function stateOf(paths: readonly string[]): string {
  return paths.map(stateOfFile).join('\n');
}

/** A file that cannot be looked at has a state too: whoever reads it then is told why. */
function stateOfFile(path: string): string {
  try {
    const { mtimeMs, ctimeMs, ino, size } = statSync(path);
    return [mtimeMs, ctimeMs, ino, size].join(' ');
  } catch (thrown) {
    return systemCode(thrown) ?? String(thrown);
  }
}
