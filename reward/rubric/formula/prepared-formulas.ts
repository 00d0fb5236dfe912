import type { InputPlace } from '../../../core/config/parse-input.js';
import { MajlisError } from '../../../core/errors.js';
import { compileFormula, type CompiledFormula } from './compile-formula.js';
import { FORMULA_LIMITS } from './formula-limits.js';

/**
 * Compiled formulas by their text. Invariant: what a formula computes follows from its text alone, so that one compiled
 * once is right for every rubric that has it; whether its names are a rubric's is checked for each rubric.
 */
const prepared = new Map<string, CompiledFormula>();

/**
 * Compiles and checks a formula over these names, from then on usable by `evaluateFormula`, and says which of them it uses.
 * A bad one is a BadInputError.
 */
export async function prepareFormula(
  formula: string,
  names: ReadonlySet<string>,
  where: InputPlace,
): Promise<ReadonlySet<string>> {
  const compiled = await compileFormula(formula, { names, limits: FORMULA_LIMITS, where });
  prepared.set(formula, compiled);
  return compiled.uses;
}

/** The formula's value for scores by name; undefined where it gives no finite number or lacks a score. */
export function evaluateFormula(formula: string, scores: ReadonlyMap<string, number>): number | undefined {
  const compiled = prepared.get(formula);
  if (compiled === undefined) {
    throw new MajlisError(
      'a formula is used that no loaded rubric has; load the rubric in this process first',
      {
        code: 'failed_precondition',
      },
    );
  }
  if ([...compiled.uses].some((name) => !scores.has(name))) return undefined;
  const value = compiled.evaluate(scores);
  return Number.isFinite(value) ? value : undefined;
}
