import * as http from 'node:http';
import * as https from 'node:https';

export interface HttpRequest {
  readonly method: 'GET' | 'POST';
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | undefined;
  readonly signal: AbortSignal;
}

export interface HttpReply {
  readonly status: number;
  readonly text: string;
}

const KEPT = { keepAlive: true };
const agents = { http: new http.Agent(KEPT), https: new https.Agent(KEPT) };

/**
 * One request and its whole reply. Not `fetch`, which gives up on a reply that has not begun after five minutes: a server that
 * works on long answers says nothing until they are done. How long is too long is the signal's to say.
 */
export function httpRequest(url: string, { method, headers, body, signal }: HttpRequest): Promise<HttpReply> {
  const isSecure = new URL(url).protocol === 'https:';
  const options = { method, headers, signal, agent: isSecure ? agents.https : agents.http };
  return new Promise((resolve, reject) => {
    const request = (isSecure ? https : http).request(url, options, (response) => {
      readAll(response).then((text) => resolve({ status: response.statusCode ?? 0, text }), reject);
    });
    request.on('error', reject);
    request.end(body);
  });
}

async function readAll(response: http.IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}
