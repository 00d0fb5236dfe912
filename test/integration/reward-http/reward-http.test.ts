import { connect } from 'node:net';
import { MajlisError } from '../../../core/errors.js';
import { RecordingLogger } from '../../../core/telemetry/recording-logger.js';
import { authorizeBy, digestOf } from '../../../core/trust/authorize.js';
import type { HttpAnswer } from '../../../reward/http/reward-http-observer.js';
import { startRewardHttp } from '../../../reward/http/start-reward-http.js';
import type { RewardHttp } from '../../../reward/http/start-reward-http.js';
import { ABSTAINED, FAILED } from '../../support/http-question.js';
import { payLength, RecordingRewardService } from '../../support/recording-reward-service.js';
import { until } from '../../support/until.js';

const service = new RecordingRewardService();
const log = new RecordingLogger();
const observed: HttpAnswer[] = [];
let isReady = true;
let server: RewardHttp;

const known = {
  tokens: [
    { name: 'trl', role: 'trainer' as const, sha256: digestOf('trl-token') },
    { name: 'grafana', role: 'reader' as const, sha256: digestOf('reader-token') },
  ],
  certificates: [],
};

beforeAll(async () => {
  server = await startRewardHttp({
    ...{ service, log, authorize: authorizeBy(() => known), isReady: () => isReady },
    observer: { onAnswer: (answer) => observed.push(answer) },
    limits: { headersMs: 200, wholeRequestMs: 400, bodyBytesAtOnce: 9 * 1024 * 1024 },
  });
});

afterAll(() => server.close());

beforeEach(() => {
  service.outcomeOf = payLength;
  service.gate = Promise.resolve();
  service.asked.length = 0;
  isReady = true;
});

interface Reply {
  readonly status: number;
  readonly headers: Headers;
  readonly body: unknown;
}

const TOKEN = { authorization: 'Bearer trl-token' };

async function post(path: string, body: unknown, headers: Record<string, string> = TOKEN): Promise<Reply> {
  const text = typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body);
  const type = { 'content-type': 'application/json' };
  const reply = await fetch(`${server.url}${path}`, {
    method: 'POST',
    headers: { ...type, ...headers },
    body: text,
  });
  return { status: reply.status, headers: reply.headers, body: await reply.json() };
}

/** Everything that the server says to bytes on a connection, to its end. */
function say(...parts: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(server.port, '127.0.0.1');
    let heard = '';
    socket.on('data', (data) => (heard += data.toString()));
    socket.on('close', () => resolve(heard));
    socket.on('error', reject);
    for (const part of parts) socket.write(part);
  });
}

const item = { prompt: 'Who?', answers: [{ text: 'It was I.' }] };

