import { z } from 'zod';
import { PROMPT_SCRIPT, type LocaleProfile } from '../../../core/domain/locale.js';
import { defineEvaluator } from '../evaluator.js';
import { scriptsOf } from './prompt-scripts.js';

const LETTER = /\p{L}/u;

/**
 * Language fidelity by script: the share of letters in the locale's scripts, saturating at `minimum`, so that a
 * foreign brand name in Latin letters costs nothing. An answer without letters scores 0. Where the profile has no
 * script of its own, the scripts are those that the question is written in, and a question without letters asks for none.
 */
export const scriptShare = defineEvaluator({
  name: 'script-share',
  parameters: z.strictObject({ minimum: z.number().gt(0).max(1).default(0.9) }),
  prepare: ({ minimum }, { profile }) => {
    const ofLocale = profile.script === PROMPT_SCRIPT ? undefined : letterScript(lettersOf(profile));
    return ({ prompt, text }) => {
      const script = ofLocale ?? letterScript(lettersIn(scriptsOf(prompt.text)));
      if (script === undefined) return 1;
      const { all, own } = countLetters(text, script);
      return all === 0 ? 0 : Math.min(1, own / all / minimum);
    };
  },
});

/** The long vowel mark ー is of no one script; Script_Extensions counts it as Katakana. */
function lettersOf({ script, otherScripts = [] }: LocaleProfile): RegExp {
  const others = otherScripts.map((other) => `\\p{Script_Extensions=${other}}`);
  return new RegExp([`\\p{Script=${script}}`, ...others].join('|'), 'u');
}

function lettersIn(scripts: readonly string[]): RegExp | undefined {
  if (scripts.length === 0) return undefined;
  return new RegExp(scripts.map((script) => `\\p{Script_Extensions=${script}}`).join('|'), 'u');
}

/** What a code point is: no letter, a letter of the script, or one of another. */
const NO_LETTER = 1;
const OWN = 2;
const OTHER = 3;
const UNITS = 0x10000;

interface LetterScript {
  readonly inScript: RegExp;
  /** Kinds of the code points of one UTF-16 unit that were met; 0 of those that were not. */
  readonly kinds: Uint8Array;
}

function letterScript(inScript: RegExp | undefined): LetterScript | undefined {
  return inScript === undefined ? undefined : { inScript, kinds: new Uint8Array(UNITS) };
}

function countLetters(text: string, script: LetterScript): { readonly all: number; readonly own: number } {
  let all = 0;
  let own = 0;
  for (let at = 0; at < text.length; at += 1) {
    const unit = text.charCodeAt(at);
    let kind = script.kinds[unit];
    if (kind === 0) {
      const letter = String.fromCodePoint(text.codePointAt(at) ?? unit);
      kind = kindOf(letter, script);
      if (letter.length === 1) script.kinds[unit] = kind;
      else at += 1;
    }
    if (kind === NO_LETTER) continue;
    all += 1;
    if (kind === OWN) own += 1;
  }
  return { all, own };
}

function kindOf(letter: string, { inScript }: LetterScript): number {
  if (!LETTER.test(letter)) return NO_LETTER;
  return inScript.test(letter) ? OWN : OTHER;
}
