import { once, setMaxListeners } from 'node:events';
import type { ServerDuplexStream } from '@grpc/grpc-js';
import type * as wire from '../../proto/gen/majlis/v1/judge.js';
import { BadInputError } from '../../core/errors.js';
import { count } from '../../core/rpc/message-fields.js';
import { answerHello } from '../../core/rpc/negotiate-protocol.js';
import { failureToMessage, toGrpcStatus } from '../../core/rpc/status.js';

type JudgeCall = ServerDuplexStream<wire.JudgeStreamRequest, wire.JudgeStreamResponse>;

export interface JudgeStreamOptions {
  readonly software: string;
  /** Answers one request, with the span that caused it where it names one; what it throws concerns that request alone. */
  answer(
    request: wire.JudgeRequest | undefined,
    signal: AbortSignal,
    traceparent?: string,
  ): Promise<wire.JudgeResponse>;
  /** Fires when the process stops: no further request is read. */
  readonly stopping: AbortSignal;
}

/** Requests of one stream that are at hand at one time: while there are so many, none is read. */
export const MOST_AT_HAND = 256;

const SOURCE = 'message majlis.v1.JudgeStreamRequest';

/**
 * Serves one stream to its end. A request's place is free again once its reply was taken by the transport, so that a
 * client which sends and never reads is not read either.
 */
export async function serveJudgeStream(call: JudgeCall, options: JudgeStreamOptions): Promise<void> {
  const gone = new AbortController();
  call.once('cancelled', () => gone.abort());
  // As many questions at hand listen to the one, as many streams to the other.
  setMaxListeners(0, gone.signal, options.stopping);
  const write = writer(call, gone.signal);
  const atHand = new Set<Promise<void>>();
  try {
    let isGreeted = false;
    for await (const received of untilStopped(call, options.stopping)) {
      const { message } = received;
      if (!isGreeted) {
        if (message?.$case !== 'hello') throw unexpected('hello, which comes first', message?.$case);
        await write({ message: { $case: 'hello', value: answerHello(message.value, options.software) } });
        isGreeted = true;
        continue;
      }
      if (message?.$case !== 'judge') throw unexpected('judge', message?.$case);
      const served = serveRequest(message.value, options, { write, signal: gone.signal });
      const tracked = served.finally(() => atHand.delete(tracked));
      atHand.add(tracked);
      if (atHand.size >= MOST_AT_HAND) await Promise.race(atHand);
    }
    await Promise.all(atHand);
    call.end();
  } catch (thrown) {
    await Promise.allSettled(atHand);
    if (!gone.signal.aborted) call.emit('error', toGrpcStatus(thrown));
  }
}

type Write = (message: wire.JudgeStreamResponse) => Promise<void>;

async function serveRequest(
  { number, request, traceparent }: wire.NumberedJudgeRequest,
  options: JudgeStreamOptions,
  { write, signal }: { readonly write: Write; readonly signal: AbortSignal },
): Promise<void> {
  const parsed = count.safeParse(number);
  if (!parsed.success) throw unexpected('judge.number, a whole number', String(number));
  let result: wire.NumberedJudgeResult['result'];
  try {
    result = { $case: 'judged', value: await options.answer(request, signal, traceparent) };
  } catch (thrown) {
    result = { $case: 'failed', value: failureToMessage(thrown) };
  }
  await write({ message: { $case: 'result', value: { number: parsed.data, result } } });
}

/** Writes one message after the other, no faster than the peer reads; nothing once it has gone. */
function writer(call: JudgeCall, gone: AbortSignal): Write {
  let last: Promise<unknown> = Promise.resolve();
  return (message) => {
    const written = last.then(async () => {
      if (gone.aborted) return;
      if (!call.write(message)) await once(call, 'drain', { signal: gone }).catch(() => undefined);
    });
    last = written;
    return written;
  };
}

async function* untilStopped(
  call: JudgeCall,
  stopping: AbortSignal,
): AsyncGenerator<wire.JudgeStreamRequest, void, undefined> {
  // The end of the requests is not the end of the stream: replies are still to be written.
  const requests = call.iterator({ destroyOnReturn: false }) as AsyncIterable<wire.JudgeStreamRequest>;
  const iterator = requests[Symbol.asyncIterator]();
  const stopped = new Promise<'stopped'>((resolve) => {
    if (stopping.aborted) resolve('stopped');
    else stopping.addEventListener('abort', () => resolve('stopped'), { once: true });
  });
  for (;;) {
    const next = iterator.next();
    next.catch(() => undefined);
    const item = await Promise.race([next, stopped]);
    if (item === 'stopped' || item.done === true) return;
    yield item.value;
  }
}

function unexpected(allowed: string, found: string | undefined): BadInputError {
  return new BadInputError({ source: SOURCE, found: found ?? 'nothing', allowed });
}
