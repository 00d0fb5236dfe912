import { MajlisError } from '../../errors.js';
import type { GptConfig } from '../../network/gpt/gpt-config.js';
import { readModelDirectory } from '../../network/model-directory/read-model-directory.js';
import type { GraphRuntime, InferenceSession } from '../../network/session/inference-session.js';
import { openRuntime } from '../../network/session/inference-session.js';
import { runtimeFingerprint } from '../../network/session/runtime-fingerprint.js';
import { serveThread } from '../../network/session/serve-thread.js';
import type { PolicyVersion } from '../../domain/policy.js';
import { buildDecodeGraph } from './decode-graph.js';
import type { DecodeModel } from './decoder.js';
import { decode, weightFeeds } from './decoder.js';
import type { EngineReply, EngineTask } from './engine-protocol.js';

/** The thread of an embedded engine: one runtime, one graph per model size, one policy at a time. */
let runtime: GraphRuntime | undefined;
let graph: { readonly config: GptConfig; readonly session: InferenceSession } | undefined;
let loaded: { readonly hash: string; readonly model: DecodeModel } | undefined;

serveThread<EngineTask, EngineReply>(async (task) => {
  switch (task.kind) {
    case 'open':
      runtime = await openRuntime(task.runtime);
      return { kind: 'opened', fingerprint: runtimeFingerprint(runtime) };
    case 'load':
      return { kind: 'loaded', config: await load(task.policy) };
    case 'generate': {
      const { request, abort } = task;
      if (loaded?.hash !== request.policyHash) {
        const message = `Policy ${request.policyHash} is not loaded; ${loaded?.hash ?? 'none'} is.`;
        throw new MajlisError(message, { code: 'failed_precondition' });
      }
      const throwIfAborted = (): void => {
        if (Atomics.load(abort, 0) === 0) return;
        throw new MajlisError('The generation was cancelled.', { code: 'cancelled' });
      };
      return { kind: 'generated', sequences: await decode(loaded.model, request, throwIfAborted) };
    }
  }
});

async function load(policy: PolicyVersion): Promise<GptConfig> {
  const { config, weights, sha256 } = await readModelDirectory(policy.location);
  if (sha256 !== policy.hash) {
    const message = `${policy.location} holds weights ${sha256} where policy ${policy.hash} is expected.`;
    throw new MajlisError(message, { code: 'data_loss' });
  }
  const session = await sessionFor(config);
  loaded = { hash: policy.hash, model: { session, config, weights: weightFeeds(config, weights) } };
  return config;
}

async function sessionFor(config: GptConfig): Promise<InferenceSession> {
  if (graph !== undefined && JSON.stringify(graph.config) === JSON.stringify(config)) return graph.session;
  if (runtime === undefined) {
    throw new MajlisError('The engine thread was not opened.', { code: 'internal' });
  }
  await graph?.session.close();
  graph = { config, session: await runtime.open(buildDecodeGraph(config)) };
  return graph.session;
}
