import { z } from 'zod';
import type * as wire from '../../proto/gen/majlis/v1/coordinator.js';
import type { WorkerDirective, WorkerWelcome } from '../domain/worker.js';
import { count, identifier, message, positiveCount, text } from './message-fields.js';
import { parseMessage } from './parse-message.js';

/** A directive with the epoch of whoever gave it. */
export interface FencedDirective {
  readonly epoch: number;
  readonly directive: WorkerDirective;
}

const loadMessage = message({
  policy: message({ version: count, hash: identifier, location: identifier }),
  run: identifier,
  contentKey: identifier.exactOptional(),
  oldestVersion: count,
});

const kindMessage = z.discriminatedUnion(
  '$case',
  [
    z
      .object({ $case: z.literal('loadPolicy'), value: loadMessage })
      .transform(({ value }) => ({ kind: 'load_policy' as const, ...value })),
    z
      .object({ $case: z.literal('drain'), value: message({ reason: text }) })
      .transform(({ value }) => ({ kind: 'drain' as const, ...value })),
    z
      .object({ $case: z.literal('pause'), value: message({ reason: text }) })
      .transform(({ value }) => ({ kind: 'pause' as const, ...value })),
    z
      .object({ $case: z.literal('resume'), value: message({}) })
      .transform(() => ({ kind: 'resume' as const })),
  ],
  { error: 'one of load_policy, drain, pause, resume' },
);

const directiveMessage = message({ epoch: count, directive: kindMessage });

const welcomeMessage = message({
  hello: message({ protocol: positiveCount }),
  heartbeatIntervalMs: positiveCount,
  epoch: count,
  artifactsPort: positiveCount.exactOptional(),
}).transform(({ epoch, heartbeatIntervalMs, artifactsPort }): WorkerWelcome => ({
  ...{ epoch, heartbeatIntervalMs },
  ...(artifactsPort === undefined ? {} : { artifactsPort }),
}));

/** A message that is no such directive, or one that this build does not know, is a BadInputError. */
export function directiveFromMessage(directive: wire.Directive): FencedDirective {
  return parseMessage(directiveMessage, directive, 'message majlis.v1.Directive');
}

/** Domain to wire. */
export function directiveToMessage({ epoch, directive }: FencedDirective): wire.Directive {
  return { epoch, directive: kindToMessage(directive) };
}

/** A message that is no such welcome is a BadInputError. */
export function welcomeFromMessage(welcome: wire.WorkerWelcome): WorkerWelcome {
  return parseMessage(welcomeMessage, welcome, 'message majlis.v1.WorkerWelcome');
}

/** Domain to wire, with the answer to the hello. */
export function welcomeToMessage(
  { epoch, heartbeatIntervalMs, artifactsPort }: WorkerWelcome,
  hello: wire.WorkerWelcome['hello'],
): wire.WorkerWelcome {
  return { hello, heartbeatIntervalMs, epoch, artifactsPort };
}

function kindToMessage(directive: WorkerDirective): wire.Directive['directive'] {
  switch (directive.kind) {
    case 'load_policy': {
      const { run, policy, contentKey, oldestVersion } = directive;
      return { $case: 'loadPolicy', value: { run, contentKey, oldestVersion, policy: { ...policy } } };
    }
    case 'drain':
      return { $case: 'drain', value: { reason: directive.reason } };
    case 'pause':
      return { $case: 'pause', value: { reason: directive.reason } };
    case 'resume':
      return { $case: 'resume', value: {} };
  }
}
