import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What an endpoint answers: JSON with status 200, or as it says. `hang` never answers. */
export interface EndpointReply {
  readonly status?: number;
  readonly body?: unknown;
  readonly text?: string;
  readonly hang?: boolean;
}

/** What was asked: method and path, and the body. */
export interface EndpointCall {
  readonly route: string;
  readonly body: Readonly<Record<string, unknown>>;
  readonly authorization: string | undefined;
}

export type Route = (body: EndpointCall['body']) => EndpointReply;

/** A generation server of which only the protocol is there. Routes are `GET /version` and the like, and may be replaced. */
export class GenerationEndpoint {
  readonly calls: EndpointCall[] = [];

  private constructor(
    private readonly server: Server,
    readonly routes: Map<string, Route>,
  ) {}

  static async open(routes: Readonly<Record<string, Route>>): Promise<GenerationEndpoint> {
    const server = createServer((request, response) => {
      void bodyOf(request).then((body) => {
        const route = `${request.method ?? ''} ${request.url ?? ''}`;
        endpoint.calls.push({ route, body, authorization: request.headers.authorization });
        const answer = endpoint.routes.get(route);
        const reply = answer === undefined ? { status: 404, body: { detail: 'Not Found' } } : answer(body);
        if (reply.hang === true) return;
        response.writeHead(reply.status ?? 200, { 'content-type': 'application/json' });
        response.end(reply.text ?? JSON.stringify(reply.body ?? null));
      });
    });
    const endpoint = new GenerationEndpoint(server, new Map(Object.entries(routes)));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return endpoint;
  }

  get baseUrl(): string {
    return `http://127.0.0.1:${String((this.server.address() as AddressInfo).port)}`;
  }

  /** Bodies sent to a route. */
  sent(route: string): EndpointCall['body'][] {
    return this.calls.filter((call) => call.route === route).map(({ body }) => body);
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

async function bodyOf(request: IncomingMessage): Promise<EndpointCall['body']> {
  let text = '';
  for await (const chunk of request) text += String(chunk);
  return text === '' ? {} : (JSON.parse(text) as EndpointCall['body']);
}

const TOP = -0.5;

/** The likeliest token is as likely as the temperature makes it: 1 at temperature 1, less above. */
function topAt(temperature: unknown): number {
  return TOP * Number(temperature);
}

/** vLLM as its sources describe it (0.33), serving one directory; every token sampled is 7. */
export function vllmRoutes(root: string): Record<string, Route> {
  const adapters = new Map<string, string>();
  let version: string | null = null;
  return {
    'GET /version': () => ({ body: { version: '0.33.0' } }),
    'GET /v1/models': () => ({
      body: {
        object: 'list',
        data: [
          { id: 'base', object: 'model', root, parent: null, max_model_len: 64 },
          ...[...adapters].map(([id, path]) => ({ id, object: 'model', root: path, parent: 'base' })),
        ],
      },
    }),
    'GET /weight_info': () => ({ body: { weight_version: version } }),
    'POST /pause?mode=wait': () => ({ body: { status: 'paused' } }),
    'POST /resume': () => ({ body: { status: 'resumed' } }),
    'POST /collective_rpc': () => ({ body: { results: [null] } }),
    'POST /update_weight_version': ({ new_version }) => {
      version = String(new_version);
      return { body: { success: true, new_version } };
    },
    'POST /v1/load_lora_adapter': ({ lora_name, lora_path }) => {
      adapters.set(String(lora_name), String(lora_path));
      return { text: 'Success: LoRA adapter added successfully.' };
    },
    'POST /v1/unload_lora_adapter': ({ lora_name }) => {
      adapters.delete(String(lora_name));
      return { text: 'Success: LoRA adapter removed successfully.' };
    },
    'POST /v1/completions': (body) => {
      if (body['model'] !== 'base' && !adapters.has(String(body['model']))) {
        const message = `The model \`${String(body['model'])}\` does not exist.`;
        return { status: 404, body: { error: { message, type: 'NotFoundError', param: null, code: 404 } } };
      }
      return { body: vllmCompletion(body) };
    },
  };
}

/** A whole answer in vLLM's shape. */
export function vllmCompletion(body: EndpointCall['body'], change: object = {}): object {
  const tokens = Number(body['max_tokens']);
  const logProbs = Array.from({ length: tokens }, () => topAt(body['temperature']));
  const choices = Array.from({ length: Number(body['n']) }, (_, index) => ({
    index,
    text: 'text that nobody reads',
    finish_reason: 'length',
    stop_reason: null,
    token_ids: logProbs.map(() => 7),
    prompt_token_ids: body['prompt'],
    logprobs: {
      text_offset: [],
      token_logprobs: logProbs,
      tokens: logProbs.map(() => 'token_id:7'),
      top_logprobs: logProbs.map((logProb) => ({ 'token_id:7': logProb })),
    },
    ...change,
  }));
  return { id: 'cmpl-1', object: 'text_completion', created: 1, model: body['model'], choices, usage: {} };
}

/** SGLang as its sources describe it (0.5), serving one directory; every token sampled is 7. */
export function sglangRoutes(path: string): Record<string, Route> {
  const served = { model_path: path, weight_version: 'default' };
  const adapters = new Map<string, string>();
  return {
    'GET /server_info': () => ({ body: { version: '0.5.23', model_path: path, context_length: 64 } }),
    'GET /model_info': () => ({ body: { ...served, is_generation: true } }),
    'POST /update_weights_from_disk': ({ model_path, weight_version }) => {
      Object.assign(served, { model_path, weight_version });
      return {
        body: { success: true, message: 'Succeeded to update model weights.', num_paused_requests: 0 },
      };
    },
    'GET /v1/models': () => ({
      body: {
        object: 'list',
        data: [
          { id: path, object: 'model', root: path, max_model_len: 64 },
          ...[...adapters].map(([id, root]) => ({ id, object: 'model', root, parent: path })),
        ],
      },
    }),
    'POST /load_lora_adapter': ({ lora_name, lora_path }) => {
      const success = !adapters.has(String(lora_name));
      const error_message = success ? null : `${String(lora_name)} is already loaded`;
      adapters.set(String(lora_name), String(lora_path));
      return { body: { success, error_message, loaded_adapters: Object.fromEntries(adapters) } };
    },
    'POST /generate': (body) => ({
      body: (body['sampling_params'] as Record<string, unknown>[]).map((settings) =>
        sglangAnswer(settings, served.weight_version),
      ),
    }),
  };
}

function sglangAnswer(settings: Readonly<Record<string, unknown>>, version: string): object {
  const length = Number(settings['max_new_tokens']);
  const tokens = Array.from({ length }, () => [topAt(settings['temperature']), 7, null]);
  return {
    text: 'text that nobody reads',
    output_ids: tokens.map(() => 7),
    meta_info: {
      id: '1',
      finish_reason: { type: 'length', length },
      weight_version: version,
      output_token_logprobs: tokens,
      output_top_logprobs: tokens.map((token) => [token]),
    },
  };
}
