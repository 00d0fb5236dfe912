/**
 * Requests over HTTP/1.1 with keep-alive, written and read on bare sockets: a client library would cost more per request than
 * the servers do, and be what is measured.
 */
import { connect, type Socket } from 'node:net';
import { MajlisError } from '../core/errors.js';
import { systemClock } from '../core/runtime/clock.js';

export interface HttpLoad {
  readonly port: number;
  readonly path: string;
  /** Connections, each with one request under way. */
  readonly inFlight: number;
  /** JSON, each sent once. */
  readonly bodies: readonly string[];
}

export interface LoadReplies {
  /** Each request's way from its writing to its whole reply. [request] */
  readonly milliseconds: Float64Array;
  /** Seconds from the first request to each. [request] */
  readonly sentAt: Float64Array;
  /** [request] */
  readonly replies: readonly string[];
  readonly seconds: number;
}

const HEAD_END = '\r\n\r\n';
const LENGTH = /\r\ncontent-length: *(\d+)/i;

/** Sends all of them and waits for every reply; one that is not 200 ends it with an error. */
export async function loadHttp({ port, path, inFlight, bodies }: HttpLoad): Promise<LoadReplies> {
  const requests = bodies.map((body) => requestOf(path, body));
  const sockets = await Promise.all(Array.from({ length: inFlight }, () => connected(port)));
  const milliseconds = new Float64Array(bodies.length);
  const sentAt = new Float64Array(bodies.length);
  const replies: string[] = new Array<string>(bodies.length);
  let next = 0;
  const started = systemClock.monotonic();
  await Promise.all(
    sockets.map(async (socket) => {
      const ask = exchange(socket);
      while (next < requests.length) {
        const at = next++;
        const sent = systemClock.monotonic();
        replies[at] = await ask(requests[at]);
        milliseconds[at] = systemClock.monotonic() - sent;
        sentAt[at] = (sent - started) / 1000;
      }
      socket.end();
    }),
  );
  return { milliseconds, sentAt, replies, seconds: (systemClock.monotonic() - started) / 1000 };
}

function requestOf(path: string, body: string): Buffer {
  const head = [
    `POST ${path} HTTP/1.1`,
    'host: 127.0.0.1',
    'content-type: application/json',
    `content-length: ${Buffer.byteLength(body)}`,
  ].join('\r\n');
  return Buffer.from(`${head}${HEAD_END}${body}`);
}

function connected(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    socket.once('connect', () => resolve(socket));
    socket.once('error', reject);
  });
}

/** One request after the other over a socket. */
function exchange(socket: Socket): (request: Buffer) => Promise<string> {
  let received = '';
  let settle: { resolve(body: string): void; reject(error: Error): void } | undefined;
  // Replies are ASCII; a byte that is none does not shift the count.
  socket.setEncoding('latin1');
  socket.on('data', (chunk: string) => {
    received += chunk;
    const body = wholeBody(received);
    if (body === undefined) return;
    const status = received.slice(9, 12);
    received = '';
    if (status === '200') settle?.resolve(body);
    else settle?.reject(new MajlisError(`status ${status}: ${body}`, { code: 'internal' }));
  });
  socket.on('close', () => settle?.reject(new MajlisError('the server hung up', { code: 'internal' })));
  return (request) =>
    new Promise((resolve, reject) => {
      settle = { resolve, reject };
      socket.write(request);
    });
}

function wholeBody(received: string): string | undefined {
  const headEnd = received.indexOf(HEAD_END);
  if (headEnd < 0) return undefined;
  const length = Number(LENGTH.exec(received.slice(0, headEnd))?.[1]);
  if (Number.isNaN(length)) throw new MajlisError('a reply without its length', { code: 'internal' });
  const start = headEnd + HEAD_END.length;
  return received.length < start + length ? undefined : received.slice(start, start + length);
}
