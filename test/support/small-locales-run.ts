import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { packageRoot } from '../../core/runtime/package-root.js';
import { writeSmallRunFile } from './small-run-file.js';

interface LocaleEntry {
  readonly data: Readonly<Record<string, string>>;
}

/** The shipped run file on two locales with every stage cut short, beside cut-down data of both examples. */
export function writeSmallLocalesRun(folder: string, changes: object = {}): string {
  const source = join(packageRoot, 'examples', 'two-locales', 'run.yaml');
  const shipped = parse(readFileSync(source, 'utf8')) as { locales: readonly LocaleEntry[] };
  for (const example of ['arabic', 'korean']) {
    mkdirSync(join(folder, example), { recursive: true });
    writeSmallRunFile(join(folder, example), example);
    keep(join(folder, example, 'sft.jsonl'), (at) => at < 2000);
    keep(join(folder, example, 'prompts.heldout.jsonl'), (at) => at % 3 === 0);
  }
  const locales = shipped.locales.map((entry) => ({
    ...entry,
    data: Object.fromEntries(
      Object.entries(entry.data).map(([name, path]) => [name, path.replace('../', '')]),
    ),
  }));
  const path = join(folder, 'run.yaml');
  writeFileSync(path, JSON.stringify({ ...shipped, ...SMALL, locales, health: {}, ...changes }));
  return path;
}

function keep(path: string, isKept: (at: number) => boolean): void {
  const lines = readFileSync(path, 'utf8').split('\n');
  writeFileSync(path, lines.filter((line, at) => line !== '' && isKept(at)).join('\n'));
}

const SMALL = {
  model: { layers: 1, width: 64, heads: 2, vocabSize: 512, contextLength: 256 },
  supervised: { steps: 240, sequencesPerStep: 48, learningRate: 1e-2, warmupSteps: 10 },
  preferences: { answersPerPrompt: 8, pairsPerPrompt: 8 },
  rewardModel: { heads: 2, steps: 10, pairsPerStep: 16 },
  algorithm: {
    ...{ iterations: 4, promptsPerIteration: 4, groupSize: 4 },
    ...{ criticWarmupIterations: 1, criticOnlyAfterSwap: 1 },
  },
  watch: { canaryEvery: 2, controlEvery: 2, controlPrompts: 8 },
};
