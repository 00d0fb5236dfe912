/**
 * Runs a kit's tests on a model. Invariants: each answer is scored once, whatever the number of tests that look at it; a
 * failure never becomes a number, but leaves out the probes that rest on it, which are counted; the same scores and seed
 * give the same report.
 */
import { BadInputError } from '../../core/errors.js';
import { createRng, type Rng } from '../../core/math/rng.js';
import { quote } from '../../core/config/parse-input.js';
import type { CultureKit } from './culture-kit.js';
import { verdictOf } from './kit-figure.js';
import { scoreProbes, scoredOnly, type KitAnswers, type KitModels } from './kit-answers.js';
import type { KitExample, KitReport, KitTestResult } from './kit-report.js';
import type { KitTarget, KitTest, MeasureContext, Probe, ScoredProbe } from './kit-test.js';
import { kitTests } from './kit-tests.js';
import { accuracy, typicalGap } from './tests/accuracy.js';

/** Fewest scored items that an interval is given of: below it, even a flawless model's floor stays under 0.85. */
export const FEWEST_ITEMS = 20;
const MOST_EXAMPLES = 3;

export interface RunKitRequest {
  readonly kit: CultureKit;
  readonly models: KitModels;
  /** The register that the model is to prefer; the kit's first unless told. */
  readonly register?: string;
  /** Of the bootstrap. */
  readonly seed: number;
  readonly onProgress?: (done: number, all: number) => void;
  readonly signal?: AbortSignal;
}

/** Scores all that the kit asks, and measures. A register that the kit does not know is a BadInputError. */
export async function runKit(request: RunKitRequest): Promise<KitReport> {
  const { kit, models } = request;
  const target = targetOf(kit, request.register);
  const asked = kitTests.map((test) => ({ test, probes: test.probes(kit, target) }));
  const answers = await scoreProbes(
    asked.flatMap(({ probes }) => probes),
    request,
  );
  const unit = unitOf(scoredOnly(accuracy.probes(kit, target), answers));
  const rng = createRng(request.seed).fork('culture-kit');
  const tests = asked.map(({ test, probes }) => measure(test, probes, { answers, unit, rng }));
  const { locale, version, title, nativeChecked } = kit.manifest;
  return {
    kit: { locale, version, hash: kit.hash, title, nativeChecked },
    model: models.tested.name,
    ...(models.swapped === undefined ? {} : { swapped: models.swapped.name }),
    register: target.register,
    ...(unit.missing === undefined ? { typicalGap: unit.gap } : {}),
    answers: answers.size,
    excluded: answers.excluded,
    tests,
    failed: tests.filter(({ verdict }) => verdict === 'fail').map(({ test }) => test),
  };
}

/** The register of a name, and the kit's other one. */
export function targetOf({ manifest: { registers } }: CultureKit, name: string | undefined): KitTarget {
  const names = registers.map((register) => register.name);
  const register = name ?? names[0];
  if (!names.includes(register)) {
    throw new BadInputError({
      source: 'command line',
      place: 'register',
      found: quote(name),
      allowed: `a register of the kit: ${names.join(', ')}`,
    });
  }
  const otherRegister = names.find((other) => other !== register);
  return { register, ...(otherRegister === undefined ? {} : { otherRegister }) };
}

/** What figures in gaps are in, or why there is no such unit. */
interface Unit {
  readonly gap: number;
  readonly missing?: string;
}

function unitOf(pairs: readonly ScoredProbe[]): Unit {
  const gap = typicalGap(pairs);
  if (pairs.length < FEWEST_ITEMS) {
    return { gap, missing: `${pairs.length} pairs were scored, and a typical gap takes ${FEWEST_ITEMS}` };
  }
  if (gap > 0) return { gap };
  return { gap, missing: 'the model pays both answers of every pair alike, so that there is no typical gap' };
}

interface Measured {
  readonly answers: KitAnswers;
  readonly unit: Unit;
  readonly rng: Rng;
}

function measure(test: KitTest, probes: readonly Probe[], { answers, unit, rng }: Measured): KitTestResult {
  const context = { gap: unit.gap, rng: rng.fork(test.name) };
  const scored = scoredOnly(probes, answers);
  const found = {
    test: test.name,
    measures: test.measures,
    items: scored.length,
    excludedItems: probes.length - scored.length,
  };
  const reason = whyNotMeasured(test, probes, scored, unit);
  if (reason !== undefined) return { ...found, verdict: 'not_measured', figures: [], reason, examples: [] };
  const figures = test.figures(scored, context);
  return { ...found, verdict: verdictOf(figures), figures, examples: examplesOf(test, scored, context) };
}

function whyNotMeasured(
  { name, file, inGaps }: KitTest,
  probes: readonly Probe[],
  scored: readonly ScoredProbe[],
  unit: Unit,
): string | undefined {
  if (probes.length === 0) return `the kit has no probes for it (${file}.jsonl)`;
  if (scored.length < FEWEST_ITEMS) {
    const swap = name === 'rubric-swap' && scored.length === 0 ? '; it takes a model under each rubric' : '';
    return `${scored.length} of ${probes.length} probes were scored, and an interval takes ${FEWEST_ITEMS}${swap}`;
  }
  return inGaps ? unit.missing : undefined;
}

function examplesOf(test: KitTest, scored: readonly ScoredProbe[], context: MeasureContext): KitExample[] {
  return scored
    .map((probe) => ({ probe, fault: test.fault(probe, context) }))
    .filter(({ fault }) => fault >= 0)
    .sort((a, b) => b.fault - a.fault)
    .slice(0, MOST_EXAMPLES)
    .map(({ probe: { id, candidates, scores } }) => ({
      id,
      prompt: candidates[0].prompt,
      answers: candidates.map(({ answer }, at) => ({ answer, score: scores[at] })),
    }));
}
