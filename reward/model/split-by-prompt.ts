import type { Rng } from '../../core/math/rng.js';

export interface Split<Row> {
  readonly training: readonly Row[];
  readonly heldOut: readonly Row[];
}

/** Splits by prompt, never by pair: two pairs of one prompt share an answer, and so would leak it. */
export function splitByPrompt<Row extends { readonly promptId: string }>(
  rows: readonly Row[],
  heldOutShare: number,
  rng: Rng,
): Split<Row> {
  const prompts = rng.shuffle([...new Set(rows.map(({ promptId }) => promptId))].sort());
  const heldOut = new Set(prompts.slice(0, Math.round(prompts.length * heldOutShare)));
  return {
    training: rows.filter(({ promptId }) => !heldOut.has(promptId)),
    heldOut: rows.filter(({ promptId }) => heldOut.has(promptId)),
  };
}
