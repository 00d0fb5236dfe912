import { compileFormula } from '../../../../../reward/rubric/formula/compile-formula.js';
import { FORMULA_LIMITS } from '../../../../../reward/rubric/formula/formula-limits.js';
import { evaluateFormula, prepareFormula } from '../../../../../reward/rubric/formula/prepared-formulas.js';

const names = new Set(['a', 'b', 'c']);
const where = { source: 'r.yaml', place: 'composite.formula' };
const scores = new Map([
  ['a', 0.25],
  ['b', 0.5],
  ['c', 1],
]);
const value = async (formula: string): Promise<number> =>
  (await compileFormula(formula, { names, limits: FORMULA_LIMITS, where })).evaluate(scores);
const refusal = (formula: string, limits = FORMULA_LIMITS): Promise<unknown> =>
  compileFormula(formula, { names, limits, where });

describe('a composite formula', () => {
  it.each([
    ['0.5 * a + 0.5 * b', 0.375],
    ['a - b ^ 2', 0],
    ['min(a, b, c) + max(a, b)', 0.75],
    ['sqrt(a) * abs(-c)', 0.5],
    ['a < 0.5 ? -1 : c', -1],
    ['(a >= 0.25 ? 1 : 0) * c', 1],
    ['exp(0) + log(1 + c)', 1 + Math.LN2],
    ['2 ^ (-2)', 0.25],
    ['a / (b + 0.5)', 0.25],
  ])('%s has the value %d', async (formula, expected) => {
    expect(await value(formula)).toBeCloseTo(expected, 14);
  });

  it.each([
    'a = 1',
    'f(x) = x',
    'a.constructor',
    'a["constructor"]',
    'a.constructor("return process")()',
    'constructor',
    'import({}, {})',
    'createUnit("x")',
    'evaluate("1")',
    'parse("a")',
    'simplify("a")',
    'map([1, 2], f)',
    '[a, b]',
    '{x: a}',
    '1:10',
    'a; b',
    'a!',
    'a and b',
    'not a',
    '"text"',
    'true',
    'a % 2',
    'a | b',
    'a to b',
    '9 ^ 9 ^ 9',
    'a ^ b',
    'a ^ -9',
    '1e7 * a',
    '1e400 * a',
    'pi',
    'random()',
    'min()',
    'exp(a, b)',
    'log(a)',
    'sqrt(a - b)',
    'a < b',
    '',
    ')',
  ])('%s is refused', async (formula) => {
    await expect(refusal(formula)).rejects.toMatchObject({
      code: 'invalid_argument',
      input: { place: 'composite.formula' },
    });
  });

  it('is stopped when it takes too long, wherever it is', async () => {
    const slow = '('.repeat(1500) + 'a' + ')'.repeat(1500) + '+a'.repeat(200_000);
    const limits = { characters: 1e9, nodes: 1e9, milliseconds: 5 };
    await expect(refusal(slow, limits)).rejects.toThrow(
      /found a formula that (takes longer than 5 ms|cannot be read)/,
    );
    const long = `a${'+a'.repeat(200_000)}`;
    await expect(refusal(long, limits)).rejects.toThrow('found a formula that takes longer than 5 ms');
  });

  it('survives brackets that are deeper than the stack', async () => {
    const limits = { characters: 1e9, nodes: 1e9, milliseconds: 10_000 };
    await expect(refusal('('.repeat(200_000), limits)).rejects.toMatchObject({ code: 'invalid_argument' });
  });

  it('has no value without every score that it uses, and needs no others', async () => {
    const uses = await prepareFormula('a + 0 * b', names, where);
    expect([...uses].sort()).toEqual(['a', 'b']);
    expect(evaluateFormula('a + 0 * b', new Map([['a', 1]]))).toBeUndefined();
    expect(
      evaluateFormula(
        'a + 0 * b',
        new Map([
          ['a', 1],
          ['b', 1],
        ]),
      ),
    ).toBe(1);
  });

  it('has no value where it leaves the numbers, rather than an infinite one', async () => {
    await prepareFormula('1 / (a - 0.3)', names, where);
    expect(evaluateFormula('1 / (a - 0.3)', new Map([['a', 0.3]]))).toBeUndefined();
  });

  it('is not evaluated before a rubric that has it was loaded', () => {
    expect(() => evaluateFormula('c + c', scores)).toThrow('no loaded rubric has');
  });
});
