import { z } from 'zod';
import { defineEvaluator } from '../evaluator.js';
import { createLexicon } from '../lexicon.js';

/** Currencies whose names and signs are foreign wherever they are not the locale's own. ISO 4217. */
const WORLD_CURRENCIES = ['USD', 'EUR', 'GBP', 'JPY', 'CNY'];

/**
 * Money in the locale's own currency: one minus the share of foreign currencies among those named. Names and signs
 * are `Intl`'s (Unicode CLDR) and the profile's word lists. An answer without money scores 1.
 */
export const localCurrency = defineEvaluator({
  name: 'local-currency',
  parameters: z.strictObject({}),
  prepare: (_parameters, { tag, profile }) => {
    const { currency } = profile.units;
    const others = WORLD_CURRENCIES.filter((code) => code !== currency);
    const lexicon = createLexicon(
      {
        local: [...profile.localCurrencyWords, currency, ...namesOf(currency, tag)],
        foreign: [
          ...profile.foreignCurrencyWords,
          ...others,
          ...others.flatMap((code) => namesOf(code, tag)),
        ],
      },
      profile,
    );
    const ownSign = signOf(currency);
    const foreignSigns = others.map(signOf).filter((sign) => !ownSign.includes(sign));
    return ({ text }) => {
      const counts = lexicon(text);
      const foreign = counts.foreign + foreignSigns.filter((sign) => text.includes(sign)).length;
      const all = counts.local + foreign;
      return all === 0 ? 1 : counts.local / all;
    };
  },
});

/** The currency's names for one, two, many, as the locale writes them. */
function namesOf(currency: string, tag: string): string[] {
  const format = new Intl.NumberFormat(tag, { style: 'currency', currency, currencyDisplay: 'name' });
  return [1, 2, 3, 11, 100].map((amount) => partOf(format, amount));
}

/** The sign as the world writes it, `$` and not `US$`. */
function signOf(currency: string): string {
  const format = new Intl.NumberFormat('en', {
    style: 'currency',
    currency,
    currencyDisplay: 'narrowSymbol',
  });
  return partOf(format, 1);
}

function partOf(format: Intl.NumberFormat, amount: number): string {
  const part = format.formatToParts(amount).find(({ type }) => type === 'currency');
  return (part?.value ?? '').normalize('NFC');
}
