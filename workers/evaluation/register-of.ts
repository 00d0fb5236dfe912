import type { LocaleProfile, RegisterFeatures } from '../../core/domain/locale.js';
import type { IntervalEstimate } from '../../core/math/interval-estimate.js';
import { proportionInterval } from '../../core/math/proportion-interval.js';
import { wordsOf } from './answer-vetoes.js';

const LEVEL = 0.95;

/** The register with the most marked words and sentence endings; undefined where none leads. */
export function registerOf(answer: string, profile: LocaleProfile): string | undefined {
  const counts = Object.entries(profile.registers)
    .map(([name, features]) => ({ name, count: countFeatures(answer, features) }))
    .sort((a, b) => b.count - a.count);
  const [first, second] = counts;
  if (first === undefined || first.count === 0 || first.count === second?.count) return undefined;
  return first.name;
}

/** An answer, and the register that it is asked to be in. */
export interface AskedRegister {
  readonly text: string;
  readonly register: string;
  readonly profile: LocaleProfile;
}

/** Share of answers in the register that is asked of them, with Wilson's interval. */
export function registerShare(answers: readonly AskedRegister[]): IntervalEstimate {
  const inRegister = answers.filter(
    ({ text, register, profile }) => registerOf(text, profile) === register,
  ).length;
  return proportionInterval(inRegister, answers.length, LEVEL);
}

function countFeatures(answer: string, { markers, endings }: RegisterFeatures): number {
  const words = wordsOf(answer);
  const marked = words.filter((word) => markers.includes(word)).length;
  const ended = answer
    .split(/[.!?！？؟。…]+/u)
    .filter((sentence) => endings.some((ending) => sentence.trim().endsWith(ending))).length;
  return marked + ended;
}
