import { createRng, type Rng } from '../../core/math/rng.js';
import { ITERATIONS } from './crash-preset.js';
import { NAMED_KINDS, type FaultKind, type NamedKind } from './fault-kinds.js';

/** A kill of one start of the run, at a point of the program. */
export interface NamedKill {
  readonly kind: NamedKind;
  /** Only from this iteration on; −1 from the start of the process. */
  readonly from: number;
  /** Which time that the point is passed, from 1. */
  readonly occurrence: number;
  /** How long after it, for what takes time. */
  readonly delayMs: number;
}

/** A kill of one start, from outside, after this share of the time that an uninterrupted run takes. */
export interface WallClockKill {
  readonly kind: 'wall-clock';
  readonly share: number;
}

export type Kill = NamedKill | WallClockKill;

/** One rehearsal: kills of consecutive starts, after which the run is left to end. */
export interface CrashSchedule {
  readonly seed: number;
  readonly kills: readonly Kill[];
  /** The iteration in which somebody pauses the run, who resumes it once it is paused; absent where nobody does. */
  readonly pauseIn?: number;
  /** Rollout workers. */
  readonly workers: number;
}

const KILLS = 3;
/** Every so many schedules, all kills are by the wall clock. */
const WALL_CLOCK_EVERY = 5;
const LAST_LOOP_START = ITERATIONS - 2;

/** The schedule of a seed, a whole number from 1. Ten in a row from 1 have every kind. */
export function crashSchedule(seed: number): CrashSchedule {
  const rng = createRng(seed).fork('crash schedule');
  const kinds = kindsOf(seed);
  const kills =
    kinds.length === 0 ? wallClockKills(rng) : kinds.map((kind) => namedKill(kind, rng.fork(kind)));
  const workers = 1 + rng.integer(2);
  const pauses = kinds.some(isOfPause);
  if (!pauses && rng.uniform() < 0.5) return { seed, kills: inOrder(kills), workers };
  const pauseIn = pauses ? rng.integer(2) : rng.integer(LAST_LOOP_START);
  return { seed, kills: inOrder(kills), pauseIn, workers };
}

/** Kinds are dealt like cards, from a deck that is shuffled anew each time it is empty. Empty for the wall clock. */
function kindsOf(seed: number): readonly NamedKind[] {
  if (seed % WALL_CLOCK_EVERY === 0) return [];
  const first = (seed - 1 - Math.floor(seed / WALL_CLOCK_EVERY)) * KILLS;
  const dealt = Array.from({ length: KILLS }, (_, at) => cardAt(first + at));
  return [...new Set(dealt)];
}

function cardAt(place: number): NamedKind {
  const deck = Math.floor(place / NAMED_KINDS.length);
  return createRng(deck).fork('deck').shuffle(NAMED_KINDS)[place % NAMED_KINDS.length];
}

function wallClockKills(rng: Rng): WallClockKill[] {
  return Array.from({ length: KILLS }, () => ({ kind: 'wall-clock', share: 0.1 + 0.8 * rng.uniform() }));
}

/** How often a point is passed at least, and how long what it begins takes at most; 1 and 0 unless told. */
const POINTS: Readonly<Partial<Record<FaultKind, { readonly times?: number; readonly ms?: number }>>> = {
  sft: { times: 50 },
  judging: { times: 20 },
  'reward-training': { times: 7 },
  'reward-files': { ms: 6 },
  resuming: { ms: 4 },
  'after-ack': { times: 4 },
  'group-commit': { times: 5, ms: 2 },
  'after-gradient': { times: 4 },
  'policy-files': { ms: 6 },
  'checkpoint-files': { times: 2, ms: 6 },
};

/** Those of a rubric's reward happen again at the swap, within iteration 2 as the child counts. */
const AT_EACH_RUBRIC: readonly FaultKind[] = ['judging', 'reward-training', 'reward-files', 'reward-saved'];
const AT_SWAP = 2;

function namedKill(kind: NamedKind, rng: Rng): NamedKill {
  const { times = 1, ms = 0 } = POINTS[kind] ?? {};
  const occurrence = 1 + rng.integer(times);
  return { kind, from: startOf(kind, rng), occurrence, delayMs: ms * rng.uniform() };
}

function startOf(kind: NamedKind, rng: Rng): number {
  if (AT_EACH_RUBRIC.includes(kind)) return rng.integer(2) === 0 ? -1 : AT_SWAP;
  return isOfLoop(kind) ? rng.integer(LAST_LOOP_START + 1) : -1;
}

function isOfLoop(kind: FaultKind): boolean {
  const kinds: readonly FaultKind[] = NAMED_KINDS;
  const [after, before] = [kinds.indexOf('swap-stamped'), kinds.indexOf('completed')];
  return kinds.indexOf(kind) > after && kinds.indexOf(kind) < before;
}

function isOfPause(kind: FaultKind): boolean {
  return kind === 'pausing' || kind === 'paused' || kind === 'resuming';
}

/** Earlier points of a run first, so that none is over before its turn. */
function inOrder(kills: readonly Kill[]): Kill[] {
  return [...kills].sort((left, right) => placeOf(left) - placeOf(right));
}

/** By kind; a second rubric's reward comes after the swap, and the points of the loop go by their iteration. */
function placeOf(kill: Kill): number {
  if (kill.kind === 'wall-clock') return 0;
  const kinds: readonly FaultKind[] = NAMED_KINDS;
  const place = kinds.indexOf(kill.kind);
  const swapped = kinds.indexOf('swap-stamped');
  if (kill.from === AT_SWAP && AT_EACH_RUBRIC.includes(kill.kind)) return swapped + place / 100;
  return isOfLoop(kill.kind) ? swapped + (1 + kill.from) / 10 : place;
}
