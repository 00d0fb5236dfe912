/** What a name cut short may stand for. */
export type PrefixMatch =
  | { readonly kind: 'found'; readonly name: string }
  | { readonly kind: 'ambiguous' | 'unknown'; readonly candidates: readonly string[] };

/** The name that is given whole, or else the only one that begins so. Candidates of an unknown name are all there are. */
export function findByPrefix(names: readonly string[], given: string): PrefixMatch {
  if (names.includes(given)) return { kind: 'found', name: given };
  const matches = given === '' ? [] : names.filter((name) => name.startsWith(given));
  if (matches.length === 1) return { kind: 'found', name: matches[0] };
  return matches.length === 0
    ? { kind: 'unknown', candidates: names }
    : { kind: 'ambiguous', candidates: matches };
}

/** Candidates for a sentence: a few of them, and how many more there are. */
export function listCandidates(candidates: readonly string[], most = 8): string {
  const shown = candidates.slice(0, most).join(', ');
  return candidates.length > most ? `${shown} and ${candidates.length - most} more` : shown;
}
