import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../core/runtime/package-root.js';

/** Path of a real input that lies beside the repository, not in it. */
export function sharedData(name: string): string {
  return join(packageRoot, '..', 'shared', 'data', name);
}

/**
 * `describe` for tests on such a file. Without the file a developer sees the tests skipped with the reason in the
 * title; with CI=true they run, and fail for the missing file.
 */
export function describeWithSharedData(title: string, name: string, body: () => void): void {
  if (existsSync(sharedData(name)) || process.env.CI === 'true') describe(title, body);
  else describe.skip(`${title} (SKIP: ../shared/data/${name} is not there)`, body);
}
