import { cpus } from 'node:os';
import type { GraphRuntime } from './inference-session.js';

/** Names the build of the numerical engine and the CPU type: where two are equal, equal work gives equal bits. */
export function runtimeFingerprint({ name, version }: Pick<GraphRuntime, 'name' | 'version'>): string {
  const model = cpus().at(0)?.model.trim() ?? 'unknown CPU';
  return `${name} ${version}, ${process.platform} ${process.arch}, ${model}`;
}
