/** How large a formula may be. Every node is one step of constant time, so that these bound a call as well. */
export interface FormulaLimits {
  readonly characters: number;
  readonly nodes: number;
  /** For parsing, checking and trying it out. */
  readonly milliseconds: number;
}

export const FORMULA_LIMITS: FormulaLimits = { characters: 2000, nodes: 200, milliseconds: 1000 };

export const FORMULA_FUNCTIONS: ReadonlySet<string> = new Set(['abs', 'exp', 'log', 'max', 'min', 'sqrt']);

/** mathjs's names of + - * / ^ and of comparisons. */
export const FORMULA_OPERATORS: ReadonlySet<string> = new Set([
  ...['add', 'subtract', 'multiply', 'divide', 'pow', 'unaryMinus', 'unaryPlus'],
  ...['smaller', 'smallerEq', 'larger', 'largerEq'],
]);

/** Largest exponent and largest constant, by absolute value. */
export const LARGEST_EXPONENT = 8;
export const LARGEST_CONSTANT = 1e6;

/** What a formula may be made of, for a sentence. */
export const FORMULA_PARTS = `numbers, criterion keys, + - * / ^ < <= > >= ?: and the functions ${[...FORMULA_FUNCTIONS].join(', ')}`;
