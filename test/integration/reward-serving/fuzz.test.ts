import { Client, credentials, status, type ServiceError } from '@grpc/grpc-js';
import { z } from 'zod';
import { ERROR_CODES } from '../../../core/errors.js';
import { createRng, type Rng } from '../../../core/math/rng.js';
import { ScoreStreamRequest } from '../../../proto/gen/majlis/v1/reward.js';
import { fuzzedRequest } from './fuzzed-http.js';
import { fuzzedScore, fuzzedStreamMessage } from './fuzzed-scores.js';
import { RawConnection, type RawReply } from './raw-connection.js';
import { RewardServer } from './reward-server.js';

const REQUESTS = 10_000;
const CLIENTS = 8;
const CANARY = /canary-\d+-/g;

const typed = z.object({ code: z.enum(ERROR_CODES), status: z.int(), detail: z.string() });

describe('a reward server under requests that nobody should send', () => {
  let server: RewardServer;
  let port: number;
  let before: unknown;

  beforeAll(async () => {
    server = await RewardServer.start(['--rubric', 'und']);
    port = Number(new URL(server.url).port);
    before = await askSoundly(server.url);
  });

  afterAll(() => server.stop());

  it(`answers ${REQUESTS} over HTTP with what a client can act on, and nothing of another's`, async () => {
    const counts = new Map<number, number>();
    const one = async (client: number): Promise<void> => {
      const canary = `canary-${client}-`;
      const rng = createRng(8).fork('http').fork(client);
      let connection = await RawConnection.open(port);
      for (let at = 0; at < REQUESTS / CLIENTS; at += 1) {
        const { bytes, isWellFormed } = fuzzedRequest(rng, canary);
        const used = isWellFormed ? connection : await RawConnection.open(port);
        const reply = isWellFormed ? await used.ask(bytes) : await used.askAndEnd(bytes);
        if (isWellFormed && reply === undefined) throw new Error(`no reply to ${bytes.toString()}`);
        if (reply !== undefined) expectTyped(reply, bytes);
        requireNoneOfOthers(reply?.body ?? '', canary);
        const told = reply?.status ?? 0;
        counts.set(told, (counts.get(told) ?? 0) + 1);
        if (!connection.isOpen) connection = await RawConnection.open(port);
      }
      connection.close();
    };
    await Promise.all(Array.from({ length: CLIENTS }, (_, client) => one(client)));
    // Were everything refused at the door, nothing would have been tried.
    expect(counts.get(200)).toBeGreaterThan(REQUESTS / 10);
    expect(counts.get(400)).toBeGreaterThan(REQUESTS / 10);
  }, 60_000);

  it(`answers ${REQUESTS} over gRPC with a status or a typed failure, and nothing of another's`, async () => {
    const one = async (client: number): Promise<readonly [number, number]> => {
      const canary = `canary-${client}-`;
      const rng = createRng(8).fork('grpc').fork(client);
      const caller = new Client(server.grpc, credentials.createInsecure());
      let [answered, refused, sent] = [0, 0, 0];
      while (sent < REQUESTS / CLIENTS) {
        const isStream = rng.integer(3) > 0;
        const messages = isStream ? streamOf(rng, canary) : [fuzzedScore(rng, canary)];
        sent += messages.length;
        const { replies, failure } = await (isStream
          ? askStream(caller, messages)
          : askOnce(caller, messages[0]));
        for (const reply of replies) requireNoneOfOthers(reply.toString('latin1'), canary);
        if (failure !== undefined) expectStatus(failure, canary);
        answered += replies.length;
        refused += failure === undefined ? 0 : 1;
      }
      caller.close();
      return [answered, refused];
    };
    const counts = await Promise.all(Array.from({ length: CLIENTS }, (_, client) => one(client)));
    const [answered, refused] = [0, 1].map((which) => counts.reduce((sum, count) => sum + count[which], 0));
    expect(answered).toBeGreaterThan(REQUESTS / 10);
    expect(refused).toBeGreaterThan(REQUESTS / 50);
  }, 60_000);

  it('ends as it should, and has written down nothing of what was asked', async () => {
    expect(await askSoundly(server.url)).toEqual(before);
    const ended = await server.stop();
    expect(ended.status).toBe(0);
    expect(ended.stdout).not.toMatch(CANARY);
    expect(server.lines.filter((line) => CANARY.test(line))).toEqual([]);
  });
});

/** The reply to a request that is as it should be. */
async function askSoundly(url: string): Promise<unknown> {
  const body = JSON.stringify({ query: ['Yes? A sound answer.'], prompts: ['Yes?'], labels: [''] });
  const reply = await fetch(`${url}/get_reward`, { method: 'POST', body });
  return { status: reply.status, told: await reply.json() };
}

function expectTyped({ status: told, body }: RawReply, bytes: Buffer): void {
  if (told < 400) return;
  const { data } = typed.safeParse(jsonOf(body));
  // The request that brought it about is what has to be known of a failure here.
  if (data?.status !== told || data.code === 'internal') {
    throw new Error(`${told} ${body} to ${bytes.toString().slice(0, 2000)}`);
  }
}

function jsonOf(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

/** Thrown and not expected: ten thousand expectations take longer than the requests. */
function requireNoneOfOthers(text: string, canary: string): void {
  for (const [found] of text.matchAll(CANARY)) {
    if (found !== canary) throw new Error(`${canary} is told of ${found}: ${text}`);
  }
}

interface GrpcReplies {
  readonly replies: readonly Buffer[];
  readonly failure?: ServiceError;
}

const SERVICE = '/majlis.v1.RewardService';
const asItIs = (bytes: Buffer): Buffer => bytes;

function askOnce(caller: Client, message: Buffer): Promise<GrpcReplies> {
  return new Promise((resolve) => {
    caller.makeUnaryRequest(`${SERVICE}/Score`, asItIs, asItIs, message, (failure, reply) => {
      resolve(failure === null ? { replies: reply === undefined ? [] : [reply] } : { replies: [], failure });
    });
  });
}

/** Hello, mostly, and then what comes. */
function streamOf(rng: Rng, canary: string): Buffer[] {
  const hello = { protocol: { minimum: 1, maximum: rng.integer(8) === 0 ? 0 : 1 }, software: canary };
  const greeting = Buffer.from(
    ScoreStreamRequest.encode({ message: { $case: 'hello', value: hello } }).finish(),
  );
  const messages = Array.from({ length: rng.integer(40) }, () => fuzzedStreamMessage(rng, canary));
  return rng.integer(12) === 0 ? messages : [greeting, ...messages];
}

function askStream(caller: Client, messages: readonly Buffer[]): Promise<GrpcReplies> {
  return new Promise((resolve) => {
    const replies: Buffer[] = [];
    const stream = caller.makeBidiStreamRequest(`${SERVICE}/ScoreStream`, asItIs, asItIs);
    stream.on('data', (reply: Buffer) => replies.push(reply));
    stream.on('error', (failure: ServiceError) => resolve({ replies, failure }));
    stream.on('end', () => resolve({ replies }));
    for (const message of messages) stream.write(message);
    stream.end();
  });
}

function expectStatus({ code, details }: ServiceError, canary: string): void {
  requireNoneOfOthers(details, canary);
  // What grpc-js cannot decode it tells as INTERNAL before any handler of ours is asked.
  const isUndecodable = code === status.INTERNAL && details.includes('deserializing');
  if (code === status.UNKNOWN || (code === status.INTERNAL && !isUndecodable))
    throw new Error(`status ${code}: ${details}`);
}
