import { z } from 'zod';
import { PROMPT_SCRIPT, type LocaleProfile } from '../../../core/domain/locale.js';
import { defineEvaluator } from '../evaluator.js';
import { scriptsOf } from './prompt-scripts.js';

/**
 * Language fidelity by script: the share of letters in the locale's scripts, saturating at `minimum`, so that a
 * foreign brand name in Latin letters costs nothing. An answer without letters scores 0. Where the profile has no
 * script of its own, the scripts are those that the question is written in, and a question without letters asks for none.
 */
export const scriptShare = defineEvaluator({
  name: 'script-share',
  parameters: z.strictObject({ minimum: z.number().gt(0).max(1).default(0.9) }),
  prepare: ({ minimum }, { profile }) => {
    const own = profile.script === PROMPT_SCRIPT ? undefined : lettersOf(profile);
    return ({ prompt, text }) => {
      const inScript = own ?? lettersIn(scriptsOf(prompt.text));
      if (inScript === undefined) return 1;
      const letters = text.match(/\p{L}/gu) ?? [];
      if (letters.length === 0) return 0;
      const share = (letters.join('').match(inScript)?.length ?? 0) / letters.length;
      return Math.min(1, share / minimum);
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
