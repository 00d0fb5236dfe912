import { z } from 'zod';
import type { Manifest } from './manifest.js';

const inner = z.union([z.record(z.string(), z.unknown()), z.array(z.unknown())]);

/** What stands at a dotted path such as `spec.containers.0.image`; undefined where nothing does. */
export function valueAt(manifest: Manifest | undefined, path: string): unknown {
  let value: unknown = manifest;
  for (const key of path.split('.')) {
    const parent = inner.safeParse(value);
    if (!parent.success) return undefined;
    value = Reflect.get(parent.data, key);
  }
  return value;
}

/** A copy with another value at a path, whose parents have to be there; without the key where the value is undefined. */
export function withValueAt(manifest: Manifest, path: string, value: unknown): Manifest {
  const copy = structuredClone(manifest);
  const keys = path.split('.');
  const last = keys.pop() ?? '';
  let parent: object = copy;
  for (const key of keys) {
    const next: unknown = Reflect.get(parent, key);
    if (typeof next !== 'object' || next === null) throw new Error(`${manifest.kind} has no ${path}`);
    parent = next;
  }
  if (value === undefined) Reflect.deleteProperty(parent, last);
  else Reflect.set(parent, last, value);
  return copy;
}
