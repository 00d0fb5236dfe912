import { particleAfter } from '../../../../workers/corpus/particle.js';

describe('particleAfter', () => {
  it.each([
    ['민수', '은', '는', '는'],
    ['지현', '은', '는', '은'],
    ['서울', '이', '가', '이'],
    ['부산', '으로', '로', '으로'],
    ['서울', '으로', '로', '로'],
    ['제주', '으로', '로', '로'],
    ['London', '을', '를', '를'],
  ])('after %s chooses between %s and %s: %s', (word, closed, open, expected) => {
    expect(particleAfter(word, closed, open)).toBe(expected);
  });
});
