import { z } from 'zod';
import { PROMPT_SCRIPT, type LocaleProfile } from '../../../core/domain/locale.js';
import { defineEvaluator } from '../evaluator.js';
import { scriptsOf } from './prompt-scripts.js';

const NO_LETTERS = /\P{L}+/gu;

/**
 * Language fidelity by script: the share of letters in the locale's scripts, saturating at `minimum`, so that a
 * foreign brand name in Latin letters costs nothing. An answer without letters scores 0. Where the profile has no
 * script of its own, the scripts are those that the question is written in, and a question without letters asks for none.
 */
export const scriptShare = defineEvaluator({
  name: 'script-share',
  parameters: z.strictObject({ minimum: z.number().gt(0).max(1).default(0.9) }),
  prepare: ({ minimum }, { profile }) => {
    const ofLocale = profile.script === PROMPT_SCRIPT ? undefined : lettersOf(profile);
    return ({ prompt, text }) => {
      const inScript = ofLocale ?? lettersIn(scriptsOf(prompt.text));
      if (inScript === undefined) return 1;
      const letters = text.replace(NO_LETTERS, '');
      if (letters === '') return 0;
      const all = codePoints(letters);
      const own = all - codePoints(letters.replace(inScript, ''));
      return Math.min(1, own / all / minimum);
    };
  },
});

/** The long vowel mark ー is of no one script; Script_Extensions counts it as Katakana. */
function lettersOf({ script, otherScripts = [] }: LocaleProfile): RegExp {
  const others = otherScripts.map((other) => `\\p{Script_Extensions=${other}}`);
  return new RegExp([`\\p{Script=${script}}`, ...others].join('|'), 'gu');
}

function lettersIn(scripts: readonly string[]): RegExp | undefined {
  if (scripts.length === 0) return undefined;
  return new RegExp(scripts.map((script) => `\\p{Script_Extensions=${script}}`).join('|'), 'gu');
}

function codePoints(text: string): number {
  let pairs = 0;
  for (let at = 0; at < text.length; at += 1) if ((text.charCodeAt(at) & 0xfc00) === 0xd800) pairs += 1;
  return text.length - pairs;
}
