import * as http from 'node:http';
import * as https from 'node:https';
import type { CertificateFiles } from '../../trust/certificate-files.js';
import { contextOf } from './tls-context.js';

/** A connection on which nothing moves. A reader that stands still must not keep the others waiting. */
const IDLE_MS = 60_000;
/** Between two requests: longer than the proxies in front of it wait, so that they end a connection and not we. */
const KEPT_MS = 72_000;
const WHOLE_REQUEST_MS = 600_000;

/**
 * An HTTP server, over TLS where there are certificates: with a CA every client has to show one of it. What the files hold
 * counts for connections from then on.
 */
export function makeHttpServer(
  handler: http.RequestListener,
  tls: CertificateFiles | undefined,
): http.Server | https.Server {
  const limits = { requestTimeout: WHOLE_REQUEST_MS, keepAliveTimeout: KEPT_MS };
  const server =
    tls === undefined ? http.createServer(limits, handler) : makeSecure({ ...limits, handler }, tls);
  server.setTimeout(IDLE_MS);
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