describe('the contracts over HTTP', () => {
  it('pay OpenRLHF one sample and many, and an empty shard nothing', async () => {
    const one = await post('/get_reward', { query: ['Who?I.'], prompts: ['Who?'], labels: [''] });
    expect(one).toMatchObject({ status: 200, body: { rewards: [0.2] } });
    const many = { query: ['a1', 'a22', 'a333'], prompts: ['a', 'a', 'a'], labels: ['', '', ''] };
    expect((await post('/get_reward', many)).body).toMatchObject({ rewards: [0.1, 0.2, 0.3] });
    const none = await post('/get_reward', { query: [], prompts: [], labels: [] });
    expect(none).toMatchObject({ status: 200, body: { rewards: [], scores: [] } });
  });

  it('pay slime a number as JSON', async () => {
    const reply = await post('/', { prompt: 'Who?', response: 'I.', label: null });
    expect(reply).toMatchObject({ status: 200, body: 0.2 });
    expect(reply.headers.get('content-type')).toMatch(/^application\/json/);
  });

  it('pay NeMo-Gym, whose paths may say which rollout asks', async () => {
    const output = [{ type: 'message', content: [{ type: 'output_text', text: 'I.', annotations: [] }] }];
    const rollout = { responses_create_params: { input: 'Who?' }, response: { id: 'resp', output } };
    expect((await post('/verify', rollout)).body).toEqual({ ...rollout, reward: 0.2 });
    expect((await post('/ng-rollout/3-1/verify', rollout)).body).toEqual({ ...rollout, reward: 0.2 });
    const history = [{ role: 'user', content: 'Who?' }];
    const compared = await post('/compare', {
      conversation_history: history,
      response_objs: [{ output }, { output }],
    });
    expect(compared.body).toMatchObject({ rewards: [0.2, 0.2], metrics: { tiebreak_usage_rate: 1 } });
  });

  it('answer what else an agent of NeMo-Gym asks of a resources server', async () => {
    expect(await post('/seed_session', {})).toMatchObject({ status: 200, body: {} });
    const mode = await fetch(`${server.url}/reverify_mode`, { headers: TOKEN });
    expect(await mode.json()).toBe('stateless');
    const rows = {
      verify_responses: [
        { reward: 1, _ng_task_index: 0 },
        { reward: 2, _ng_task_index: 1 },
      ],
    };
    expect((await post('/aggregate_metrics', rows)).body).toEqual({
      ...{
        group_level_metrics: [],
        agent_metrics: { 'mean/reward': 1.5 },
        key_metrics: { 'mean/reward': 1.5 },
      },
    });
    expect((await post('/aggregate_metrics', { verify_responses: [] })).body).toMatchObject({
      key_metrics: {},
    });
    expect((await post('/seed_session', {}, {})).status).toBe(401);
  });

  it('pay whoever asks plainly, by what the body names before what the address does', async () => {
    const body = { reward: { alias: 'next' }, items: [item], deadline_ms: 900 };
    const reply = await post('/v1/score?reward=active&locale=ar-EG&deadline_ms=100', body);
    expect(reply).toMatchObject({
      status: 200,
      body: { outcomes: [[{ kind: 'scored', reward: 0.9, raw: 9 }]] },
    });
    expect(service.asked[0]).toMatchObject({
      request: { reward: { alias: 'next' }, items: [{ ...item, locale: 'ar-EG' }] },
      context: { caller: 'trl', deadlineMs: 900 },
    });
    await post('/v1/score?rubric_hash=r&reward_model_hash=m', { items: [item] });
    expect(service.asked[1].request.reward).toEqual({ rubricHash: 'r', rewardModelHash: 'm' });
  });

  it('pass on answers with lone surrogates as they came', async () => {
    const reply = await post('/v1/score', '{"items":[{"prompt":"Who?","answers":[{"text":"\\ud83d"}]}]}');
    expect(reply.status).toBe(200);
    expect(service.asked[0].request.items[0].answers[0].text).toBe('\ud83d');
  });

  it('are described by an OpenAPI document that asks nobody who they are', async () => {
    const reply = await fetch(`${server.url}/openapi.json`);
    const document = (await reply.json()) as {
      readonly openapi: string;
      readonly paths: Record<string, object>;
    };
    expect(document.openapi).toBe('3.1.0');
    expect(Object.keys(document.paths)).toEqual(['/get_reward', '/', '/compare', '/verify', '/v1/score']);
    expect(document.paths['/v1/score']).toMatchObject({
      post: {
        requestBody: {
          content: {
            'application/json': {
              schema: {
                required: ['items'],
                additionalProperties: false,
                properties: {
                  items: {
                    items: {
                      properties: { prompt_token_ids: { type: 'array', items: { type: 'integer' } } },
                    },
                  },
                },
              },
            },
          },
        },
      },
    });
  });
});

