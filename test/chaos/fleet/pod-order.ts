import { join } from 'node:path';
import { z } from 'zod';
import { MISCHIEF } from './fleet-faults.js';
import { FLEET_BUGS } from './fleet-bugs.js';

/** What a pod is told, as JSON in its one argument. */
export const podOrderSchema = z.strictObject({
  name: z.string(),
  /** The folder of the rehearsal, which all pods see. */
  folder: z.string(),
  /** Where NATS is for this pod: the port of its proxy. */
  nats: z.int().exactOptional(),
  /** Where the trainer and the gateway listen. */
  trainer: z.int().exactOptional(),
  gateway: z.int().exactOptional(),
  /** Where this pod listens; a free port unless told. */
  listen: z.int().exactOptional(),
  /** What a worker does wrong on purpose, and at which of its results. */
  mischief: z.strictObject({ kind: z.enum(MISCHIEF), at: z.int() }).exactOptional(),
  /** Of the coordinator's pool. */
  parcelSize: z.int().exactOptional(),
  bug: z.enum(FLEET_BUGS).exactOptional(),
});

export type PodOrder = z.infer<typeof podOrderSchema>;

export function readPodOrder(): PodOrder {
  return podOrderSchema.parse(JSON.parse(process.argv[2]));
}

export function folderOf({ folder }: Pick<PodOrder, 'folder'>, name: string): string {
  return join(folder, name);
}

/** Says on stderr why a pod ends, and ends it. */
export function endPod(thrown: unknown): void {
  process.stderr.write(`${thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown)}\n`);
  process.exit(1);
}
