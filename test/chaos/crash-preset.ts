import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../core/runtime/package-root.js';

/** Iterations of the preset's runs. */
export const ITERATIONS = 6;

/** Everybody's run is rolled back to its first policy before this one. */
export const ROLL_BACK_ITERATION = 2;

/** The rubric is swapped before this one. */
export const SWAP_ITERATION = 3;

/** Every so many lines of the Arabic example's files are kept. */
const EVERY: Readonly<Record<string, number>> = {
  'sft.jsonl': 25,
  'sft.heldout.jsonl': 300,
  'prompts.train.jsonl': 50,
  'prompts.heldout.jsonl': 300,
  'gold-pairs.jsonl': 1,
  'control-pairs.jsonl': 3,
  'control-gold.jsonl': 1,
};

/**
 * Writes a run file that passes through every stage of a run in about two seconds. What the policy says does not matter,
 * only that every stage has a say in its last hash. Nothing may pause the run but the rehearsal, so no limit of health or watch
 * holds.
 */
export function writeCrashPreset(folder: string): string {
  const example = join(packageRoot, 'examples', 'arabic');
  for (const [name, every] of Object.entries(EVERY)) {
    const lines = readFileSync(join(example, name), 'utf8').split('\n');
    writeFileSync(join(folder, name), lines.filter((line, at) => line !== '' && at % every === 0).join('\n'));
  }
  const path = join(folder, 'run.yaml');
  writeFileSync(path, RUN_FILE);
  return path;
}

const RUN_FILE = `name: crash
locale: ar
seed: 1
data:
  corpus: sft.jsonl
  heldOutCorpus: sft.heldout.jsonl
  prompts: prompts.train.jsonl
  heldOutPrompts: prompts.heldout.jsonl
  goldPairs: gold-pairs.jsonl
  controlPairs: control-pairs.jsonl
  controlGold: control-gold.jsonl
rubric: ar-msa
swap: { rubric: ar-egyptian, iteration: ${SWAP_ITERATION} }
model: { layers: 1, width: 32, heads: 2, vocabSize: 400, contextLength: 128 }
supervised: { steps: 60, sequencesPerStep: 32, learningRate: 1e-2, warmupSteps: 5 }
preferences: { answersPerPrompt: 8, pairsPerPrompt: 8 }
rewardModel: { heads: 2, steps: 8, pairsPerStep: 16 }
sampling: { maxNewTokens: 24, temperature: 1 }
algorithm:
  iterations: ${ITERATIONS}
  promptsPerIteration: 4
  groupSize: 4
  epochs: 1
  minibatches: 2
  criticWarmupIterations: 1
  criticOnlyAfterSwap: 1
checkpoints: { every: 2, keep: 1 }
health:
  nonFinite: off
  skippedUpdates: off
  klBudget: off
  klTimesTarget: off
  entropyShare: off
  tooFewScores: off
  diskFreeGiB: off
  diskFreeIterations: off
watch:
  styleCorrelation: off
  canaryEvery: 2
  canaryLimit: off
  controlEvery: 2
  controlPrompts: 4
  controlChecks: off
`;
