import { createServer as createHttpServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:net';
import type { Server as NetServer, Socket } from 'node:net';
import { Server, ServerCredentials, status } from '@grpc/grpc-js';
import type { sendUnaryData, ServerUnaryCall } from '@grpc/grpc-js';
import { service as healthDefinition } from 'grpc-health-check';
import { formatAddress } from '../config/listen-address.js';
import { MajlisError } from '../errors.js';

/**
 * Whether a process lives and is ready, in plaintext on a port of its own: a kubelet has no certificate to show. It tells
 * that and nothing else, so it may listen on any address.
 *
 * HTTP/1.1 and gRPC share the port: a gRPC client's first bytes are HTTP/2's preface, which no HTTP/1.1 request begins with.
 *
 *   GET /healthz, grpc.health.v1 `liveness`          200 or SERVING while the process lives
 *   GET /readyz, grpc.health.v1 `readiness` and ``   the same once it is ready; else 503 with the reason, or NOT_SERVING
 */
export interface HealthChecks {
  /** Why the process should be started again; undefined while it lives. Always so unless told. */
  live?(): string | undefined;
  /** Why it is not ready for work; undefined when it is. */
  ready(): string | undefined;
}

export interface HealthOptions {
  readonly checks: HealthChecks;
  /** 0 takes a free one. */
  readonly port: number;
  /** Loopback unless told. */
  readonly host?: string;
}

/** Health that is served. */
export interface HealthServer {
  /** host:port. */
  readonly address: string;
  readonly port: number;
  close(): Promise<void>;
}

const PREFACE = Buffer.from('PRI');
const LONGEST_SILENCE_MS = 30_000;
const SERVING = 1;
const NOT_SERVING = 2;

/** Serves health; an address that is taken is `unavailable`. */
export async function serveHealth({
  checks,
  port,
  host = '127.0.0.1',
}: HealthOptions): Promise<HealthServer> {
  const http = createHttpServer((request, response) => answerHttp(checks, request, response));
  const rpc = new Server();
  rpc.addService(healthDefinition, { check: checkHandler(checks) });
  const injector = rpc.createConnectionInjector(ServerCredentials.createInsecure());
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    // A probe that goes away is owed nothing.
    socket.on('error', () => socket.destroy()).setTimeout(LONGEST_SILENCE_MS, () => socket.destroy());
    socket.once('readable', () => {
      const first: unknown = socket.read();
      if (!Buffer.isBuffer(first)) return;
      socket.unshift(first);
      if (first.subarray(0, PREFACE.length).equals(PREFACE)) injector.injectConnection(socket);
      else http.emit('connection', socket);
    });
  });
  const bound = await listen(server, host, port);
  return {
    address: formatAddress({ host, port: bound }),
    port: bound,
    close: () => {
      injector.destroy();
      rpc.forceShutdown();
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

function answerHttp(checks: HealthChecks, request: IncomingMessage, response: ServerResponse): void {
  const path = request.url?.split('?')[0];
  if (path !== '/healthz' && path !== '/readyz') {
    response.writeHead(404).end();
  } else if (request.method !== 'GET' && request.method !== 'HEAD') {
    response.writeHead(405, { allow: 'GET, HEAD' }).end();
  } else {
    const reason = path === '/healthz' ? checks.live?.() : whyNotReady(checks);
    response.writeHead(reason === undefined ? 200 : 503, { 'content-type': 'text/plain; charset=utf-8' });
    response.end(`${reason ?? 'ok'}\n`);
  }
}

function checkHandler(checks: HealthChecks) {
  return (
    { request: { service } }: ServerUnaryCall<{ readonly service: string }, unknown>,
    answer: sendUnaryData<unknown>,
  ): void => {
    if (service !== '' && service !== 'readiness' && service !== 'liveness') {
      const details = `no health of ${JSON.stringify(service)}; there are "", "readiness" and "liveness"`;
      answer({ code: status.NOT_FOUND, details });
      return;
    }
    const reason = service === 'liveness' ? checks.live?.() : whyNotReady(checks);
    answer(null, { status: reason === undefined ? SERVING : NOT_SERVING });
  };
}

/** What does not live is not ready. */
function whyNotReady(checks: HealthChecks): string | undefined {
  return checks.live?.() ?? checks.ready();
}

function listen(server: NetServer, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause) => {
      const message = `health cannot be offered on ${formatAddress({ host, port })}: ${cause.message}`;
      reject(new MajlisError(message, { code: 'unavailable', cause }));
    });
    server.listen(port, host, () => {
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : port);
    });
  });
}
