import { spawnSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { loadLocale } from '../core/config/load-locale.js';
import { readJsonLines } from '../core/config/read-json-lines.js';
import { logistic } from '../core/math/logistic.js';
import { createRng } from '../core/math/rng.js';
import { packageRoot } from '../core/runtime/package-root.js';
import { evaluators } from '../reward/judge/evaluators/registry.js';
import type { LabelledPair } from '../reward/model/labelled-pair.js';
import { saveLightReward } from '../reward/model/light/light-artifact.js';
import { LIGHT_DEFAULTS } from '../reward/model/light/light-settings.js';
import { trainLightReward } from '../reward/model/light/train-light-reward.js';
import { loadRubric } from '../reward/rubric/load-rubric.js';

const PAIRS = 2000;
/** A query, which is the prompt and the answer after it, in bytes of UTF-8. */
const QUERY_BYTES = 2048;

/** One prompt with one answer, as a trainer asks for its reward. */
export interface ServedSample {
  readonly prompt: string;
  readonly answer: string;
}

const rowSchema = z.looseObject({ prompt: z.string(), answer: z.string() });

/** Rows of the Arabic corpus. */
export function readCorpus(): Promise<readonly z.infer<typeof rowSchema>[]> {
  return readJsonLines(join(packageRoot, 'examples', 'arabic', 'sft.jsonl'), rowSchema);
}

/**
 * Trains a light reward model in a folder; another version is another model of another rubric. The rubric asks a judge alone, so that the model is
 * n-grams and nothing else, which the peer computes too: rules that read Arabic exist on our side only.
 */
export async function trainServedModel(folder: string, version: number): Promise<string> {
  const profile = await loadLocale(join(packageRoot, 'reward', 'locales', 'ar.yaml'));
  const rubricPath = join(folder, `bench-${version}.yaml`);
  await writeFile(rubricPath, JSON.stringify(rubricOf(version)));
  const rubric = await loadRubric(rubricPath, { evaluators, profiles: [profile] });
  const rows = await readCorpus();
  const rng = createRng(version);
  const alefs = (text: string): number => (text.match(/ا/gu)?.length ?? 0) / text.length;
  const pairs = Array.from({ length: PAIRS }, (_, at): LabelledPair => {
    const answer = (): string => [0, 1].map(() => rows[rng.integer(rows.length)].answer).join(' ');
    const [first, second] = [answer(), answer()];
    const prompt = { id: `p${at}`, locale: 'ar', text: rows[at % rows.length].prompt };
    const firstIsBetter = rng.uniform() < logistic(30 * (alefs(first) - alefs(second)));
    return { prompt, first, second, probabilityFirst: firstIsBetter ? 1 : 0, weight: 1 };
  });
  const trained = await trainLightReward({ pairs, rubric, profile, seed: version, settings: LIGHT_DEFAULTS });
  const model = join(folder, `model-${version}`);
  await saveLightReward(model, trained.reward);
  return model;
}

function rubricOf(version: number): object {
  const criterion = {
    ...{ key: 'helpful', version: 1, dimension: 'helpfulness', kind: 'principle', weight: 1 },
    ...{ evaluator: 'judge', description: `The answer helps. Said for version ${version}.` },
  };
  return { id: 'bench', version: `${version}.0.0`, title: 'Bench', locale: 'ar', criteria: [criterion] };
}

/** So many samples of `QUERY_BYTES`, no two of them alike, the same for the same seed. */
export async function servedSamples(count: number, seed: number): Promise<ServedSample[]> {
  const rows = await readCorpus();
  const rng = createRng(seed);
  return Array.from({ length: count }, () => {
    const { prompt } = rows[rng.integer(rows.length)];
    const room = QUERY_BYTES - Buffer.byteLength(prompt);
    let answer = '';
    while (Buffer.byteLength(answer) < room) answer += ` ${rows[rng.integer(rows.length)].answer}`;
    // Cut in the middle of a letter, the rest of which becomes nothing.
    return {
      prompt,
      answer: Buffer.from(answer)
        .subarray(0, room)
        .toString('utf8')
        .replace(/\uFFFD+$/u, ''),
    };
  });
}

/** The peer's program, and the Python that has what it needs. */
export const SERVE_PEER = join(packageRoot, 'bench', 'serve-peer.py');
export const BENCH_PYTHON = join(packageRoot, '.venv', 'bin', 'python');

/** What the peer's model says of answers. */
export function peerScores(model: string, answers: readonly string[]): number[] {
  const run = spawnSync(BENCH_PYTHON, [SERVE_PEER, model, 'check'], {
    ...{ input: JSON.stringify(answers), encoding: 'utf8', maxBuffer: 1 << 24 },
  });
  if (run.status !== 0) throw new Error(run.stderr);
  return z.array(z.number()).parse(JSON.parse(run.stdout));
}
