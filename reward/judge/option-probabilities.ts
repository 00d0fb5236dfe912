import type { TokenLogProb } from './chat-call.js';
import type { ReplyField } from './reply-contract.js';

/**
 * Probabilities of a field's options, from the log-probabilities at the token that tells them apart: e^ℓ of every
 * alternative that begins or spells one option and no other, over their sum. Undefined where the tokens do not spell
 * the reply or no alternative fits.
 * @param content a reply that keeps the contract
 * @returns in the order of the options
 */
export function optionProbabilities(
  content: string,
  tokens: readonly TokenLogProb[],
  field: ReplyField,
): readonly number[] | undefined {
  const options = field.options.map((option) => JSON.stringify(option));
  const shared = sharedPrefix(options);
  const place = valueStart(content, field.name);
  if (place === undefined) return undefined;
  const found = tokenAt(content, tokens, place + shared);
  if (found === undefined) return undefined;
  const lead = found.token.token.slice(0, found.within).trimStart();
  const masses = options.map(() => 0);
  for (const { token, logProb } of found.token.top) {
    const text = token.trimStart();
    if (!text.startsWith(lead)) continue;
    const fits = matching(
      text.slice(lead.length),
      options.map((option) => option.slice(shared)),
    );
    if (fits !== undefined) masses[fits] += Math.exp(logProb);
  }
  const total = masses.reduce((sum, mass) => sum + mass, 0);
  return Number.isFinite(total) && total > 0 ? masses.map((mass) => mass / total) : undefined;
}

/** Where a field's value begins; the contract leaves nothing in a reply that could pass for its name. */
function valueStart(content: string, name: string): number | undefined {
  const key = JSON.stringify(name);
  const at = content.indexOf(key);
  if (at < 0) return undefined;
  const gap = /^\s*:\s*/u.exec(content.slice(at + key.length));
  return gap === null ? undefined : at + key.length + gap[0].length;
}

/** The token over a place of the content, and how far into it the place is. */
function tokenAt(
  content: string,
  tokens: readonly TokenLogProb[],
  place: number,
): { token: TokenLogProb; within: number } | undefined {
  let start = 0;
  for (const token of tokens) {
    const end = start + token.token.length;
    if (content.slice(start, end) !== token.token) return undefined;
    if (place < end) return { token, within: place - start };
    start = end;
  }
  return undefined;
}

/** The index of the one option that the text begins, or that begins the text. */
function matching(text: string, options: readonly string[]): number | undefined {
  if (text === '') return undefined;
  const fitting = options.flatMap((option, at) =>
    option.startsWith(text) || text.startsWith(option) ? [at] : [],
  );
  return fitting.length === 1 ? fitting[0] : undefined;
}

function sharedPrefix(options: readonly string[]): number {
  const [first, ...rest] = options;
  let length = 0;
  while (length < first.length && rest.every((option) => option[length] === first[length])) length += 1;
  return length;
}
