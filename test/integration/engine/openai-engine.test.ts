import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { PolicyVersion } from '../../../core/domain/policy.js';
import type { GenerateRequest } from '../../../core/engine/engine.js';
import { OpenAiEngine, type OpenAiEngineOptions } from '../../../core/engine/openai-engine.js';
import {
  GenerationEndpoint,
  sglangRoutes,
  vllmCompletion,
  vllmRoutes,
  type EndpointReply,
} from '../../support/generation-endpoint.js';
import { useTemporaryFolder } from '../../support/temporary-folder.js';

const PATIENCE: Partial<OpenAiEngineOptions> = { retryMs: [1, 1] };
const folder = useTemporaryFolder();
let endpoint: GenerationEndpoint;
afterEach(async () => {
  await endpoint.close();
});

const first = (): PolicyVersion => ({ version: 0, hash: 'a'.repeat(64), location: folder() });
const second = (): PolicyVersion => ({ version: 3, hash: 'b'.repeat(64), location: join(folder(), 'next') });
const NAME = 'policy@v3-bbbbbbbbbbbb';

async function adapter(): Promise<PolicyVersion> {
  await writeFile(join(folder(), 'adapter_config.json'), '{}');
  return { version: 3, hash: 'b'.repeat(64), location: folder() };
}

function request(policy: PolicyVersion, change: Partial<GenerateRequest> = {}): GenerateRequest {
  const sampling = { maxNewTokens: 3, temperature: 1, stopTokenIds: [9] };
  return { policyHash: policy.hash, promptTokenIds: [1, 2], samples: 2, seed: 5, sampling, ...change };
}

async function vllm(options: Partial<OpenAiEngineOptions> = {}): Promise<OpenAiEngine> {
  endpoint = await GenerationEndpoint.open(vllmRoutes(folder()));
  return OpenAiEngine.connect({ baseUrl: endpoint.baseUrl, ...PATIENCE, ...options });
}

async function sglang(): Promise<OpenAiEngine> {
  endpoint = await GenerationEndpoint.open(sglangRoutes(folder()));
  return OpenAiEngine.connect({ baseUrl: endpoint.baseUrl, ...PATIENCE });
}

