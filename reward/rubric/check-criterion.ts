import { quote } from '../../core/config/parse-input.js';
import { ASKED_EVALUATORS } from '../../core/domain/rubric.js';
import { BadInputError } from '../../core/errors.js';
import type { CriterionFile } from './rubric-schema.js';

/** Shares of readers are written with a few digits. */
const SHARE_TOLERANCE = 1e-6;

/** Refuses a criterion whose scale, levels, veto and contested target do not fit each other. */
export function checkCriterion(criterion: CriterionFile, source: string, place: string): void {
  const refuse = (inner: string, found: string, allowed: string): never => {
    throw new BadInputError({ source, place: `${place}.${inner}`, found, allowed });
  };
  checkLevels(criterion, refuse);
  checkContested(criterion, refuse);
  if (criterion.veto?.threshold === 1) {
    refuse('veto.threshold', '1, which rules out every answer', 'a score from 0 to less than 1');
  }
}

type Refuse = (inner: string, found: string, allowed: string) => never;

function checkLevels({ scale, levels }: CriterionFile, refuse: Refuse): void {
  if (levels === undefined) {
    if (scale === 'ordinal')
      refuse('levels', 'nothing', 'at least two described levels of the ordinal scale');
    return;
  }
  const numbers = levels.map(({ level }) => level);
  const falling = numbers.findIndex((level, index) => index > 0 && level <= numbers[index - 1]);
  if (falling > 0) {
    refuse(
      `levels[${falling}].level`,
      quote(numbers[falling]),
      `more than ${numbers[falling - 1]}: levels ascend`,
    );
  }
  if (scale === 'binary' && numbers.join() !== '0,1') {
    refuse('levels', quote(numbers), 'the levels 0 and 1 of the binary scale');
  }
  const odd = numbers.findIndex((level) => (scale === 'ordinal' ? !Number.isInteger(level) : level > 1));
  if (odd >= 0) {
    const allowed = scale === 'ordinal' ? 'a whole number on an ordinal scale' : 'at most 1 on this scale';
    refuse(`levels[${odd}].level`, quote(numbers[odd]), allowed);
  }
}

function checkContested({ contested, levels, evaluator }: CriterionFile, refuse: Refuse): void {
  if (contested === undefined) return;
  if (!ASKED_EVALUATORS.has(evaluator)) {
    refuse('contested', `a contested criterion of evaluator ${quote(evaluator)}`, 'evaluator judge or human');
  }
  const { target } = contested;
  const total = target.reduce((sum, share) => sum + share, 0);
  if (levels === undefined || target.length !== levels.length) {
    const count = levels?.length ?? 'no';
    refuse('contested.target', `${target.length} shares for ${count} levels`, 'one share of readers a level');
  }
  if (Math.abs(total - 1) > SHARE_TOLERANCE) {
    refuse(
      'contested.target',
      `shares that sum to ${Number(total.toFixed(6))}`,
      'shares of readers that sum to 1',
    );
  }
}
