import { credentials } from '@grpc/grpc-js';
import { MajlisError } from '../core/errors.js';
import { SUPPORTED_PROTOCOL } from '../core/rpc/negotiate-protocol.js';
import { systemClock } from '../core/runtime/clock.js';
import { RewardServiceClient } from '../proto/gen/majlis/v1/reward.js';
import type * as wire from '../proto/gen/majlis/v1/reward.js';
import type { LoadReplies } from './serve-load-http.js';
import type { ServedSample } from './serve-inputs.js';

export interface StreamLoad {
  readonly port: number;
  /** Requests under way on the one stream. */
  readonly inFlight: number;
  /** [request][sample] */
  readonly requests: readonly (readonly ServedSample[])[];
}

/** Times of requests, and the normalized rewards: [request][sample]. */
export type StreamReplies = Omit<LoadReplies, 'replies'> & { readonly rewards: number[][] };

/** Asks over one stream: what was answered in one message is followed by as many requests in one. */
export async function loadStream({ port, inFlight, requests }: StreamLoad): Promise<StreamReplies> {
  const client = new RewardServiceClient(`127.0.0.1:${port}`, credentials.createInsecure());
  const stream = client.scoreStream();
  const messages = requests.map(requestOf);
  const count = requests.length;
  const [milliseconds, sentAt] = [new Float64Array(count), new Float64Array(count)];
  const rewards: number[][] = new Array<number[]>(count);
  let [next, done, started] = [0, 0, 0];
  const send = (most: number): void => {
    const now = systemClock.monotonic();
    const batch = messages.slice(next, next + most);
    for (let at = next; at < next + batch.length; at += 1) sentAt[at] = now - started;
    next += batch.length;
    if (batch.length > 0) stream.write({ message: { $case: 'scores', value: { requests: batch } } });
  };
  await new Promise<void>((resolve, reject) => {
    stream.on('error', reject);
    stream.on('data', ({ message }: wire.ScoreStreamResponse) => {
      if (message?.$case !== 'results') {
        started = systemClock.monotonic();
        send(inFlight);
        return;
      }
      const now = systemClock.monotonic() - started;
      for (const { number = 0, result } of message.value.results) {
        if (result?.$case !== 'scored') return reject(failureOf(result));
        milliseconds[number] = now - sentAt[number];
        rewards[number] = result.value.items.map(({ outcomes: [only] }) => normalized(only));
      }
      done += message.value.results.length;
      if (done === count) resolve();
      else send(message.value.results.length);
    });
    const hello = { protocol: SUPPORTED_PROTOCOL, software: 'majlis-bench' };
    stream.write({ message: { $case: 'hello', value: hello } });
  });
  const seconds = (systemClock.monotonic() - started) / 1000;
  stream.end();
  client.close();
  return { milliseconds, sentAt: sentAt.map((ms) => ms / 1000), rewards, seconds };
}

function requestOf(samples: readonly ServedSample[], number: number): wire.NumberedScoreRequest {
  const items = samples.map(({ prompt, answer }) => ({
    prompt: { id: '', locale: '', text: prompt, category: undefined },
    promptTokenIds: [],
    answers: [{ tokenIds: [], text: answer }],
  }));
  return {
    number,
    request: { rubricHash: '', rewardModelHash: '', alias: 'active', items, deadlineMs: undefined },
  };
}

function normalized(outcome: wire.ItemOutcomes['outcomes'][number]): number {
  const reward = outcome.outcome?.$case === 'scored' ? outcome.outcome.value.normalized : undefined;
  if (reward !== undefined) return reward;
  throw new MajlisError(`an answer is ${outcome.outcome?.$case}`, { code: 'internal' });
}

function failureOf(result: wire.NumberedScoreResult['result']): MajlisError {
  const message = result?.$case === 'failed' ? result.value.message : 'a result of nothing';
  return new MajlisError(message, { code: 'internal' });
}
