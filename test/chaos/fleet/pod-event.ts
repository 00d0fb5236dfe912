import { writeSync } from 'node:fs';
import { z } from 'zod';
import { systemClock } from '../../../core/runtime/clock.js';
import { MISCHIEF } from './fleet-faults.js';

const STDOUT = 1;

const happening = z.discriminatedUnion('what', [
  /** Its process was started; its fleet says so. */
  z.strictObject({ what: z.literal('started') }),
  /** It listens there, or has begun to work. */
  z.strictObject({ what: z.literal('ready'), port: z.int().exactOptional() }),
  z.strictObject({ what: z.literal('leased'), task: z.string(), attempt: z.int() }),
  /** A result is about to be published under this id. */
  z.strictObject({
    what: z.literal('publishing'),
    task: z.string(),
    dedupeId: z.string(),
    payloadHash: z.string(),
  }),
  /** The bus said that it has the result. */
  z.strictObject({ what: z.literal('stored'), task: z.string() }),
  z.strictObject({ what: z.literal('acked'), task: z.string() }),
  z.strictObject({ what: z.literal('did'), mischief: z.enum(MISCHIEF) }),
  /** The ledger has the tasks. `again`: this start finds them lost. */
  z.strictObject({ what: z.literal('issued'), tasks: z.array(z.string()), again: z.boolean() }),
  z.strictObject({ what: z.literal('accepted'), task: z.string() }),
  z.strictObject({ what: z.literal('refused'), reason: z.string() }),
  z.strictObject({ what: z.literal('gradient') }),
  z.strictObject({ what: z.literal('judged') }),
  z.strictObject({ what: z.literal('iteration'), iteration: z.int() }),
]);

/** Something that a pod says it does. */
export type Happening = z.infer<typeof happening>;

const podEventSchema = z.strictObject({ pod: z.string(), atMs: z.number(), happening });

export type PodEvent = z.infer<typeof podEventSchema>;

/** A pod's voice: what it said before a SIGKILL is the operating system's, and is heard. */
export function voiceOf(pod: string): (happening: Happening) => void {
  return (said) => {
    const event: PodEvent = { pod, atMs: systemClock.now(), happening: said };
    writeSync(STDOUT, `${JSON.stringify(event)}\n`);
  };
}

export function readPodEvent(line: string): PodEvent {
  return podEventSchema.parse(JSON.parse(line));
}
