import { findVeto, repetitionOf } from '../../../../workers/evaluation/answer-vetoes.js';
import {
  fitControlJudge,
  goldAccuracy,
  type AuthoredPair,
} from '../../../../workers/evaluation/control-judge.js';

const pair = (id: string, better: string, worse: string): AuthoredPair => ({
  id,
  rubric: 'polite',
  prompt: '뭐 먹을까요?',
  better,
  worse,
});

const FITTED = [
  pair('1', '오늘은 비빔밥을 먹어요.', '오늘은 비빔밥을 먹는다.'),
  pair('2', '저녁에는 국수를 끓여요.', '저녁에는 국수를 끓인다.'),
  pair('3', '점심은 김밥이 좋아요.', '점심은 김밥이 좋다.'),
  pair('4', '친구와 떡을 나눠요.', '친구와 떡을 나눈다.'),
];

describe('control judge', () => {
  const judge = fitControlJudge(FITTED);

  it('prefers on unseen wording what its pairs preferred', () => {
    expect(
      judge.probabilityFirst('어디 가요?', '내일은 시장에 가요.', '내일은 시장에 간다.'),
    ).toBeGreaterThan(0.5);
  });

  it('gives complementary probabilities when the order is turned', () => {
    const [first, second] = ['내일은 시장에 가요.', '내일은 시장에 간다.'];
    const sum = judge.probabilityFirst('', first, second) + judge.probabilityFirst('', second, first);
    expect(sum).toBeCloseTo(1, 12);
  });

  it('calls the same answer twice a tie', () => {
    expect(judge.probabilityFirst('어디 가요?', '집에 가요 지금.', '집에 가요 지금.')).toBe(0.5);
  });

  it('lets a stuffed answer lose, however well it is worded', () => {
    const stuffed = '서울, 부산, 대구, 인천, 광주에 가요.';
    expect(judge.probabilityFirst('어디 가요?', stuffed, '내일은 시장에 간다.')).toBe(0);
  });

  it('counts a tie on gold as half a point', () => {
    const tied = pair('t', '네', '아');
    expect(goldAccuracy(judge, [tied])).toBe(0.5);
  });
});

describe('vetoes', () => {
  it.each([
    ['degenerate', 'نعم'],
    ['degenerate', '   '],
    ['degenerate', 'ماذا آكل اليوم؟'],
    ['repetitive', 'في القاهرة في القاهرة في القاهرة'],
    ['stuffed', 'أحب القاهرة، الإسكندرية، أسوان، الأقصر، طنطا'],
    ['stuffed', 'زرت القاهرة وأسوان والأقصر وطنطا والجيزة'],
  ])('finds %s in "%s"', (veto, answer) => {
    expect(findVeto('ماذا آكل اليوم؟', answer)).toBe(veto);
  });

  it('lets an ordinary answer with two names pass', () => {
    expect(findVeto('إلى أين؟', 'سوف أسافر مع أحمد إلى أسوان في الصيف.')).toBeUndefined();
  });
});

describe('repetition', () => {
  it('is the share of word pairs that had occurred before', () => {
    // Bigrams: "a b", "b a", "a b" → one of three had occurred.
    expect(repetitionOf('a b a b')).toBeCloseTo(1 / 3, 12);
  });

  it('is zero for a single word', () => {
    expect(repetitionOf('word')).toBe(0);
  });
});
