import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../core/runtime/package-root.js';

/** Path of a real input that lies beside the repository, not in it. */
export function sharedData(name: string): string {
  return sharedFile(join('data', name));
}

/** Path of a file of known answers that lies beside the repository, not in it. */
export function goldenFile(name: string): string {
  return sharedFile(join('golden', name));
}

/**
 * `describe` for tests on a real input. Without the file a developer sees the tests skipped with the reason in the
 * title; with CI=true they run, and fail for the missing file.
 */
export function describeWithSharedData(title: string, name: string, body: () => void): void {
  describeWith(join('data', name), title, body);
}

/** The same for tests on known answers. */
export function describeWithGolden(title: string, name: string, body: () => void): void {
  describeWith(join('golden', name), title, body);
}

function sharedFile(path: string): string {
  return join(packageRoot, '..', 'shared', path);
}

function describeWith(path: string, title: string, body: () => void): void {
  if (existsSync(sharedFile(path)) || process.env.CI === 'true') describe(title, body);
  else describe.skip(`${title} (SKIP: ../shared/${path} is not there)`, body);
}