describe('who may ask', () => {
  it.each([
    ['nobody', {}, 401, 'unauthenticated'],
    ['a wrong token', { authorization: 'Bearer guess' }, 401, 'unauthenticated'],
    ['a wrong password', { authorization: `Basic ${btoa('trl:guess')}` }, 401, 'unauthenticated'],
    ['a reader', { authorization: 'Bearer reader-token' }, 403, 'permission_denied'],
  ])('is not %s', async (_who, headers: Record<string, string>, status, code) => {
    const reply = await post('/v1/score', { items: [item] }, headers);
    expect(reply).toMatchObject({ status, body: { status, code } });
    expect(reply.headers.get('content-type')).toMatch(/^application\/problem\+json/);
    expect(reply.headers.get('www-authenticate')).toBe(status === 401 ? 'Bearer' : null);
    expect(service.asked).toEqual([]);
  });

  it('may be shown in an address, as clients without headers send it', async () => {
    const shown = [btoa('anyone:trl-token'), btoa('trl-token:'), btoa('trl-token')];
    for (const pair of shown) {
      expect((await post('/v1/score', { items: [item] }, { authorization: `Basic ${pair}` })).status).toBe(
        200,
      );
    }
    expect(service.asked.map(({ context }) => context.caller)).toEqual(['trl', 'trl', 'trl']);
  });

  it('is known before the body is read', async () => {
    const head = 'POST /v1/score HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\nconnection: close\r\n\r\n';
    expect(await say(head)).toMatch(/^HTTP\/1\.1 401 /);
  });
});

describe('an answer without a reward', () => {
  const verify = { responses_create_params: { input: 'Who?' }, response: { output: [] } };
  const asked: readonly (readonly [string, object])[] = [
    ['/get_reward', { query: ['Who?I.'], prompts: ['Who?'], labels: [''] }],
    ['/', { prompt: 'Who?', response: 'I.', label: '' }],
    [
      '/compare',
      { conversation_history: [{ role: 'user', content: 'Who?' }], response_objs: [{ output: [] }] },
    ],
    ['/verify', verify],
  ];

  it.each(asked)('is a failure at %s, to be tried again where that may help', async (path, body) => {
    service.outcomeOf = () => FAILED;
    const retryable = await post(path, body);
    expect(retryable).toMatchObject({
      status: 503,
      body: { code: 'unavailable', unscored: [{ index: 0, kind: 'judge_failed', retryable: true }] },
    });
    expect(retryable.headers.get('retry-after')).toBe('1');
    service.outcomeOf = () => ABSTAINED;
    const final = await post(path, body);
    expect(final).toMatchObject({ status: 422, body: { unscored: [{ kind: 'abstained' }] } });
    expect(final.headers.get('retry-after')).toBeNull();
  });

  it('is that answer alone in a plain reply', async () => {
    service.outcomeOf = (text) => (text === 'b' ? ABSTAINED : payLength(text));
    const answers = [{ text: 'a' }, { text: 'b' }];
    expect(await post('/v1/score', { items: [{ prompt: 'Who?', answers }] })).toMatchObject({
      status: 200,
      body: { outcomes: [[{ kind: 'scored' }, { kind: 'abstained', reason: 'orders disagree' }]] },
    });
  });
});

