/**
 * Requests over HTTP as nobody should send them. Each is the bytes that go onto a connection, and whether a server can go on
 * with the connection afterwards; every text in it carries its client's canary.
 */
import type { Rng } from '../../../core/math/rng.js';
import { spoilt, spoiltText, type Json } from './fuzzed-json.js';

export interface FuzzedRequest {
  readonly bytes: Buffer;
  /** Whether it is HTTP by the letter, whatever its content is: then it has a reply, and the next may follow. */
  readonly isWellFormed: boolean;
}

/** A text that no other client's requests contain. */
export type Canary = string;

const CONTRACTS: readonly { readonly path: string; readonly body: (canary: Canary) => Json }[] = [
  {
    path: '/get_reward',
    body: (canary) => ({
      query: [`${canary} asks: yes, a sound answer.`, `${canary} asks: no.`],
      prompts: [`${canary} asks:`, `${canary} asks:`],
      labels: ['', null],
    }),
  },
  {
    path: '/',
    body: (canary) => ({ prompt: `${canary} asks`, response: `A sound answer for ${canary}.`, label: '' }),
  },
  {
    path: '/compare',
    body: (canary) => ({
      conversation_history: [{ role: 'user', content: `${canary} asks` }],
      response_objs: [responseOf(`An answer for ${canary}.`), responseOf(`Another for ${canary}, longer.`)],
      principle: canary,
    }),
  },
  {
    path: '/verify',
    body: (canary) => ({
      responses_create_params: { input: [{ role: 'user', content: `${canary} asks` }] },
      response: responseOf(`An answer for ${canary}.`),
    }),
  },
  {
    path: '/v1/score',
    body: (canary) => ({
      reward: { alias: 'active' },
      items: [{ prompt: `${canary} asks`, answers: [{ text: `An answer for ${canary}.` }] }],
    }),
  },
];

function responseOf(text: string): Json {
  const content = [{ type: 'output_text', text, annotations: [] }];
  return { id: 'r', object: 'response', output: [{ type: 'message', role: 'assistant', content }] };
}

/** The next request of a client. */
export function fuzzedRequest(rng: Rng, canary: Canary): FuzzedRequest {
  const contract = CONTRACTS[rng.integer(CONTRACTS.length)];
  const body = spoiltText(rng, spoilt(rng, contract.body(canary)));
  if (rng.integer(24) === 0) return { bytes: brokenHttp(rng, contract.path, body), isWellFormed: false };
  const method =
    rng.integer(16) === 0 ? ['GET', 'PUT', 'DELETE', 'PATCH', 'OPTIONS'][rng.integer(5)] : 'POST';
  const head = [
    `${method} ${rng.integer(16) === 0 ? oddPath(rng) : contract.path} HTTP/1.1`,
    'host: 127.0.0.1',
    rng.integer(16) === 0 ? oddHeader(rng, canary) : 'content-type: application/json',
  ];
  const isChunked = rng.integer(16) === 0;
  const framed = isChunked ? chunked(body) : body;
  head.push(isChunked ? 'transfer-encoding: chunked' : `content-length: ${body.length}`);
  return { bytes: Buffer.concat([Buffer.from(`${head.join('\r\n')}\r\n\r\n`), framed]), isWellFormed: true };
}

function chunked(body: Buffer): Buffer {
  const half = body.length >> 1;
  const parts = [body.subarray(0, half), body.subarray(half)].filter(({ length }) => length > 0);
  const chunks = parts.flatMap((part) => [
    Buffer.from(`${part.length.toString(16)}\r\n`),
    part,
    Buffer.from('\r\n'),
  ]);
  return Buffer.concat([...chunks, Buffer.from('0\r\n\r\n')]);
}

function oddPath(rng: Rng): string {
  const paths = [
    '/nowhere',
    '//get_reward',
    '/get_reward/',
    '/%00',
    '/%ff',
    '/v1/score?alias=%',
    '/health/live',
  ];
  return [...paths, '/health/ready', '/openapi.json', '/../get_reward', `/${'x'.repeat(3000)}`, '/metrics'][
    rng.integer(paths.length + 5)
  ];
}

function oddHeader(rng: Rng, canary: Canary): string {
  const headers = [
    'content-type: text/plain',
    'content-type: application/json; charset=utf-16',
    'content-type: x',
  ];
  return [
    ...headers,
    'content-encoding: gzip',
    `authorization: Bearer ${canary}`,
    'authorization: Basic Og==',
    `x-long: ${'y'.repeat(6000)}`,
    'content-type: multipart/form-data',
    'expect: 100-continue',
    'x-majlis-deadline-ms: -1',
    'content-type: application/x-www-form-urlencoded',
  ][rng.integer(headers.length + 8)];
}

/** What is no HTTP, or ends early; the connection is of no use afterwards. */
function brokenHttp(rng: Rng, path: string, body: Buffer): Buffer {
  const heads = [
    `POST ${path} HTTP/1.1\r\nhost: x\r\ncontent-length: ${body.length + 10}\r\n\r\n`,
    `POST ${path} HTTP/1.1\r\nhost: x\r\ncontent-length: -5\r\n\r\n`,
    `POST ${path} HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\n`,
    `POST ${path} HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n`,
    `POST ${path} HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\ncontent-length: 3\r\n\r\n`,
    `POST ${path} HTTP/9.9\r\n\r\n`,
    `POST ${path} HTTP/1.1\r\nx: ${'z'.repeat(40_000)}\r\n\r\n`,
    `POST ${path} HTTP/1.1\r\nno colon here\r\n\r\n`,
    `\u0000\u0001\u0002${path}\r\n\r\n`,
    `post ${path}\r\n`,
    `CONNECT ${path} HTTP/1.1\r\nhost: x\r\n\r\n`,
    `GET ${path} HTTP/1.1\r\nhost: x\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\n`,
    'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
  ];
  return Buffer.concat([Buffer.from(heads[rng.integer(heads.length)], 'latin1'), body]);
}
