import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MajlisError } from '../core/errors.js';
import { fitBradleyTerry } from '../core/math/bradley-terry.js';
import { countComparisons, type ItemVotes } from '../core/math/comparisons.js';
import { logistic } from '../core/math/logistic.js';
import { createRng, type Rng } from '../core/math/rng.js';
import { systemClock } from '../core/runtime/clock.js';
import { fuseRows } from '../reward/preference/fuse-rows.js';
import { InternedNames } from '../reward/preference/interned-names.js';
import { openEvalica } from './aggregate-evalica.js';
import { median, type BenchCase, type Benchmark } from './bench-result.js';

const ITEMS = 1000;
const VOTES = 400_000;
const PAIRS = 20_000;
const TOLERANCE = 1e-8;
const ROUNDS = 15;
const PROMPTS = 20_000;
const ANSWERS = 8;
const JUDGES = 5;
const PROMPT_BAR = 0.3;

/**
 * Milliseconds of a Bradley-Terry fit beside evalica's, to the same gradient norm, in turn in one run; and seconds to fuse and
 * rank the answers to many prompts.
 */
export const aggregate: Benchmark = {
  summary:
    'ms to strengths of 1,000 items from 400k votes against evalica; 20k prompts of 8 answers in 0.3 s',
  run: async (_args, print) => {
    const folder = await mkdtemp(join(tmpdir(), 'majlis-bench-'));
    try {
      const few = await againstEvalica('20k pairs', fewPairs(createRng(1)), { folder, print });
      const many = await againstEvalica('any pairs', anyPairs(createRng(2)), { folder, print });
      const prompts = rankPrompts(print);
      return { ...few[0], name: 'aggregate', cases: [...few, ...many, prompts] };
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
};

async function againstEvalica(
  name: string,
  votes: ItemVotes,
  { folder, print }: { readonly folder: string; readonly print: (line: string) => void },
): Promise<BenchCase[]> {
  const target = TOLERANCE * (1 + VOTES);
  const evalica = await openEvalica(votes, { folder, target });
  const named = [votes.first, votes.second].map((side) => Array.from(side, (item) => `item-${item}`));
  const rounds: { whole: number; coded: number; peer: number; kernel: number }[] = [];
  try {
    for (let round = 0; round < ROUNDS; round += 1) {
      const whole = timed(() => fitNamed(named, votes.outcome));
      const coded = timed(() => fitCoded(votes));
      const theirs = await evalica.fit();
      requireArrived('evalica', theirs.gradientNorm, target);
      requireArrived('ours', whole.result, target);
      rounds.push({
        whole: whole.ms,
        coded: coded.ms,
        peer: theirs.milliseconds,
        kernel: theirs.kernelMilliseconds,
      });
      print(
        `${name}, round ${round + 1}: ours ${whole.ms.toFixed(0)} ms (coded votes ${coded.ms.toFixed(0)}), evalica ` +
          `${theirs.milliseconds.toFixed(0)} ms (kernel ${theirs.kernelMilliseconds.toFixed(0)}), tolerance ${theirs.tolerance}, gradient ${theirs.gradientNorm.toExponential(1)}`,
      );
    }
  } finally {
    await evalica.close();
  }
  const middle = (of: (round: (typeof rounds)[number]) => number): number => median(rounds.map(of));
  const ratio = (one: (round: (typeof rounds)[number]) => number): number => median(rounds.map(one));
  return [
    {
      ...{ name, unit: 'ms', peerName: 'evalica, its public call' },
      ...{
        ours: middle(({ whole }) => whole),
        peer: middle(({ peer }) => peer),
        ratio: ratio(({ whole, peer }) => peer / whole),
      },
    },
    {
      ...{ name: `${name}, coded votes`, unit: 'ms', peerName: "evalica's compiled kernel" },
      ...{
        ours: middle(({ coded }) => coded),
        peer: middle(({ kernel }) => kernel),
        ratio: ratio(({ coded, kernel }) => kernel / coded),
      },
    },
  ];
}

/** From names to strengths, as evalica's call goes; gives the gradient norm. */
function fitNamed([firsts, seconds]: readonly string[][], outcome: Float64Array): number {
  const names = new InternedNames();
  const first = new Int32Array(VOTES);
  const second = new Int32Array(VOTES);
  for (let vote = 0; vote < VOTES; vote += 1) {
    first[vote] = names.indexOf(firsts[vote]);
    second[vote] = names.indexOf(seconds[vote]);
  }
  return fitCoded({ items: names.list.length, first, second, outcome });
}

function fitCoded(votes: ItemVotes): number {
  return fitBradleyTerry(countComparisons(votes), { priors: { strengths: 0 }, tolerance: TOLERANCE })
    .gradientNorm;
}

/** Votes on 20,000 pairs, 20 each on average. */
function fewPairs(rng: Rng): ItemVotes {
  const pairs = Array.from({ length: PAIRS }, () => anyPair(rng));
  return simulatedVotes(rng, () => pairs[rng.integer(PAIRS)]);
}

/** Votes on any of the half million pairs. */
function anyPairs(rng: Rng): ItemVotes {
  return simulatedVotes(rng, () => anyPair(rng));
}

function anyPair(rng: Rng): readonly [number, number] {
  const first = rng.integer(ITEMS);
  return [first, (first + 1 + rng.integer(ITEMS - 1)) % ITEMS];
}

function simulatedVotes(rng: Rng, pairOf: () => readonly [number, number]): ItemVotes {
  const strengths = Float64Array.from({ length: ITEMS }, () => rng.normal());
  const votes = {
    items: ITEMS,
    first: new Int32Array(VOTES),
    second: new Int32Array(VOTES),
    outcome: new Float64Array(VOTES),
  };
  for (let vote = 0; vote < VOTES; vote += 1) {
    const [first, second] = pairOf();
    votes.first[vote] = first;
    votes.second[vote] = second;
    votes.outcome[vote] = Number(rng.uniform() < logistic(strengths[first] - strengths[second]));
  }
  return votes;
}

/** Fuses five judges on each pair of each prompt's answers, and ranks the answers. */
function rankPrompts(print: (line: string) => void): BenchCase {
  const rng = createRng(3);
  const each = (ANSWERS * (ANSWERS - 1)) / 2;
  const first = new Int32Array(PROMPTS * each);
  const second = new Int32Array(PROMPTS * each);
  let pair = 0;
  for (let prompt = 0; prompt < PROMPTS; prompt += 1) {
    for (let one = 0; one < ANSWERS; one += 1) {
      for (let other = one + 1; other < ANSWERS; other += 1) {
        first[pair] = prompt * ANSWERS + one;
        second[pair] = prompt * ANSWERS + other;
        pair += 1;
      }
    }
  }
  const logits = Float64Array.from({ length: pair * JUDGES }, () => 2 * rng.uniform() - 1);
  const weights = Float64Array.of(0.6, 0.4, 0.3, 0.1, -0.2);
  const rounds = Array.from({ length: ROUNDS }, () =>
    timed(() => {
      const outcome = fuseRows(weights, logits);
      const votes = { items: PROMPTS * ANSWERS, first, second, outcome };
      return fitBradleyTerry(countComparisons(votes), { priors: { strengths: 0.1 }, tolerance: TOLERANCE });
    }),
  );
  const ours = median(rounds.map(({ ms }) => ms)) / 1000;
  print(`20k prompts × 8 answers × 5 judges: ${ours.toFixed(3)} s`);
  return {
    name: '20k prompts × 8 × 5',
    unit: 's',
    ours,
    peer: PROMPT_BAR,
    peerName: 'bar',
    ratio: PROMPT_BAR / ours,
    passed: ours <= PROMPT_BAR,
  };
}

function timed<Result>(work: () => Result): { readonly ms: number; readonly result: Result } {
  const start = systemClock.monotonic();
  const result = work();
  return { ms: systemClock.monotonic() - start, result };
}

/** A faster fit that stops earlier is not faster. */
function requireArrived(who: string, gradientNorm: number, target: number): void {
  if (gradientNorm <= target) return;
  throw new MajlisError(`${who} stopped at a gradient of ${gradientNorm}; the comparison is at ${target}.`, {
    code: 'internal',
  });
}
