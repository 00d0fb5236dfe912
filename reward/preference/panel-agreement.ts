import { cohenKappa, cohenKappaError, fleissKappa } from '../../core/math/agreement.js';
import { krippendorffAlpha, krippendorffInterval } from '../../core/math/krippendorff-alpha.js';
import type { Rng } from '../../core/math/rng.js';
import type { PanelVotes } from './panel-votes.js';

/** How two judges agree on the pairs that both judged. */
export interface TwoJudges {
  readonly judges: readonly [string, string];
  readonly pairs: number;
  /** Pairs on which both say the same. */
  readonly same: number;
  /** Cohen's κ and its standard error; absent where κ is undefined. */
  readonly kappa?: number;
  readonly standardError?: number;
}

export interface PanelAgreement {
  /** Krippendorff's nominal α with its bootstrap interval; absent where it is undefined. */
  readonly alpha?: { readonly value: number; readonly low: number; readonly high: number };
  /** Fleiss's κ; absent where it is undefined. */
  readonly fleiss?: number;
  readonly twos: readonly TwoJudges[];
}

const RESAMPLES = 1000;
/** Second, neither, first. */
const SIDES = 3;

/** Agreement of judges on which answer of a pair is better, each after balancing its two orders; 0 in logit is a tie. */
export function panelAgreement(
  votes: PanelVotes['votes'],
  judges: readonly string[],
  options: { readonly rng: Rng; readonly level: number },
): PanelAgreement {
  const units = [...votes.values()].map((ofPair) => [...ofPair.values()].map(sideOf));
  const alpha = krippendorffAlpha(units);
  const interval = krippendorffInterval(units, { resamples: RESAMPLES, ...options });
  const fleiss = fleissKappa(
    units.map((sides) =>
      Array.from({ length: SIDES }, (_, side) => sides.filter((one) => one === side).length),
    ),
  );
  return {
    ...(alpha === undefined || interval === undefined
      ? {}
      : { alpha: { value: alpha, low: interval[0], high: interval[1] } }),
    ...(fleiss === undefined ? {} : { fleiss }),
    twos: judges.flatMap((one, at) =>
      judges.slice(at + 1).flatMap((other) => agreementOfTwo(votes, [one, other])),
    ),
  };
}

function agreementOfTwo(votes: PanelVotes['votes'], judges: readonly [string, string]): TwoJudges[] {
  const table = Array.from({ length: SIDES }, () => new Array<number>(SIDES).fill(0));
  let pairs = 0;
  for (const ofPair of votes.values()) {
    const [one, other] = judges.map((judge) => ofPair.get(judge));
    if (one === undefined || other === undefined) continue;
    table[sideOf(one)][sideOf(other)] += 1;
    pairs += 1;
  }
  if (pairs === 0) return [];
  const same = table.reduce((sum, row, side) => sum + row[side], 0);
  const kappa = cohenKappa(table);
  const standardError = cohenKappaError(table);
  return [
    {
      judges,
      pairs,
      same,
      ...(kappa === undefined || standardError === undefined ? {} : { kappa, standardError }),
    },
  ];
}

function sideOf(logit: number): number {
  return 1 + Math.sign(logit);
}
