import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The folder that holds package.json, whether this file runs from source or from dist. */
export const packageRoot: string = findRoot(__dirname);

function findRoot(start: string): string {
  let folder = start;
  while (!existsSync(join(folder, 'package.json'))) folder = dirname(folder);
  return folder;
}

/** The compiled JavaScript of a module, which is what a worker thread has to be given. `module` is like `core/network/session-worker`. */
export function compiledModule(module: string): string {
  return join(packageRoot, 'dist', `${module}.js`);
}
