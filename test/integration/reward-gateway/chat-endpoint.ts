import { createHash } from 'node:crypto';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A request as the endpoint saw it. */
export interface SeenRequest {
  /** When it arrived, in milliseconds of this process's monotonic clock. */
  readonly atMs: number;
  /** What the question shows, whatever nonce stands around it. */
  readonly prompt: string;
  readonly key: string | undefined;
  /** Billed tokens; absent where it was not answered. */
  usage?: { readonly promptTokens: number; readonly completionTokens: number };
}

/** How the endpoint takes one request: the verdict, an HTTP status with an optional Retry-After, or never an answer. */
export type Reaction =
  'answer' | 'garbage' | 'hang' | { readonly status: number; readonly retryAfterSeconds?: number };

const COMPLETION_TOKENS = 12;

/** A server of the documented chat/completions interface that bills what it answers and remembers what it saw. */
export class ChatEndpoint {
  readonly seen: SeenRequest[] = [];
  /** How the request of that number, from 0, is taken. */
  react: (prompt: string, number: number) => Reaction = () => 'answer';
  delayMs = 0;
  private readonly server: Server;

  private constructor() {
    this.server = createServer((request, response) => {
      const atMs = performance.now();
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const body = Buffer.concat(chunks).toString('utf8');
        setTimeout(
          () => this.take(body, { atMs, key: request.headers.authorization, response }),
          this.delayMs,
        );
      });
    });
  }

  static async start(): Promise<ChatEndpoint> {
    const endpoint = new ChatEndpoint();
    await new Promise<void>((resolve) => endpoint.server.listen(0, '127.0.0.1', resolve));
    return endpoint;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/v1`;
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private take(
    body: string,
    { atMs, key, response }: { atMs: number; key: string | undefined; response: ServerResponse },
  ): void {
    const { messages } = JSON.parse(body) as { messages: { content: string }[] };
    const prompt = messages.map(({ content }) => content).join('\n');
    const callId = /"call_id":"([^"]+)"/.exec(prompt)?.[1] ?? '';
    const shown = callId === '' ? prompt : prompt.replaceAll(callId, '');
    const seen: SeenRequest = { atMs, prompt: shown, key };
    const number = this.seen.push(seen) - 1;
    const reaction = this.react(shown, number);
    if (reaction === 'hang') return;
    if (typeof reaction === 'object') {
      const { status, retryAfterSeconds: after } = reaction;
      response.writeHead(status, after === undefined ? {} : { 'retry-after': String(after) }).end();
      return;
    }
    const verdict = ['A', 'B', 'tie'][parseInt(sha(shown).slice(0, 6), 16) % 3];
    const content =
      reaction === 'garbage' ? 'I like answer A best.' : JSON.stringify({ call_id: callId, verdict });
    seen.usage = { promptTokens: Math.ceil(prompt.length / 4), completionTokens: COMPLETION_TOKENS };
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(
      JSON.stringify({
        choices: [{ index: 0, message: { role: 'assistant', content }, finish_reason: 'stop' }],
        usage: { prompt_tokens: seen.usage.promptTokens, completion_tokens: COMPLETION_TOKENS },
      }),
    );
  }
}

/** The most that arrived, by that measure, in any half-open stretch of so many milliseconds. */
export function mostWithin(
  seen: readonly SeenRequest[],
  windowMs: number,
  measure: (request: SeenRequest) => number,
): number {
  const sorted = [...seen].sort((a, b) => a.atMs - b.atMs);
  let most = 0;
  let sum = 0;
  let first = 0;
  for (const request of sorted) {
    sum += measure(request);
    while (request.atMs - sorted[first].atMs >= windowMs) {
      sum -= measure(sorted[first]);
      first += 1;
    }
    most = Math.max(most, sum);
  }
  return most;
}

function sha(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