describe('vLLM', () => {
  it('is told everything, so that no setting of its own decides', async () => {
    const engine = await vllm({ apiKey: 'secret' });
    await engine.load(first());
    const answers = await engine.generate(request(first()));
    expect(answers).toEqual(
      [0, 1].map(() => ({ tokenIds: [7, 7, 7], logProbs: [-0.5, -0.5, -0.5], finish: 'length' })),
    );
    expect(endpoint.sent('POST /v1/completions')).toEqual([
      {
        model: 'base',
        prompt: [1, 2],
        n: 2,
        seed: 5,
        max_tokens: 3,
        temperature: 1,
        top_p: 1,
        top_k: -1,
        min_p: 0,
        repetition_penalty: 1,
        frequency_penalty: 0,
        presence_penalty: 0,
        stop_token_ids: [9],
        ignore_eos: true,
        return_token_ids: true,
        return_tokens_as_token_ids: true,
        logprobs: 0,
      },
    ]);
    expect(endpoint.calls.every(({ authorization }) => authorization === 'Bearer secret')).toBe(true);
    expect(engine).toMatchObject({ deterministic: false, contextLength: 64 });
    expect(engine.fingerprint).toBe(`vllm 0.33.0, ${folder()}`);
  });

  it('is not asked to load what it was started with', async () => {
    const engine = await vllm();
    await engine.load(first());
    expect(endpoint.calls.map(({ route }) => route).filter((route) => route.startsWith('POST'))).toEqual([]);
  });

  it('reads full weights between a pause and a resume, and gives them their version', async () => {
    const engine = await vllm();
    await engine.load(second());
    expect(endpoint.calls.filter(({ route }) => route.startsWith('POST'))).toMatchObject([
      { route: 'POST /pause?mode=wait' },
      {
        route: 'POST /collective_rpc',
        body: { method: 'reload_weights', kwargs: { weights_path: second().location } },
      },
      { route: 'POST /update_weight_version', body: { new_version: NAME } },
      { route: 'POST /resume' },
    ]);
    expect(await engine.generate(request(second()))).toHaveLength(2);
  });

  it('is resumed where it cannot read the weights', async () => {
    const engine = await vllm();
    endpoint.routes.set('POST /collective_rpc', () => ({ status: 500, text: 'no such folder' }));
    await expect(engine.load(second())).rejects.toMatchObject({ code: 'unavailable' });
    expect(endpoint.sent('POST /resume')).toHaveLength(1);
  });

  it('loads an adapter under a name that holds version and hash, and is asked by it', async () => {
    const engine = await vllm();
    const policy = await adapter();
    await engine.load(policy);
    await engine.generate(request(policy));
    expect(endpoint.sent('POST /v1/load_lora_adapter')).toEqual([{ lora_name: NAME, lora_path: folder() }]);
    expect(endpoint.sent('POST /v1/completions')).toMatchObject([{ model: NAME }]);
    await engine.close();
    expect(endpoint.sent('POST /v1/unload_lora_adapter')).toEqual([{ lora_name: NAME }]);
  });

  it('is given an adapter again that it lost, and the request with it', async () => {
    const engine = await vllm();
    const policy = await adapter();
    await engine.load(policy);
    for (const [route, fresh] of Object.entries(vllmRoutes(folder()))) endpoint.routes.set(route, fresh);
    expect(await engine.generate(request(policy))).toHaveLength(2);
    expect(endpoint.sent('POST /v1/load_lora_adapter')).toHaveLength(2);
  });

  it('that reports log-probabilities without the temperature is refused, with what to change', async () => {
    const engine = await vllm();
    await engine.load(first());
    const sampling = { maxNewTokens: 3, temperature: 0.7, stopTokenIds: [] };
    expect((await engine.generate(request(first(), { sampling })))[0].logProbs[0]).toBeCloseTo(-0.35, 12);
    await endpoint.close();

    const raw = await vllm();
    await raw.load(first());
    endpoint.routes.set('POST /v1/completions', (body) => ({
      body: vllmCompletion({ ...body, temperature: 1 }),
    }));
    await expect(raw.generate(request(first(), { sampling }))).rejects.toThrow(
      '--logprobs-mode processed_logprobs',
    );
    // At temperature 1 both are the same.
    expect(await raw.generate(request(first()))).toHaveLength(2);
  });

  it('whose weights somebody else keeps replacing answers nothing', async () => {
    const engine = await vllm();
    await engine.load(first());
    endpoint.routes.set('GET /weight_info', () => ({ body: { weight_version: 'of another run' } }));
    await expect(engine.generate(request(first()))).rejects.toMatchObject({ code: 'failed_precondition' });
  });

  it('is told once by workers that need the same adapter at the same time', async () => {
    const engine = await vllm();
    const other = await OpenAiEngine.connect({ baseUrl: endpoint.baseUrl, ...PATIENCE });
    const policy = await adapter();
    await Promise.all([engine.load(policy), other.load(policy)]);
    expect(endpoint.sent('POST /v1/load_lora_adapter')).toHaveLength(1);
  });

  it('that already has the adapter from another process may refuse it', async () => {
    const engine = await vllm();
    const policy = await adapter();
    const load = endpoint.routes.get('POST /v1/load_lora_adapter');
    endpoint.routes.set('POST /v1/load_lora_adapter', (body) => {
      load?.(body);
      return { status: 400, text: 'The lora adapter has already been loaded.' };
    });
    await engine.load(policy);
    expect(await engine.generate(request(policy))).toHaveLength(2);
  });

  it('that says it loaded an adapter and does not list it is refused', async () => {
    const engine = await vllm();
    endpoint.routes.set('POST /v1/load_lora_adapter', () => ({ text: 'Success' }));
    await expect(engine.load(await adapter())).rejects.toThrow(`was told to serve ${NAME} and does not`);
  });
});

