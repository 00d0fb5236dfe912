import { createServer } from 'node:http';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { MajlisError } from '../../errors.js';

const METRICS_PATH = '/metrics';
/** Figures of a run are its owner's: nobody else's machine is asked to look at them unless told so. */
const LOOPBACK = '127.0.0.1';

/** Figures of a process, as text that Prometheus reads. */
export interface Exposition {
  /** Its media type, with the format's version. */
  readonly contentType: string;
  text(): Promise<string>;
}

export interface PrometheusEndpointOptions {
  /** 0 takes a free one. */
  readonly port: number;
  /** Loopback by default. */
  readonly host?: string;
}

export interface PrometheusEndpoint {
  readonly url: string;
  close(): Promise<void>;
}

/** Answers a scrape, whatever its path: mount it where scrapes should go. GET and HEAD; anything else is a 405. */
export function prometheusHandler(metrics: Exposition): RequestListener {
  return (request, response) => {
    answer(metrics, request, response).catch((thrown: unknown) => {
      response.writeHead(500).end(`${MajlisError.from(thrown).message}\n`);
    });
  };
}

async function answer(
  metrics: Exposition,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    response.writeHead(405, { allow: 'GET, HEAD' }).end();
    return;
  }
  const text = await metrics.text();
  response.writeHead(200, { 'content-type': metrics.contentType }).end(text);
}

/** A server of its own that answers at `/metrics`. A port that is taken is `failed_precondition`. */
export async function openPrometheusEndpoint(
  metrics: Exposition,
  { port, host = LOOPBACK }: PrometheusEndpointOptions,
): Promise<PrometheusEndpoint> {
  const handle = prometheusHandler(metrics);
  const server = createServer((request, response) => {
    if (request.url?.split('?')[0] === METRICS_PATH) handle(request, response);
    else response.writeHead(404).end();
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) => {
      const message = `Metrics cannot be offered at ${host}:${port}: ${cause.message}.`;
      reject(new MajlisError(message, { code: 'failed_precondition', cause }));
    });
    server.listen(port, host, resolve);
  });
  const address = server.address();
  const bound = typeof address === 'object' && address !== null ? address.port : port;
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${bound}${METRICS_PATH}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
