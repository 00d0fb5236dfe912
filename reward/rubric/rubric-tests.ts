/**
 * A rubric's own test pairs: what whoever wrote the rubric meant by it. They lie beside it, `ar-msa.tests.jsonl` beside
 * `ar-msa.yaml`, and are no part of its hash.
 */
import { z } from 'zod';
import { readJsonLines } from '../../core/config/read-json-lines.js';
import { quote } from '../../core/config/parse-input.js';
import type { Rubric } from '../../core/domain/rubric.js';
import { BadInputError } from '../../core/errors.js';
import type { AnswerScorer } from '../judge/answer-scorer.js';

const text = z.string().trim().min(1);

export const rubricTestSchema = z.strictObject({
  id: text,
  prompt: text,
  /** For criteria that apply to some categories of prompts only. */
  category: text.exactOptional(),
  better: z.string(),
  worse: z.string(),
  /** Criteria of which one has to be what decides; absent: whatever decides will do. */
  decidedBy: z.array(text).min(1).exactOptional(),
  /** For people. */
  why: text.exactOptional(),
  /** `authored`: written for this test; `collected`: found in use. */
  origin: z.enum(['authored', 'collected']),
  /** Whether a native speaker has read it. */
  nativeChecked: z.boolean(),
});

/** Two answers to a prompt, of which the rubric should find one better, and why. */
export type RubricTest = z.infer<typeof rubricTestSchema>;

/** What became of one test pair. */
export interface RubricTestResult {
  readonly id: string;
  readonly passed: boolean;
  /** Composite of the better answer minus that of the worse; absent where the rules do not decide. */
  readonly margin?: number;
  /** Criteria that speak for the better answer, the strongest first, with what each adds to the margin. */
  readonly decidedBy: readonly { readonly criterion: string; readonly part: number }[];
  /** Why it failed. */
  readonly reason?: string;
}

/** Differences that rounding makes are no preference. */
const SMALLEST_MARGIN = 1e-9;

/** Where a rubric's test pairs lie. */
export function rubricTestsFile(rubricPath: string): string {
  return rubricPath.replace(/\.(ya?ml|json)$/, '') + '.tests.jsonl';
}

/** Reads test pairs; one that names a criterion that the rubric lacks is a BadInputError. */
export async function loadRubricTests(path: string, rubric: Rubric): Promise<RubricTest[]> {
  const tests = await readJsonLines(path, rubricTestSchema, { uniqueBy: ({ id }) => id });
  const keys = rubric.criteria.map(({ key }) => key);
  for (const { id, decidedBy = [] } of tests) {
    const unknown = decidedBy.find((key) => !keys.includes(key));
    if (unknown === undefined) continue;
    throw new BadInputError({
      source: path,
      place: `pair ${id}, decidedBy`,
      found: quote(unknown),
      allowed: `a criterion of ${rubric.id}: ${keys.join(', ')}`,
    });
  }
  return tests;
}

/** Judges every test pair by the rubric's rules. */
export function runRubricTests(
  rubric: Rubric,
  tests: readonly RubricTest[],
  scoreAnswer: AnswerScorer,
): RubricTestResult[] {
  return tests.map((test) => runTest(rubric, test, scoreAnswer));
}

function runTest(rubric: Rubric, test: RubricTest, scoreAnswer: AnswerScorer): RubricTestResult {
  const { id, category } = test;
  const prompt = {
    ...{ id, locale: rubric.locale, text: test.prompt },
    ...(category === undefined ? {} : { category }),
  };
  const better = scoreAnswer(prompt, test.better);
  const worse = scoreAnswer(prompt, test.worse);
  const decidedBy = rubric.criteria
    .map(({ key }) => ({
      criterion: key,
      part: (better.contributions[key] ?? 0) - (worse.contributions[key] ?? 0),
    }))
    .filter(({ part }) => part > SMALLEST_MARGIN)
    .sort((a, b) => b.part - a.part);
  if (better.value === undefined || worse.value === undefined) {
    return { id, passed: false, decidedBy, reason: 'the rules alone do not decide: a judge has to be asked' };
  }
  const margin = better.value - worse.value;
  const reason = reasonOfFailure(test, margin, decidedBy.at(0)?.criterion);
  return { id, passed: reason === undefined, margin, decidedBy, ...(reason === undefined ? {} : { reason }) };
}

function reasonOfFailure(
  { decidedBy }: RubricTest,
  margin: number,
  decisive: string | undefined,
): string | undefined {
  if (Math.abs(margin) <= SMALLEST_MARGIN) return 'both answers are worth the same';
  if (margin < 0) return 'the worse answer is worth more';
  if (decidedBy === undefined || (decisive !== undefined && decidedBy.includes(decisive))) return undefined;
  return `decided by ${decisive ?? 'nothing'}, not by ${decidedBy.join(' or ')}`;
}