describe('a request that cannot be served', () => {
  const SECRET = 'what nobody else shall read';

  it.each([
    ['failed_precondition', 409, null],
    ['resource_exhausted', 429, '3'],
    ['unavailable', 503, '3'],
    ['deadline_exceeded', 504, null],
    ['invalid_argument', 400, null],
  ] as const)('for %s has status %i', async (code, status, retryAfter) => {
    service.outcomeOf = () => {
      throw new MajlisError('No reward is served as "x"; there are active.', { code, retryAfterMs: 2100 });
    };
    const reply = await post('/v1/score', { items: [item] });
    expect(reply).toMatchObject({
      status,
      body: { code, detail: 'No reward is served as "x"; there are active.' },
    });
    expect(reply.headers.get('retry-after')).toBe(retryAfter);
  });

  it('for the fault of the server says no more than that, and nothing of it is in the log but the fault', async () => {
    service.outcomeOf = () => {
      throw new TypeError('broken pipe');
    };
    const reply = await post('/v1/score?locale=ar', { items: [{ ...item, prompt: SECRET }] });
    expect(reply).toMatchObject({
      status: 500,
      body: { code: 'internal', detail: 'the server failed; its log says how' },
    });
    expect(log.lines.at(-1)).toMatchObject({ level: 'error', fields: { path: '/v1/score' } });
    service.outcomeOf = () => FAILED;
    await post('/', { prompt: SECRET, response: SECRET, label: SECRET });
    await post('/', `{"prompt": "${SECRET}`);
    await post('/get_reward', { query: [SECRET], prompts: ['x'], labels: [] });
    expect(JSON.stringify(log.lines)).not.toContain(SECRET);
  });

  it.each([
    ['/get_reward', { query: ['ab'], prompts: [], labels: [] }, 'at prompts: found 0 of them'],
    ['/v1/score', '{"items":', 'found 9 bytes that are no JSON'],
    ['/v1/score', new Uint8Array([0x22, 0xff, 0x22]), 'found bytes that are no UTF-8'],
    ['/v1/score', '', 'found no body'],
    [
      '/get_reward',
      `{"query":${'['.repeat(200_000)}${']'.repeat(200_000)}}`,
      'found lists or objects in too many levels',
    ],
    ['/aggregate_metrics', `${'['.repeat(200_000)}${']'.repeat(200_000)}`, 'found lists or objects'],
    ['/v1/score?alias=x', { items: [] }, 'at query: found unknown key "alias"'],
  ])('since what came is no request to %s is told where and why', async (path, body, sentence) => {
    const reply = await post(path, body);
    expect(reply).toMatchObject({ status: 400, body: { code: 'invalid_argument' } });
    expect(reply.body).toHaveProperty('detail', expect.stringContaining(sentence));
  });

  it('since its reply would have too many levels is told so', async () => {
    const deep = `${'['.repeat(200_000)}${']'.repeat(200_000)}`;
    const rollout = `{"responses_create_params":{"input":""},"response":{"output":[]},"reward":1,"deep":${deep}}`;
    expect(await post('/verify', rollout)).toMatchObject({ status: 400, body: { code: 'invalid_argument' } });
  });

  it('at a path that is not served is told what is', async () => {
    expect(await post('/rewards', {})).toMatchObject({ status: 404, body: { code: 'not_found' } });
    const get = await fetch(`${server.url}/get_reward`);
    expect(get.status).toBe(404);
    expect((await fetch(`${server.url}/%zz`)).headers.get('content-type')).toMatch(
      /^application\/problem\+json/,
    );
  });

  it('of 50 MB is refused, and its connection serves the next one', async () => {
    const body = new Uint8Array(50_000_000);
    const refused = await post('/get_reward', body);
    expect(refused).toMatchObject({ status: 413, body: { code: 'out_of_range' } });
    expect(refused.body).toHaveProperty('detail', expect.stringContaining('at most 8388608 are read'));
    const chunks = new ReadableStream<Uint8Array>({
      start(controller) {
        for (let sent = 0; sent < 20; sent += 1) controller.enqueue(body.subarray(0, 1_000_000));
        controller.close();
      },
    });
    const options = { method: 'POST', headers: TOKEN, body: chunks, duplex: 'half' } as const;
    const reply = await fetch(`${server.url}/get_reward`, options);
    expect(reply.status).toBe(413);
    expect(await reply.json()).toMatchObject({ code: 'out_of_range' });
    expect((await post('/v1/score', { items: [item] })).status).toBe(200);
  });

  it('while there are too many bodies at hand is to come again', async () => {
    let open = (): void => undefined;
    service.gate = new Promise((resolve) => (open = resolve));
    const large = JSON.stringify({ items: [{ prompt: 'x'.repeat(5_000_000), answers: [] }] });
    const first = post('/v1/score', large);
    await until('the service is asked', () => service.asked.length === 1);
    expect(await post('/v1/score', large)).toMatchObject({ status: 503, body: { code: 'unavailable' } });
    open();
    expect((await first).status).toBe(200);
    expect((await post('/v1/score', large)).status).toBe(200);
  });
});