describe('SGLang', () => {
  it('is told everything, one item and seed for each sample', async () => {
    const engine = await sglang();
    await engine.load(first());
    const answers = await engine.generate(request(first()));
    expect(answers).toEqual(
      [0, 1].map(() => ({ tokenIds: [7, 7, 7], logProbs: [-0.5, -0.5, -0.5], finish: 'length' })),
    );
    const [sent] = endpoint.sent('POST /generate');
    const settings = { max_new_tokens: 3, temperature: 1, top_p: 1, top_k: -1, min_p: 0, ignore_eos: true };
    expect(sent).toMatchObject({
      input_ids: [
        [1, 2],
        [1, 2],
      ],
      return_logprob: true,
      sampling_params: [settings, settings],
    });
    const seeds = (sent['sampling_params'] as { sampling_seed: number }[]).map((each) => each.sampling_seed);
    expect(new Set(seeds).size).toBe(2);
    expect(engine.fingerprint).toBe(`sglang 0.5.23, ${folder()}`);
  });

  it('reads full weights from disk under their version, which its answers name', async () => {
    const engine = await sglang();
    await engine.load(second());
    expect(endpoint.sent('POST /update_weights_from_disk')).toEqual([
      { model_path: second().location, weight_version: NAME, flush_cache: true, abort_all_requests: false },
    ]);
    expect(await engine.generate(request(second()))).toHaveLength(2);
  });

  it('that was started again in between is led back to the policy', async () => {
    const engine = await sglang();
    await engine.load(second());
    for (const [route, fresh] of Object.entries(sglangRoutes(folder()))) endpoint.routes.set(route, fresh);
    expect(await engine.generate(request(second()))).toHaveLength(2);
    expect(endpoint.sent('POST /update_weights_from_disk')).toHaveLength(2);
  });

  it('says by a field that it failed', async () => {
    const engine = await sglang();
    endpoint.routes.set('POST /update_weights_from_disk', () => ({
      body: { success: false, message: 'Failed to get weights iterator.' },
    }));
    await expect(engine.load(second())).rejects.toThrow('refused /update_weights_from_disk: Failed to get');
  });

  it('that refuses an adapter says why', async () => {
    const engine = await sglang();
    endpoint.routes.set('POST /load_lora_adapter', () => ({
      body: { success: false, error_message: 'rank too large', loaded_adapters: {} },
    }));
    await expect(engine.load(await adapter())).rejects.toThrow('refused /load_lora_adapter: rank too large');
  });

  it('loads an adapter and is asked by its name', async () => {
    const engine = await sglang();
    const policy = await adapter();
    await engine.load(policy);
    await engine.generate(request(policy));
    expect(endpoint.sent('POST /load_lora_adapter')).toEqual([{ lora_name: NAME, lora_path: folder() }]);
    expect(endpoint.sent('POST /generate')).toMatchObject([{ lora_path: NAME }]);
    const other = await OpenAiEngine.connect({ baseUrl: endpoint.baseUrl, ...PATIENCE });
    await other.load(policy);
    expect(endpoint.sent('POST /load_lora_adapter')).toHaveLength(1);
  });
});

