import { z } from 'zod';
import { MajlisError } from '../../errors.js';
import type { MessageHeaders } from '../bus.js';
import { sentHeaders } from './message-headers.js';
import { apiFailure } from './nats-failure.js';
import type { StoredAnswers } from './stored-answers.js';

/** The answer to a publish (nats-server, server/stream.go, JSPubAckResponse): stored, or why not. */
const answerSchema = z.union([
  z.object({ error: z.object({ code: z.number(), err_code: z.number(), description: z.string() }) }),
  z.object({ stream: z.string(), seq: z.number(), duplicate: z.boolean().optional() }),
]);

export interface StoredMessage {
  readonly subject: string;
  readonly dedupeId: string;
  readonly data: Uint8Array;
  readonly headers: MessageHeaders;
}

/** Resolves when a stream has stored it; the same id may be sent again as often as it takes. */
export async function publishMessage(
  answers: StoredAnswers,
  { subject, dedupeId, data, headers }: StoredMessage,
): Promise<{ readonly duplicate: boolean }> {
  const sent = sentHeaders(headers);
  sent.set('Nats-Msg-Id', dedupeId);
  const reply = await answers.send(subject, data, sent);
  const answer = answerSchema.safeParse(reply.json());
  if (!answer.success) {
    throw new MajlisError(
      `who listens to ${subject} is no stream: it answered ${reply.string().slice(0, 200)}`,
      {
        code: 'failed_precondition',
      },
    );
  }
  if ('error' in answer.data) throw apiFailure(answer.data.error, `publishing to ${subject}`);
  return { duplicate: answer.data.duplicate === true };
}
