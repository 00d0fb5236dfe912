import { z } from 'zod';
import { BadInputError } from '../../../core/errors.js';
import type { LocaleProfile } from '../../../core/domain/locale.js';
import type { AnswerReading } from '../answer-reading.js';
import { defineEvaluator } from '../evaluator.js';

const RUN = /[\p{L}\p{M}\p{N}]+/gu;

/**
 * Register: of the signs of any register that the locale knows (marker words anywhere, endings of each sentence's
 * last run of letters), the share that belongs to the target's. Mixing registers therefore costs; `none` is the score of an
 * answer that gives no sign. Where endings of two registers fit, the longer one is read (습니다 before 다). A word
 * that is no marker is read again without the conjunction it may begin with (Arabic writes و and ف onto words).
 */
export const register = defineEvaluator({
  name: 'register',
  parameters: z.strictObject({
    target: z.string(),
    none: z.number().min(0).max(1).default(0.5),
    conjunctions: z.array(z.string().min(1)).default([]),
  }),
  prepare: ({ target, none, conjunctions }, { profile }, where) => {
    if (!Object.hasOwn(profile.registers, target)) {
      throw new BadInputError({
        ...where,
        place: `${where.place ?? ''}.target`,
        found: JSON.stringify(target),
        allowed: `a register of locale ${profile.locale}: ${Object.keys(profile.registers).join(', ')}`,
      });
    }
    const signsOf = registerSigns(profile, conjunctions);
    return (reading) => {
      const signs = signsOf(reading);
      if (signs.length === 0) return none;
      return signs.filter((name) => name === target).length / signs.length;
    };
  },
});

/** For an answer, the register of each sign in it. A word that marks two registers is a sign of neither. */
function registerSigns(
  profile: LocaleProfile,
  conjunctions: readonly string[],
): (reading: AnswerReading) => string[] {
  const markers = new Map<string, string | undefined>();
  for (const [name, features] of Object.entries(profile.registers)) {
    for (const marker of features.markers) markers.set(marker, markers.has(marker) ? undefined : name);
  }
  const endings = Object.entries(profile.registers)
    .flatMap(([name, features]) => features.endings.map((ending) => ({ name, ending })))
    .sort((a, b) => b.ending.length - a.ending.length);
  const markOf = (word: string): string | undefined => {
    if (markers.has(word)) return markers.get(word);
    const conjunction = conjunctions.find((prefix) => word.startsWith(prefix));
    return conjunction === undefined ? undefined : markers.get(word.slice(conjunction.length));
  };
  return ({ words, sentences }) => {
    const byWord = words.map(markOf);
    const byEnding = sentences.map((sentence) => {
      // A run of letters and not a word: ICU's word list would cut a Japanese ending in pieces (行き, ま, した).
      const last = sentence.match(RUN)?.at(-1) ?? '';
      return endings.find(({ ending }) => last.endsWith(ending))?.name;
    });
    return [...byWord, ...byEnding].filter((name) => name !== undefined);
  };
}