describe('a server', () => {
  const answering = async (
    reply: (body: Readonly<Record<string, unknown>>) => EndpointReply,
  ): Promise<OpenAiEngine> => {
    const engine = await vllm({ timeouts: { generateMs: 300 } });
    await engine.load(first());
    endpoint.routes.set('POST /v1/completions', reply);
    return engine;
  };

  it('that is busy for a moment is asked again', async () => {
    let refused = 0;
    const engine = await answering((body) => {
      refused += 1;
      return refused <= 2 ? { status: 503, text: 'busy' } : { body: vllmCompletion(body) };
    });
    expect(await engine.generate(request(first()))).toHaveLength(2);
    expect(endpoint.sent('POST /v1/completions')).toHaveLength(3);
  });

  it.each<[string, EndpointReply, string, string]>([
    ['stays busy', { status: 503, text: 'no room' }, 'unavailable', 'HTTP 503: no room'],
    ['limits requests', { status: 429, text: 'slowly' }, 'resource_exhausted', 'HTTP 429: slowly'],
    ['never answers', { hang: true }, 'deadline_exceeded', 'did not answer /v1/completions within 300 ms'],
    ['wants a key', { status: 401, text: 'no key' }, 'unauthenticated', 'HTTP 401: no key'],
    ['refuses a field', { status: 400, text: '{"error":{"message":"top_k"}}' }, 'invalid_argument', 'top_k'],
    [
      'answers no JSON',
      { text: '<html>' },
      'invalid_argument',
      '/v1/completions: found "<html>"; allowed: JSON',
    ],
    ['answers something else', { body: { choices: 1 } }, 'invalid_argument', '/v1/completions at '],
  ])('that %s fails with what it said', async (_name, reply, code, message) => {
    const engine = await answering(() => reply);
    const generating = engine.generate(request(first()));
    await expect(generating).rejects.toMatchObject({ code });
    await expect(generating).rejects.toThrow(message);
  });

  it.each<[EndpointReply, string]>([
    [{ text: '{"choices":[{"text":"SECRET' }, 'found a text; allowed: JSON'],
    [{ body: { model: 'm', choices: [{ index: 'SECRET' }] } }, 'found a text'],
    [{ body: { model: 'm', choices: { text: 'SECRET' } } }, 'found an object'],
  ])('is not quoted where it may hold an answer: %j', async (reply, found) => {
    const engine = await answering(() => reply);
    const generating = engine.generate(request(first()));
    await expect(generating).rejects.toThrow(found);
    await expect(generating).rejects.not.toThrow('SECRET');
  });

  it.each<[string, object, string, string]>([
    ['no log-probabilities', { logprobs: null }, 'invalid_argument', 'choices[0].logprobs'],
    ['no token ids', { token_ids: null }, 'invalid_argument', 'choices[0].token_ids'],
    [
      'too few log-probabilities',
      { logprobs: { token_logprobs: [-1] } },
      'data_loss',
      '1 log-probabilities for 3',
    ],
    [
      'a positive log-probability',
      { logprobs: { token_logprobs: [-1, 2, -1] } },
      'data_loss',
      'log-probability of 2',
    ],
    [
      'no tokens',
      { token_ids: [], logprobs: { token_logprobs: [] } },
      'data_loss',
      '0 tokens where 1 to 3 may be',
    ],
    ['tokens after a stop token', { token_ids: [7, 9, 7] }, 'data_loss', 'tokens after a stop token'],
    ['an answer that was cut off', { finish_reason: 'abort' }, 'aborted', 'cut an answer off'],
    [
      'an answer ended by a rule of its own',
      { token_ids: [7, 8], finish_reason: 'stop', logprobs: { token_logprobs: [-1, -1] } },
      'failed_precondition',
      'ended an answer after token 8 (stop), which the run does not stop at',
    ],
  ])('that gives %s is refused', async (_name, change, code, message) => {
    const engine = await answering((body) => ({ body: vllmCompletion(body, change) }));
    const generating = engine.generate(request(first()));
    await expect(generating).rejects.toMatchObject({ code });
    await expect(generating).rejects.toThrow(message);
  });

  it('that gives fewer answers than asked for is refused', async () => {
    const engine = await answering((body) => ({ body: vllmCompletion({ ...body, n: 1 }) }));
    await expect(engine.generate(request(first()))).rejects.toThrow('1 answers where 2 were asked for');
  });

  it('is left in the middle by a caller that gives up', async () => {
    const engine = await answering(() => ({ hang: true }));
    const controller = new AbortController();
    const generating = engine.generate(request(first()), controller.signal);
    setTimeout(() => controller.abort(), 20);
    await expect(generating).rejects.toMatchObject({ code: 'cancelled' });
  });

  it('that is not there is unavailable', async () => {
    const gone = createServer();
    await new Promise<void>((resolve) => gone.listen(0, '127.0.0.1', resolve));
    const { port } = gone.address() as AddressInfo;
    await new Promise((resolve) => gone.close(resolve));
    endpoint = await GenerationEndpoint.open({});
    const connecting = OpenAiEngine.connect({ baseUrl: `http://127.0.0.1:${String(port)}`, ...PATIENCE });
    await expect(connecting).rejects.toMatchObject({ code: 'unavailable' });
    await expect(connecting).rejects.toThrow('ECONNREFUSED');
  });

  it.each(['localhost:8000', 'ftp://there', 'http://'])('is not looked for at %s', async (baseUrl) => {
    endpoint = await GenerationEndpoint.open({});
    await expect(OpenAiEngine.connect({ baseUrl })).rejects.toThrow(
      `engine at baseUrl: found ${baseUrl}; allowed: a URL`,
    );
  });

  it('that does not say how long a context may be needs to be helped', async () => {
    endpoint = await GenerationEndpoint.open({
      ...vllmRoutes(folder()),
      'GET /v1/models': () => ({ body: { data: [{ id: 'base', root: folder() }] } }),
    });
    const { baseUrl } = endpoint;
    await expect(OpenAiEngine.connect({ baseUrl })).rejects.toThrow(
      'found no context length; allowed: contextLength',
    );
    expect((await OpenAiEngine.connect({ baseUrl, contextLength: 32 })).contextLength).toBe(32);
  });
});
