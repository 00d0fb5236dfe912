import * as http from 'node:http';
import * as https from 'node:https';
import type { CertificateFiles } from '../trust/certificate-files.js';
import { contextOf } from './tls-context.js';

/** How long a server waits for its clients, in milliseconds. */
export interface HttpPatience {
  /** A connection on which nothing moves. A reader that stands still must not keep the others waiting. */
  readonly idleMs: number;
  /** Between two requests: longer than the proxies in front of it wait, so that they end a connection and not we. */
  readonly keptMs: number;
  /** From the first byte of a request to its last. */
  readonly wholeRequestMs: number;
  /** From the first byte of a request to the end of its headers. */
  readonly headersMs: number;
  /** How often it is looked at whether requests took too long. */
  readonly lookEveryMs: number;
}

const PATIENCE: HttpPatience = {
  idleMs: 60_000,
  keptMs: 72_000,
  wholeRequestMs: 600_000,
  headersMs: 60_000,
  lookEveryMs: 30_000,
};

/**
 * An HTTP server, over TLS where there are certificates: with a CA every client has to show one of it. What the files hold
 * counts for connections from then on. What is left out of the patience is as long as a large artifact needs.
 */
export function makeHttpServer(
  handler: http.RequestListener,
  tls: CertificateFiles | undefined,
  patience: Partial<HttpPatience> = {},
): http.Server | https.Server {
  const { idleMs, keptMs, wholeRequestMs, headersMs, lookEveryMs } = { ...PATIENCE, ...patience };
  const limits = {
    requestTimeout: wholeRequestMs,
    headersTimeout: headersMs,
    keepAliveTimeout: keptMs,
    connectionsCheckingInterval: lookEveryMs,
  };
  const server =
    tls === undefined ? http.createServer(limits, handler) : makeSecure({ ...limits, handler }, tls);
  server.setTimeout(idleMs);
  return server;
}

function makeSecure(
  { handler, ...limits }: https.ServerOptions & { readonly handler: http.RequestListener },
  tls: CertificateFiles,
): https.Server {
  const asked = tls.current.ca !== undefined;
  const trust = { requestCert: asked, rejectUnauthorized: asked };
  const server = https.createServer({ ...limits, ...trust, ...contextOf(tls.current) }, handler);
  const stop = tls.listen((certificates) => server.setSecureContext(contextOf(certificates)));
  server.on('close', stop);
  return server;
}
