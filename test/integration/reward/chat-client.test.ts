import type { ChatReply } from '../../../reward/judge/chat-call.js';
import { createChatClient } from '../../../reward/judge/chat-client.js';
import { systemClock, type Clock } from '../../../core/runtime/clock.js';
import { FakeClock } from '../../support/fake-clock.js';
import { content, JudgeEndpoint } from '../../support/judge-endpoint.js';

let endpoint: JudgeEndpoint;

beforeAll(async () => {
  endpoint = await JudgeEndpoint.start();
});
afterAll(() => endpoint.stop());
beforeEach(() => {
  endpoint.calls = [];
});

const NOON: Clock = new FakeClock(Date.UTC(2026, 10, 22, 12, 0, 0));
const call = { messages: [{ role: 'user', content: 'hello' }], temperature: 0 } as const;

function complete({ baseUrl = endpoint.url, timeoutMs = 5000, clock = NOON } = {}): Promise<ChatReply> {
  const client = createChatClient({ baseUrl, model: 'test', timeoutMs, clock });
  return client.complete({ ...call, topLogProbs: 3, seed: 7, maxTokens: 50 });
}

describe('the chat client', () => {
  it('sends what the call says and nothing that it leaves out', async () => {
    endpoint.reply = content('hi');
    await complete();
    expect(endpoint.calls[0].body).toEqual({
      model: 'test',
      messages: call.messages,
      temperature: 0,
      seed: 7,
      max_tokens: 50,
      logprobs: true,
      top_logprobs: 3,
    });
  });

  it('reports the tokens it was billed for and the alternatives of each token', async () => {
    const token = { token: 'hi', logprob: -0.1, top_logprobs: [{ token: 'ho', logprob: -2.5 }] };
    endpoint.reply = content('hi', {
      choice: { logprobs: { content: [token] } },
      body: { usage: { prompt_tokens: 12, completion_tokens: 3 } },
    });
    expect(await complete()).toEqual({
      kind: 'content',
      content: 'hi',
      usage: { promptTokens: 12, completionTokens: 3 },
      logProbs: [{ token: 'hi', top: [{ token: 'ho', logProb: -2.5 }] }],
    });
  });

  it.each([
    ['seconds', '30', 30_000],
    ['a date', 'Sun, 22 Nov 2026 12:01:00 GMT', 60_000],
    ['a date that has passed', 'Sun, 22 Nov 2026 11:00:00 GMT', 0],
  ])('reads a Retry-After in %s', async (_case, value, expected) => {
    endpoint.reply = (_call, response) => response.writeHead(429, { 'retry-after': value }).end();
    expect(await complete()).toEqual({
      kind: 'failed',
      failure: { kind: 'refused', status: 429 },
      reason: 'HTTP 429',
      retryable: true,
      retryAfterMs: expected,
    });
  });

  it('makes nothing of a Retry-After that is neither', async () => {
    endpoint.reply = (_call, response) => response.writeHead(503, { 'retry-after': 'soon' }).end();
    expect(await complete()).toEqual({
      kind: 'failed',
      failure: { kind: 'refused', status: 503 },
      reason: 'HTTP 503',
      retryable: true,
    });
  });

  it('keeps what the server said about a key out of the reason', async () => {
    endpoint.reply = (_call, response) =>
      response.writeHead(401).end('{"error":{"message":"Incorrect API key provided: sk-secret"}}');
    expect(await complete()).toEqual({
      kind: 'failed',
      failure: { kind: 'refused', status: 401 },
      reason: 'HTTP 401',
      retryable: false,
    });
  });

  it('tells a call that never reached anybody from one that broke or took too long under way', async () => {
    const gone = await JudgeEndpoint.start();
    const { url } = gone;
    await gone.stop();
    expect(await complete({ baseUrl: url })).toMatchObject({ failure: { kind: 'unreachable' } });
    // The same where a name stands for two addresses.
    const named = url.replace('127.0.0.1', 'localhost');
    expect(await complete({ baseUrl: named })).toMatchObject({ failure: { kind: 'unreachable' } });
    endpoint.reply = (_call, response) => response.destroy();
    expect(await complete()).toMatchObject({ failure: { kind: 'broken_off' } });
    endpoint.reply = (_call, response) => {
      response.writeHead(200).write('{"choices":');
    };
    expect(await complete({ timeoutMs: 100, clock: systemClock })).toEqual({
      kind: 'failed',
      failure: { kind: 'timed_out' },
      reason: 'no answer within 100 ms',
      retryable: true,
    });
  });
});
