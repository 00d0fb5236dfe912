/**
 * What asks both sides, as a process of its own: it makes the samples of a round, sends them, and tells its parent how long each
 * took and what came back. It stops with its parent.
 */
import { z } from 'zod';
import { loadHttp } from './serve-load-http.js';
import { loadStream } from './serve-load-stream.js';
import { servedSamples } from './serve-inputs.js';

const taskSchema = z.object({
  face: z.enum(['http', 'stream']),
  port: z.int(),
  samples: z.int(),
  perRequest: z.int(),
  inFlight: z.int(),
  seed: z.int(),
});

/** One round of one side. */
export type LoadTask = z.infer<typeof taskSchema>;

export const loadResultSchema = z.object({
  seconds: z.number(),
  /** Of a request. */
  milliseconds: z.array(z.number()),
  /** When each request was sent, in seconds of the round. */
  sentAt: z.array(z.number()),
  /** Processor time of this process, in seconds. */
  cpu: z.number(),
  /** [request][sample] */
  rewards: z.array(z.array(z.number())),
});

export type LoadResult = z.infer<typeof loadResultSchema>;

const rewardsSchema = z.object({ rewards: z.array(z.number()) });

async function play(task: LoadTask): Promise<LoadResult> {
  const { samples, perRequest, seed } = task;
  const all = await servedSamples(samples, seed);
  const requests = Array.from({ length: samples / perRequest }, (_, at) =>
    all.slice(at * perRequest, (at + 1) * perRequest),
  );
  const before = process.cpuUsage();
  const { port, inFlight } = task;
  if (task.face === 'stream') {
    const { rewards, ...times } = await loadStream({ port, inFlight, requests });
    return { ...plain(times), cpu: cpuSince(before), rewards };
  }
  const bodies = requests.map((samplesOf) =>
    JSON.stringify({
      query: samplesOf.map(({ prompt, answer }) => prompt + answer),
      prompts: samplesOf.map(({ prompt }) => prompt),
      labels: samplesOf.map(() => ''),
    }),
  );
  const { replies, ...times } = await loadHttp({ port, path: '/get_reward', inFlight, bodies });
  const cpu = cpuSince(before);
  return {
    ...plain(times),
    cpu,
    rewards: replies.map((reply) => rewardsSchema.parse(JSON.parse(reply)).rewards),
  };
}

function plain(times: {
  readonly seconds: number;
  readonly milliseconds: Float64Array;
  readonly sentAt: Float64Array;
}): Pick<LoadResult, 'seconds' | 'milliseconds' | 'sentAt'> {
  return { seconds: times.seconds, milliseconds: [...times.milliseconds], sentAt: [...times.sentAt] };
}

function cpuSince(before: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}

process.on('message', (message) => {
  play(taskSchema.parse(message)).then(
    (result) => process.send?.(result),
    (thrown: unknown) => process.send?.({ failed: String(thrown) }),
  );
});
process.on('disconnect', () => process.exit());
