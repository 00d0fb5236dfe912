/** The one place that loads mathjs, and only when there is a formula: few rubrics have one, and loading takes a third of a second. */
import { runInNewContext } from 'node:vm';
import type { MathNode } from 'mathjs' with { 'resolution-mode': 'import' };
import { quote } from '../../../core/config/parse-input.js';
import type { InputPlace } from '../../../core/config/parse-input.js';
import { BadInputError } from '../../../core/errors.js';
import type { FormulaFault } from './check-formula.js';
import { formulaFault } from './check-formula.js';
import type { FormulaLimits } from './formula-limits.js';

/** A formula that has passed every check. */
export interface CompiledFormula {
  /** Names of the scores that it uses. */
  readonly uses: ReadonlySet<string>;
  /** Its value for scores by name, all of `uses` among them; not finite outside of what it is defined for. */
  readonly evaluate: (scores: ReadonlyMap<string, number>) => number;
}

/** What a formula is compiled against. */
export interface FormulaScope {
  readonly names: ReadonlySet<string>;
  readonly limits: FormulaLimits;
  readonly where: InputPlace;
}

/**
 * Parses, checks and tries out a formula. A bad one is a BadInputError, also one that takes too long: the whole of it runs
 * under a time limit that the engine enforces.
 */
export async function compileFormula(formula: string, scope: FormulaScope): Promise<CompiledFormula> {
  const { limits, where } = scope;
  if (formula.length > limits.characters) {
    const found = `a formula of ${formula.length} characters`;
    throw new BadInputError({ ...where, found, allowed: `at most ${limits.characters}` });
  }
  const { parse } = await import('mathjs/number');
  let outcome: Examined | undefined;
  const work = (): void => {
    outcome = examine(() => parse(formula), scope);
  };
  try {
    runInNewContext('work()', { work }, { timeout: limits.milliseconds });
  } catch (thrown) {
    throw new BadInputError({ ...where, ...thrownFault(thrown, limits) }, thrown);
  }
  if (outcome !== undefined && 'formula' in outcome) return outcome.formula;
  throw new BadInputError({
    ...where,
    ...(outcome?.fault ?? { found: quote(formula), allowed: 'a formula' }),
  });
}

type Examined = { readonly formula: CompiledFormula } | { readonly fault: FormulaFault };

function examine(parse: () => MathNode, { names, limits }: FormulaScope): Examined {
  const root = parse();
  const fault = formulaFault(root, names, limits);
  if (fault !== undefined) return { fault };
  const code = root.compile();
  const uses = new Set([...names].filter((name) => isNamedIn(root, name)));
  const formula: CompiledFormula = {
    uses,
    evaluate: (scores) => {
      const value: unknown = code.evaluate(new Map(scores));
      return typeof value === 'number' ? value : Number.NaN;
    },
  };
  const refusal = trialFault(formula);
  return refusal === undefined ? { formula } : { fault: refusal };
}

function isNamedIn(root: MathNode, name: string): boolean {
  return root.filter((node) => node.type === 'SymbolNode' && node.toString() === name).length > 0;
}

/** Tries the corners that scores can reach: all alike, and each one alone at either end. */
function trialFault({ uses, evaluate }: CompiledFormula): FormulaFault | undefined {
  const all = (value: number): Map<string, number> => new Map([...uses].map((name) => [name, value]));
  const trials: [string, Map<string, number>][] = [0, 0.5, 1].map((value) => [
    `every score is ${value}`,
    all(value),
  ]);
  for (const name of uses) {
    trials.push([`${name} alone is 0`, all(1).set(name, 0)], [`${name} alone is 1`, all(0).set(name, 1)]);
  }
  for (const [when, scores] of trials) {
    const value = evaluate(scores);
    if (Number.isFinite(value)) continue;
    return {
      found: `no finite number where ${when}`,
      allowed: 'a formula that gives a finite number for all scores from 0 to 1',
    };
  }
  return undefined;
}

function thrownFault(thrown: unknown, limits: FormulaLimits): FormulaFault {
  const code = typeof thrown === 'object' && thrown !== null && 'code' in thrown ? thrown.code : undefined;
  if (code === 'ERR_SCRIPT_EXECUTION_TIMEOUT') {
    const found = `a formula that takes longer than ${limits.milliseconds} ms`;
    return { found, allowed: 'a shorter one' };
  }
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return {
    found: `a formula that cannot be read (${message})`,
    allowed: 'a formula such as 0.6 * a + 0.4 * b',
  };
}
