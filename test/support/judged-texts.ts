import { logistic } from '../../core/math/logistic.js';
import { createRng, type Rng } from '../../core/math/rng.js';
import type { LabelledPair } from '../../reward/model/labelled-pair.js';

/** A simulated judge with known parameters. */
export interface SimulatedJudge {
  readonly seed: number;
  /** γ: logits that the judge pays for length, per tanh of the gap in standard deviations. */
  readonly lengthBias: number;
  readonly locale?: string;
}

/** A pair with what is true of it: how much better the first answer is, and how much longer. */
export interface JudgedText extends LabelledPair {
  /** Logits. */
  readonly qualityGap: number;
  /** tanh of the gap in standard deviations. */
  readonly lengthGap: number;
}

const SYLLABLES = ['ba', 'ko', 'ri', 'tu', 'me', 'za', 'lo', 'ni', 'pe', 'du', 'fa', 'gi'];
const WORDS = 200;
const WORDS_OF_VALUE = 60;
const SHORTEST = 8;
const SPREAD = 60;

/**
 * Texts of made-up words whose quality is the sum of their words' values, which are 0 on average, so that it has nothing to do
 * with length; labels are drawn from a Bradley-Terry judge who pays for length too. [pair]
 */
export function simulateJudgedTexts(
  count: number,
  { seed, lengthBias, locale = 'und' }: SimulatedJudge,
): JudgedText[] {
  const rng = createRng(seed);
  const words = Array.from({ length: WORDS }, () => word(rng));
  const values = words.map((_, at) => (at < WORDS_OF_VALUE ? rng.normal() / 4 : 0));
  const answers = Array.from({ length: 2 * count }, () => {
    const places = Array.from({ length: SHORTEST + rng.integer(SPREAD) }, () => rng.integer(WORDS));
    return {
      text: places.map((place) => words[place]).join(' '),
      quality: places.reduce((sum, place) => sum + values[place], 0),
    };
  });
  const gaps = Array.from(
    { length: count },
    (_, at) => answers[2 * at].text.length - answers[2 * at + 1].text.length,
  );
  const deviation = Math.sqrt(gaps.reduce((sum, gap) => sum + gap * gap, 0) / count);
  return gaps.map((gap, at) => {
    const [first, second] = [answers[2 * at], answers[2 * at + 1]];
    const qualityGap = first.quality - second.quality;
    const lengthGap = Math.tanh(gap / deviation);
    return {
      prompt: { id: `p${at}`, locale, text: `question ${at}` },
      first: first.text,
      second: second.text,
      probabilityFirst: rng.uniform() < logistic(qualityGap + lengthBias * lengthGap) ? 1 : 0,
      weight: 1,
      qualityGap,
      lengthGap,
    };
  });
}

function word(rng: Rng): string {
  return Array.from({ length: 2 + rng.integer(2) }, () => SYLLABLES[rng.integer(SYLLABLES.length)]).join('');
}
