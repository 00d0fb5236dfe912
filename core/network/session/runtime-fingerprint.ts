import { cpus } from 'node:os';
import type { GraphRuntime } from './inference-session.js';

/** Names the build of the numerical engine and the CPU type: where two are equal, equal work gives equal bits. */
export function runtimeFingerprint({ name, version }: Pick<GraphRuntime, 'name' | 'version'>): string {
  const model = cpus().at(0)?.model.trim() ?? 'unknown CPU';
  return `${name} ${version}, ${process.platform} ${process.arch}, ${model}`;
}

/** A fingerprint's engine build with its platform, and the CPU type; that is absent from an engine that names none. */
export function fingerprintParts(fingerprint: string): { readonly engine: string; readonly cpu?: string } {
  const [build, platform, ...model] = fingerprint.split(', ');
  if (platform === undefined || model.length === 0) return { engine: fingerprint };
  return { engine: `${build}, ${platform}`, cpu: model.join(', ') };
}
