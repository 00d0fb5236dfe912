import { join } from 'node:path';
import { startGeneratorProcess } from '../../cli/commands/trainer/generator-process.js';
import type { PolicyVersion } from '../../core/domain/policy.js';
import { OpenAiEngine } from '../../core/engine/openai-engine.js';
import type { Weights } from '../../core/network/gpt/gpt-parameters.js';
import { writeModelDirectory } from '../../core/network/model-directory/write-model-directory.js';
import { livelyWeights } from '../support/lively-weights.js';
import { describeWithPython, interpreter } from '../support/python.js';
import { referenceLogProbs } from '../support/reference-gpt.js';
import { useLastingFolder } from '../support/temporary-folder.js';
import { describeEngine } from './engine.contract.js';

const config = { vocabSize: 40, contextLength: 32, layers: 2, width: 16, heads: 2 };
const folder = useLastingFolder();

async function writePolicy(
  seed: number,
  version: number,
  place: string,
): Promise<{ policy: PolicyVersion; weights: Weights }> {
  const weights = livelyWeights(config, seed);
  const location = join(folder(), `${place}-${String(seed)}`);
  const { sha256 } = await writeModelDirectory({ directory: location, config, weights });
  return { policy: { version, hash: sha256, location }, weights };
}

describeWithPython('a generator process', () => {
  describe.each(['vllm', 'sglang'] as const)("in %s's dialect", (flavour) => {
    describeEngine('OpenAiEngine', async () => {
      const first = await writePolicy(1, 0, flavour);
      const second = await writePolicy(2, 1, flavour);
      const generator = await startGeneratorProcess({ python: interpreter, model: first.policy.location });
      const options = { baseUrl: generator.baseUrl, flavour, vocabSize: config.vocabSize };
      const engine = await OpenAiEngine.connect(options);
      return {
        engine,
        policies: [first.policy, second.policy],
        vocabSize: config.vocabSize,
        another: () => OpenAiEngine.connect(options),
        logProbs: (policy, prompt, answer, temperature) => {
          const { weights } = policy.hash === first.policy.hash ? first : second;
          return referenceLogProbs({ config, weights }, prompt, answer, temperature);
        },
        tolerance: 1e-4,
        dispose: async () => {
          await engine.close();
          await generator.stop();
        },
      };
    });
  });
});