describe('a client that is slow, gone or speaks something else', () => {
  const problem = /\r\ncontent-type: application\/problem\+json\r\n[^]*"code":"/;

  it('is told so when its headers or its body do not come in time', async () => {
    const head = 'POST / HTTP/1.1\r\nhost: x\r\nauthorization: Bearer trl-token\r\n';
    const [headers, body] = await Promise.all([say(head), say(head, 'content-length: 50\r\n\r\n{"prompt"')]);
    for (const heard of [headers, body]) {
      expect(heard).toMatch(/^HTTP\/1\.1 408 /);
      expect(heard).toMatch(problem);
    }
  });

  it('is told so when what it sends is no HTTP', async () => {
    expect(await say('\x16\x03\x01 hello\r\n\r\n')).toMatch(/^HTTP\/1\.1 400 /);
    const long = `GET / HTTP/1.1\r\nx: ${'y'.repeat(20_000)}\r\n\r\n`;
    const heard = await say(long);
    expect(heard).toMatch(/^HTTP\/1\.1 431 /);
    expect(heard).toMatch(problem);
  });

  it('leaves nothing behind when it goes: its request is called off and seen as unanswered', async () => {
    let open = (): void => undefined;
    service.gate = new Promise((resolve) => (open = resolve));
    const leaving = new AbortController();
    const asking = fetch(`${server.url}/v1/score`, {
      ...{ method: 'POST', headers: TOKEN, body: JSON.stringify({ items: [item] }), signal: leaving.signal },
    });
    await until('the service is asked', () => service.asked.length === 1);
    leaving.abort();
    await expect(asking).rejects.toThrow('abort');
    await until('it is called off', () => service.asked[0].context.signal?.aborted === true);
    expect(observed.at(-1)).toMatchObject({ contract: 'score', status: 499 });
    open();
  });

  it('may keep its connection from one request to the next', async () => {
    const ask = 'GET /health/live HTTP/1.1\r\nhost: x\r\n';
    const heard = await say(`${ask}\r\n`, `${ask}connection: close\r\n\r\n`);
    expect(heard.match(/HTTP\/1\.1 200 OK/g)).toHaveLength(2);
  });
});

describe('a server that is watched', () => {
  it('says whether it lives, and whether requests are to be sent to it', async () => {
    expect((await fetch(`${server.url}/health/live`)).status).toBe(200);
    expect((await fetch(`${server.url}/health/ready`)).status).toBe(200);
    isReady = false;
    expect((await fetch(`${server.url}/health/ready`)).status).toBe(503);
    expect((await fetch(`${server.url}/health/live`)).status).toBe(200);
  });

  it('tells of each request its contract and status', async () => {
    observed.length = 0;
    await post('/', { prompt: 'Who?', response: 'I.', label: '' });
    await post('/verify', {});
    await until('both are told', () => observed.length === 2);
    expect(observed).toEqual([
      { contract: 'slime', status: 200, tookMs: expect.any(Number) },
      { contract: 'nemo_gym_verify', status: 400, tookMs: expect.any(Number) },
    ]);
  });
});

describe('a server that closes', () => {
  it('answers what was asked and takes nothing more', async () => {
    const slow = new RecordingRewardService();
    let open = (): void => undefined;
    slow.gate = new Promise((resolve) => (open = resolve));
    const closing = await startRewardHttp({ service: slow, log });
    const asking = fetch(`${closing.url}/v1/score`, {
      method: 'POST',
      body: JSON.stringify({ items: [item] }),
    });
    await until('the service is asked', () => slow.asked.length === 1);
    const closed = closing.close();
    open();
    expect((await asking).status).toBe(200);
    await closed;
    expect(slow.asked[0].context.caller).toBe('anonymous');
    await expect(fetch(`${closing.url}/health/live`)).rejects.toThrow('fetch failed');
  });

  it('is not started where others could ask as nobody, nor on a port that is taken', async () => {
    await expect(startRewardHttp({ service, log, host: '0.0.0.0' })).rejects.toThrow(
      'the reward server may not listen on 0.0.0.0',
    );
    const taken = startRewardHttp({ service, log, port: server.port });
    await expect(taken).rejects.toThrow(
      `rewards cannot be served on 127.0.0.1:${server.port}: another process has that port`,
    );
    const elsewhere = startRewardHttp({ service, log, host: '192.0.2.1', insecure: true });
    await expect(elsewhere).rejects.toThrow('192.0.2.1:0: this machine has no such address');
  });
});
