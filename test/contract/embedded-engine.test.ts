import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { PolicyVersion } from '../../core/domain/policy.js';
import { EmbeddedEngine } from '../../core/engine/embedded-engine.js';
import type { Weights } from '../../core/network/gpt/gpt-parameters.js';
import { writeModelDirectory } from '../../core/network/model-directory/write-model-directory.js';
import type { RuntimeName } from '../../core/network/session/inference-session.js';
import { livelyWeights } from '../support/lively-weights.js';
import { referenceLogProbs } from '../support/reference-gpt.js';
import { describeEngine } from './engine.contract.js';

const config = { vocabSize: 40, contextLength: 32, layers: 2, width: 16, heads: 2 };
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'majlis-engine-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

async function writePolicy(
  seed: number,
  version: number,
): Promise<{ policy: PolicyVersion; weights: Weights }> {
  const weights = livelyWeights(config, seed);
  const location = join(folder, `policy-${String(seed)}`);
  const { sha256 } = await writeModelDirectory({ directory: location, config, weights });
  return { policy: { version, hash: sha256, location }, weights };
}

describe.each<RuntimeName>(['onnxruntime-node', 'onnxruntime-web'])('on %s', (runtime) => {
  describeEngine('EmbeddedEngine', async () => {
    const first = await writePolicy(1, 0);
    const second = await writePolicy(2, 1);
    const engine = await EmbeddedEngine.open({ runtime });
    return {
      engine,
      policies: [first.policy, second.policy],
      vocabSize: config.vocabSize,
      another: () => EmbeddedEngine.open({ runtime }),
      logProbs: (policy, prompt, answer, temperature) => {
        const { weights } = policy.hash === first.policy.hash ? first : second;
        return referenceLogProbs({ config, weights }, prompt, answer, temperature);
      },
      tolerance: 1e-4,
      dispose: () => engine.close(),
    };
  });
});

describe('EmbeddedEngine', () => {
  const sampling = { maxNewTokens: 28, temperature: 1, stopTokenIds: [] };

  it('refuses weights that are not the policy asked for', async () => {
    const { policy } = await writePolicy(1, 0);
    const engine = await EmbeddedEngine.open();
    try {
      const loading = engine.load({ ...policy, hash: '0'.repeat(64) });
      await expect(loading).rejects.toMatchObject({ code: 'data_loss' });
      await expect(loading).rejects.toThrow(`holds weights ${policy.hash}`);
      expect(() => engine.contextLength).toThrow('The engine has no policy loaded.');
    } finally {
      await engine.close();
    }
  });

  it('keeps its policy when another cannot be loaded', async () => {
    const { policy } = await writePolicy(1, 0);
    const engine = await EmbeddedEngine.open();
    try {
      await engine.load(policy);
      const missing = engine.load({ version: 1, hash: 'x', location: join(folder, 'nowhere') });
      await expect(missing).rejects.toMatchObject({ code: 'not_found' });
      const request = { policyHash: policy.hash, promptTokenIds: [1], samples: 1, seed: 1, sampling };
      expect(await engine.generate(request)).toHaveLength(1);
    } finally {
      await engine.close();
    }
  });

  it('stops at the next token when the caller gives up, and goes on with the next request', async () => {
    const { policy } = await writePolicy(1, 0);
    const engine = await EmbeddedEngine.open();
    try {
      await engine.load(policy);
      const request = { policyHash: policy.hash, promptTokenIds: [1], samples: 2000, seed: 1, sampling };
      const controller = new AbortController();
      const abandoned = engine.generate(request, controller.signal);
      setTimeout(() => {
        controller.abort();
      }, 20);
      await expect(abandoned).rejects.toMatchObject({ code: 'cancelled' });
      expect(await engine.generate({ ...request, samples: 2 })).toHaveLength(2);
    } finally {
      await engine.close();
    }
  });

  it('rejects what is under way when it is closed', async () => {
    const { policy } = await writePolicy(1, 0);
    const engine = await EmbeddedEngine.open();
    await engine.load(policy);
    const request = { policyHash: policy.hash, promptTokenIds: [1], samples: 2000, seed: 1, sampling };
    const abandoned = expect(engine.generate(request)).rejects.toMatchObject({ code: 'cancelled' });
    await engine.close();
    await abandoned;
  });
});
