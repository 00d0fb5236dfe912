import { z } from 'zod';
import { NAMED_KINDS } from './fault-kinds.js';
import { PLANTED_BUGS } from './planted-bugs.js';

/** What a child is told to do, as JSON in its one argument. */
export const childOrderSchema = z.strictObject({
  workspace: z.string(),
  runFile: z.string(),
  /** Where the child writes down what happened. */
  diary: z.string(),
  workers: z.int(),
  kill: z
    .strictObject({
      kind: z.enum(NAMED_KINDS),
      from: z.int(),
      occurrence: z.int(),
      delayMs: z.number(),
    })
    .exactOptional(),
  pauseIn: z.int().exactOptional(),
  bug: z.enum(PLANTED_BUGS).exactOptional(),
});

export type ChildOrder = z.infer<typeof childOrderSchema>;
