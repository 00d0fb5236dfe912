import { MajlisError } from '../../errors.js';
import type { EngineHttp } from './engine-http.js';
import type { EngineTimeouts } from './engine-timeouts.js';
import type { GenerationServer, ServerDescription } from './generation-server.js';
import { SglangServer } from './sglang-server.js';
import { VllmServer } from './vllm-server.js';

/** How to look for a server. */
export interface ServerSearch {
  /** Which dialect it speaks, where somebody said. */
  readonly flavour: 'vllm' | 'sglang' | undefined;
  readonly timeouts: EngineTimeouts;
  readonly signal: AbortSignal | undefined;
}

/** SGLang has no `/version`, so what answers there is vLLM or speaks like it. */
export async function findServer(
  http: EngineHttp,
  { flavour, timeouts, signal }: ServerSearch,
): Promise<{ server: GenerationServer; description: ServerDescription }> {
  const vllm = new VllmServer(http, timeouts);
  const sglang = new SglangServer(http, timeouts);
  if (flavour === 'sglang') return { server: sglang, description: await sglang.describe(signal) };
  try {
    return { server: vllm, description: await vllm.describe(signal) };
  } catch (thrown) {
    if (flavour === 'vllm' || MajlisError.from(thrown).code !== 'not_found') throw thrown;
    return { server: sglang, description: await sglang.describe(signal) };
  }
}
