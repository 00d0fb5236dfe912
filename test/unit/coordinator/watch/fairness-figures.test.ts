import { fairnessFigures } from '../../../../coordinator/watch/fairness-figures.js';
import { byGroup } from '../../../../core/domain/prompt-groups.js';
import type { Prompt } from '../../../../core/domain/prompt.js';
import { promptsOf } from '../../../support/prompts-of.js';
import { watchedIteration } from '../../../support/watched-iteration.js';

const abstained = { kind: 'abstained', reason: 'unsure' } as const;
const answer = (outcome: number | typeof abstained): { tokens: number; outcome: typeof outcome } => ({
  tokens: 1,
  outcome,
});
const groups = [[answer(1), answer(2)], [answer(-1), answer(abstained)], [answer(4)]];
const ar = (category?: string): Pick<Prompt, 'locale' | 'category'> =>
  category === undefined ? { locale: 'ar' } : { locale: 'ar', category };

describe('what groups of prompts are paid', () => {
  it('is the mean of each category’s own answers, those without a score left out', () => {
    const watched = promptsOf(watchedIteration(groups), [ar('food'), ar('travel'), ar('food')]);
    // food: 1, 2 and 4; travel: -1 alone.
    expect(fairnessFigures(watched)).toEqual({
      'fairness/ar/food/mean': 7 / 3,
      'fairness/ar/food/answers': 3,
      'fairness/ar/travel/mean': -1,
      'fairness/ar/travel/answers': 1,
    });
  });

  it('tells locales apart where there are several, and a category within its locale', () => {
    const korean = { locale: 'ko', category: 'food' };
    const watched = promptsOf(watchedIteration(groups), [ar('food'), korean, ar('travel')]);
    expect(fairnessFigures(watched)).toEqual({
      'fairness/ar/mean': 7 / 3,
      'fairness/ar/answers': 3,
      'fairness/ar/food/mean': 1.5,
      'fairness/ar/food/answers': 2,
      'fairness/ar/travel/mean': 4,
      'fairness/ar/travel/answers': 1,
      'fairness/ko/mean': -1,
      'fairness/ko/answers': 1,
    });
  });

  it('tells regions apart within their language, and counts them in it', () => {
    const egypt = { locale: 'ar-EG', category: 'food' };
    const watched = promptsOf(watchedIteration(groups), [ar('food'), egypt, ar('travel')]);
    expect(fairnessFigures(watched)).toEqual({
      'fairness/ar-EG/mean': -1,
      'fairness/ar-EG/answers': 1,
      'fairness/ar/food/mean': 2 / 3,
      'fairness/ar/food/answers': 3,
      'fairness/ar/travel/mean': 4,
      'fairness/ar/travel/answers': 1,
    });
  });

  it('names a language where each has one region, and categories where one locale alone has them', () => {
    const watched = promptsOf(watchedIteration(groups), [
      { locale: 'ar-EG', category: 'food' },
      { locale: 'ko' },
      { locale: 'ar-EG', category: 'travel' },
    ]);
    expect(Object.keys(fairnessFigures(watched)).filter((name) => name.endsWith('/mean'))).toEqual([
      'fairness/ar/mean',
      'fairness/ar/food/mean',
      'fairness/ar/travel/mean',
      'fairness/ko/mean',
    ]);
  });

  it('is nothing where there is nothing to compare', () => {
    expect(
      fairnessFigures(promptsOf(watchedIteration(groups), [ar('food'), ar('food'), ar('food')])),
    ).toEqual({});
    expect(fairnessFigures(promptsOf(watchedIteration(groups), [ar(), ar(), ar()]))).toEqual({});
    expect(byGroup([])).toEqual(new Map());
  });
});
