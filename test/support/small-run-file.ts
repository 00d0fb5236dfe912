import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../core/runtime/package-root.js';

/**
 * A shipped example's run file with every stage cut short, beside links to the example's own data. Large enough for a
 * policy that names people and places, small enough for seconds.
 */
export function writeSmallRunFile(folder: string, example: string): string {
  const source = join(packageRoot, 'examples', example);
  const shipped = readFileSync(join(source, 'run.yaml'), 'utf8');
  const head = shipped.slice(0, shipped.indexOf('model:'));
  for (const name of head.match(/[\w.-]+\.jsonl/g) ?? []) {
    const lines = readFileSync(join(source, name), 'utf8').split('\n');
    const kept = name.startsWith('prompts') || name.startsWith('sft.held') ? everyTenth(lines) : lines;
    writeFileSync(join(folder, name), kept.join('\n'));
  }
  const path = join(folder, 'run.yaml');
  writeFileSync(path, head.replace(/iteration: \d+/, 'iteration: 2') + SMALL);
  return path;
}

function everyTenth(lines: readonly string[]): string[] {
  return lines.filter((line, at) => line !== '' && at % 10 === 0);
}

const SMALL = `model: { layers: 1, width: 64, heads: 2, vocabSize: 512, contextLength: 256 }
supervised: { steps: 100, sequencesPerStep: 32, learningRate: 1e-2, warmupSteps: 10 }
preferences: { answersPerPrompt: 8, pairsPerPrompt: 8 }
rewardModel: { heads: 2, steps: 10, pairsPerStep: 16 }
algorithm:
  iterations: 4
  promptsPerIteration: 4
  groupSize: 4
  criticWarmupIterations: 1
  criticOnlyAfterSwap: 1
watch: { canaryEvery: 2, controlEvery: 2, controlPrompts: 8 }
`;
