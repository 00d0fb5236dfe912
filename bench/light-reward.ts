import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { z } from 'zod';
import { loadLocale } from '../core/config/load-locale.js';
import { readJsonLines } from '../core/config/read-json-lines.js';
import { MajlisError } from '../core/errors.js';
import { logistic } from '../core/math/logistic.js';
import { createRng } from '../core/math/rng.js';
import { packageRoot } from '../core/runtime/package-root.js';
import { evaluators } from '../reward/judge/evaluators/registry.js';
import type { LabelledPair } from '../reward/model/labelled-pair.js';
import { createFeatureReader } from '../reward/model/light/answer-features.js';
import { LIGHT_DEFAULTS, type LightSettings } from '../reward/model/light/light-settings.js';
import { createLightScorer } from '../reward/model/light/score-features.js';
import { trainLightModel, type TrainedLightModel } from '../reward/model/light/train-light-model.js';
import { loadRubric } from '../reward/rubric/load-rubric.js';
import { median, type BenchCase, type Benchmark } from './bench-result.js';

const PAIRS = 50_000;
const PAIRS_OF_PROMPT = 5;
const SCORED = 40_000;
const SCORING_ROUNDS = 3;
const MOST_SECONDS = 20;
const LEAST_ANSWERS_PER_SECOND = 20_000;
const MICROSECONDS = 1e6;
const LARGEST_OUTPUT = 1 << 20;

const peerSchema = z.object({
  version: z.string(),
  train: z.number(),
  score: z.number(),
  iterations: z.int(),
  accuracy: z.number(),
});

/**
 * The light reward model on one core, in processor time, which other work on the machine lengthens less than wall time. The
 * peer hashes the same n-grams and fits the same prior; it has no rules, heads, held-out split or temperature, so that it is
 * compared with one fit on n-grams alone.
 */
export const lightReward: Benchmark = {
  summary:
    '50,000 pairs to a light reward model, and answers scored a second, against scikit-learn (--python PATH)',
  run: async (args, print) => {
    const inputs = await loadInputs();
    const { settings } = inputs;
    const { seconds, trained } = await train(inputs, settings);
    const speed = median(Array.from({ length: SCORING_ROUNDS }, () => scoringSpeed(inputs, trained)));
    print(
      `${seconds.toFixed(1)} s for ${1 + settings.heads} fits, the first of ${trained.fit.iterations} iterations; ${Math.round(speed)} answers/s`,
    );
    const bars: BenchCase[] = [
      barOf('light-reward', 's', { ours: seconds, peer: MOST_SECONDS, ratio: MOST_SECONDS / seconds }),
      barOf('answers scored', 'answers/s', {
        ours: speed,
        peer: LEAST_ANSWERS_PER_SECOND,
        ratio: speed / LEAST_ANSWERS_PER_SECOND,
      }),
    ];
    return { ...bars[0], cases: [...bars, ...(await besidePeer(inputs, pythonOf(args), print))] };
  },
};

interface Inputs {
  readonly pairs: readonly LabelledPair[];
  readonly rubric: Parameters<typeof trainLightModel>[0]['rubric'];
  readonly profile: Parameters<typeof trainLightModel>[0]['profile'];
  readonly settings: LightSettings;
}

/** Pairs of two sentences of the Arabic corpus each; which is better goes by their letters, with noise. */
async function loadInputs(): Promise<Inputs> {
  const profile = await loadLocale(join(packageRoot, 'reward', 'locales', 'ar.yaml'));
  const path = join(packageRoot, 'reward', 'rubrics', 'ar-msa.yaml');
  const rubric = await loadRubric(path, { evaluators, profiles: [profile] });
  const corpus = join(packageRoot, 'examples', 'arabic', 'sft.jsonl');
  const rows = await readJsonLines(corpus, z.looseObject({ prompt: z.string(), answer: z.string() }));
  const rng = createRng(1);
  const answer = (): string => [0, 1].map(() => rows[rng.integer(rows.length)].answer).join(' ');
  const alefs = (text: string): number => (text.match(/ا/gu)?.length ?? 0) / text.length;
  const pairs = Array.from({ length: PAIRS }, (_, at): LabelledPair => {
    const [first, second] = [answer(), answer()];
    const number = Math.floor(at / PAIRS_OF_PROMPT);
    const prompt = { id: `p${number}`, locale: 'ar', text: `${rows[number % rows.length].prompt} ${number}` };
    const firstIsBetter = rng.uniform() < logistic(30 * (alefs(first) - alefs(second)));
    return { prompt, first, second, probabilityFirst: firstIsBetter ? 1 : 0, weight: 1 / PAIRS_OF_PROMPT };
  });
  return { pairs, rubric, profile, settings: LIGHT_DEFAULTS };
}

