import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What a judge sent to its endpoint. */
export interface JudgeCall {
  readonly body: {
    readonly model: string;
    readonly messages: readonly { readonly role: string; readonly content: string }[];
    readonly response_format?: unknown;
    readonly temperature: number;
    readonly seed?: number;
    readonly logprobs?: boolean;
    readonly top_logprobs?: number;
  };
  readonly headers: IncomingHttpHeaders;
  /** The question: the first message of the user. */
  readonly question: string;
  /** The id that a reply has to repeat. */
  readonly callId: string;
  /** From 1. */
  readonly number: number;
}

export type JudgeReply = (call: JudgeCall, response: ServerResponse) => void;

/** An OpenAI-compatible endpoint on loopback that answers as the test tells it, and remembers what it was sent. */
export class JudgeEndpoint {
  calls: JudgeCall[] = [];
  reply: JudgeReply = choosing('A');

  private constructor(private readonly server: Server) {}

  static async start(): Promise<JudgeEndpoint> {
    const server = createServer();
    const endpoint = new JudgeEndpoint(server);
    server.on('request', (request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const body = JSON.parse(Buffer.concat(chunks).toString('utf8')) as JudgeCall['body'];
        const question = body.messages[1]?.content ?? '';
        const callId = /"call_id":"([^"]+)"/.exec(question)?.[1] ?? '';
        const call = { body, headers: request.headers, question, callId, number: endpoint.calls.length + 1 };
        endpoint.calls.push(call);
        if (request.url !== '/v1/chat/completions') response.writeHead(404).end();
        else endpoint.reply(call, response);
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return endpoint;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/v1/`;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

/** A reply of that text. */
export function content(text: string, more: { choice?: object; body?: object } = {}): JudgeReply {
  return (_call, response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    const choice = { message: { role: 'assistant', content: text }, ...more.choice };
    response.end(JSON.stringify({ choices: [choice], ...more.body }));
  };
}

/** A reply that keeps the contract: the call's id and these fields. */
export function fields(values: Record<string, unknown>): JudgeReply {
  return (call, response) => {
    content(JSON.stringify({ call_id: call.callId, ...values }))(call, response);
  };
}

/** A pairwise verdict that keeps the contract. */
export function choosing(verdict: 'A' | 'B' | 'tie'): JudgeReply {
  return fields({ verdict });
}
