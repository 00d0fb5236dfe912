import { z } from 'zod';
import { BadInputError } from '../errors.js';
import type { AuditEntry, NewAuditEntry } from '../trust/audit-entry.js';
import { recordedControlMessage } from './convert-run-control.js';
import { parseMessage } from './parse-message.js';

/** A call as the audit log tells of it, out of the messages that go by. */
const requestSchema = z.looseObject({ run: z.string().min(1).optional() });
const responseSchema = z.object({
  run: z.object({ id: z.string() }).optional(),
  outcome: z.object({ control: z.unknown() }).optional(),
});

/** What a request asked, and what the response says the ledger has of it. */
export function auditedCall(
  request: unknown,
  response?: unknown,
): Pick<NewAuditEntry, 'run' | 'arguments' | 'control'> {
  const { run: asked, ...rest } = requestSchema.safeParse(request).data ?? {};
  const { run: made, outcome } = responseSchema.safeParse(response).data ?? {};
  const run = made?.id ?? asked;
  const control = outcome === undefined ? undefined : recordedControl(outcome.control);
  return {
    ...(run === undefined ? {} : { run }),
    arguments: rest,
    ...(control === undefined ? {} : { control }),
  };
}

function recordedControl(control: unknown): AuditEntry['control'] {
  try {
    const source = 'message majlis.v1.RecordedControl';
    const { sequence, event } = parseMessage(recordedControlMessage, control, source);
    return { sequence, event: { ...event } };
  } catch (thrown) {
    // A later build's kind of control: the arguments tell of it.
    if (thrown instanceof BadInputError) return undefined;
    throw thrown;
  }
}