async function train(
  inputs: Inputs,
  settings: LightSettings,
): Promise<{ readonly seconds: number; readonly trained: TrainedLightModel }> {
  const before = process.cpuUsage();
  const trained = await trainLightModel({ ...inputs, settings, seed: 1 });
  return { seconds: secondsSince(before), trained };
}

function scoringSpeed(inputs: Inputs, { model }: TrainedLightModel): number {
  const score = createLightScorer(model, createFeatureReader(model.space, inputs));
  const pairs = inputs.pairs.slice(0, SCORED / 2);
  const before = process.cpuUsage();
  for (const { prompt, first, second } of pairs) {
    score(prompt, first);
    score(prompt, second);
  }
  return SCORED / secondsSince(before);
}

function secondsSince(before: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(before);
  return (user + system) / MICROSECONDS;
}

async function besidePeer(
  inputs: Inputs,
  python: string,
  print: (line: string) => void,
): Promise<BenchCase[]> {
  const peer = runPeer(inputs, python);
  if (peer === undefined) {
    print(
      `${python} has no scikit-learn, so that figures stand beside their bars alone (--python PATH names another)`,
    );
    return [];
  }
  // Unit weights and nothing but n-grams, as the peer has it.
  const plain: Inputs = {
    ...inputs,
    rubric: { ...inputs.rubric, criteria: [] },
    pairs: inputs.pairs.map((pair) => ({ ...pair, weight: 1 })),
  };
  const settings = { ...inputs.settings, heads: 0, heldOutShare: 0, centring: 0, stylePenalty: 1e9 };
  const { seconds, trained } = await train(plain, settings);
  const speed = scoringSpeed(plain, trained);
  const peerName = `scikit-learn ${peer.version}`;
  print(
    `one fit: ours ${trained.fit.iterations} iterations, ${peerName} ${peer.iterations}, ${(100 * peer.accuracy).toFixed(1)}% right in training`,
  );
  const peerSpeed = PAIRS / peer.score;
  return [
    {
      name: 'one fit on n-grams',
      unit: 's',
      ours: seconds,
      peer: peer.train,
      peerName,
      ratio: peer.train / seconds,
    },
    {
      name: 'scored by n-grams',
      unit: 'answers/s',
      ours: speed,
      peer: peerSpeed,
      peerName,
      ratio: speed / peerSpeed,
    },
  ];
}

function runPeer({ pairs }: Inputs, python: string): z.infer<typeof peerSchema> | undefined {
  if (spawnSync(python, ['-c', 'import sklearn']).status !== 0) return undefined;
  const script = join(packageRoot, 'bench', 'light-peer.py');
  const input = JSON.stringify({
    first: pairs.map(({ first }) => first),
    second: pairs.map(({ second }) => second),
    labels: pairs.map(({ probabilityFirst }) => probabilityFirst),
  });
  const command = ['OMP_NUM_THREADS=1', 'OPENBLAS_NUM_THREADS=1', python, script];
  const run = spawnSync('env', command, { input, encoding: 'utf8', maxBuffer: LARGEST_OUTPUT });
  if (run.status === 0) return peerSchema.parse(JSON.parse(run.stdout));
  throw new MajlisError(`${script} failed: ${run.stderr}`, { code: 'internal' });
}

function pythonOf(args: readonly string[]): string {
  const at = args.indexOf('--python');
  return at >= 0 && at + 1 < args.length ? args[at + 1] : 'python3';
}

function barOf(name: string, unit: string, figures: Pick<BenchCase, 'ours' | 'peer' | 'ratio'>): BenchCase {
  return { name, unit, peerName: 'bar', passed: figures.ratio >= 1, ...figures };
}
