import type { Outcome } from '../../core/domain/verdict.js';
import { MajlisError } from '../../core/errors.js';
import { sha256 } from '../../core/runtime/content-hash.js';
import type { RewardModel } from '../model/reward-model.js';
import type { ExcludedCounts } from './kit-report.js';
import type { KitQuestion, Probe, ScoredProbe } from './kit-test.js';

/** Answers in one request to a model. */
const BATCH = 256;

/** A reward model and what reports call it. */
export interface NamedModel {
  readonly name: string;
  readonly model: RewardModel;
}

/** The model that is tested, and one under the rubric of the kit's other register, where there is one. */
export interface KitModels {
  readonly tested: NamedModel;
  readonly swapped?: NamedModel;
}

export interface ScoreProbesOptions {
  readonly models: KitModels;
  readonly onProgress?: (done: number, all: number) => void;
  readonly signal?: AbortSignal;
}

/** What models said of the answers of a kit. */
export interface KitAnswers {
  /** Answers that were asked about. */
  readonly size: number;
  readonly excluded: ExcludedCounts;
  /** Undefined where the answer got no number. */
  scoreOf(question: KitQuestion): number | undefined;
}

/** Asks each model about each answer once. Questions to a model that is not there stay without a score. */
export async function scoreProbes(
  probes: readonly Probe[],
  { models, onProgress, signal }: ScoreProbesOptions,
): Promise<KitAnswers> {
  const questions = new Map(
    probes.flatMap(({ candidates }) => candidates.map((question) => [keyOf(question), question] as const)),
  );
  const works = [...questions.values()].filter((question) => modelOf(question, models) !== undefined);
  const outcomes = new Map<string, Outcome<number>>();
  for (const named of [models.tested, models.swapped]) {
    if (named === undefined) continue;
    const own = works.filter((question) => modelOf(question, models) === named);
    for (let start = 0; start < own.length; start += BATCH) {
      signal?.throwIfAborted();
      const batch = own.slice(start, start + BATCH);
      const scores = await askModel(named, batch, signal);
      for (const [at, question] of batch.entries()) outcomes.set(keyOf(question), scores[at]);
      onProgress?.(outcomes.size, works.length);
    }
  }
  return {
    size: outcomes.size,
    excluded: excludedCounts(outcomes.values()),
    scoreOf: (question) => {
      const outcome = outcomes.get(keyOf(question));
      return outcome?.kind === 'scored' ? outcome.score : undefined;
    },
  };
}

/** The probes all of whose answers have a score. */
export function scoredOnly(probes: readonly Probe[], answers: KitAnswers): ScoredProbe[] {
  return probes.flatMap((probe) => {
    const scores = probe.candidates.map((question) => answers.scoreOf(question));
    return scores.every((score) => score !== undefined) ? [{ ...probe, scores }] : [];
  });
}

function modelOf(question: KitQuestion, { tested, swapped }: KitModels): NamedModel | undefined {
  return question.model === 'swapped' ? swapped : tested;
}

async function askModel(
  { name, model }: NamedModel,
  questions: readonly KitQuestion[],
  signal: AbortSignal | undefined,
): Promise<Outcome<number>[]> {
  const asked = questions.map(({ locale, prompt, answer }) => ({
    prompt: { id: `kit-${sha256(prompt).slice(0, 16)}`, locale, text: prompt },
    answer,
  }));
  const outcomes = await model.score(asked, signal);
  if (outcomes.length !== asked.length) {
    throw new MajlisError(`Model ${name} gave ${outcomes.length} scores for ${asked.length} answers.`, {
      code: 'data_loss',
    });
  }
  return outcomes.map((outcome): Outcome<number> => {
    if (outcome.kind !== 'scored') return outcome;
    const { mean } = outcome.score;
    if (Number.isFinite(mean)) return { kind: 'scored', score: mean };
    return { kind: 'judge_failed', reason: `the model gave ${mean}`, retryable: false };
  });
}

function excludedCounts(outcomes: Iterable<Outcome<number>>): ExcludedCounts {
  const counts: Record<string, number> = {};
  for (const { kind } of outcomes) {
    if (kind !== 'scored') counts[kind] = (counts[kind] ?? 0) + 1;
  }
  return counts;
}

function keyOf({ model, locale, prompt, answer }: KitQuestion): string {
  return JSON.stringify([model ?? 'tested', locale, prompt, answer]);
}
