import { createRng, type Rng } from '../../../core/math/rng.js';
import { FLEET_FAULT_KINDS, MISCHIEF, type FleetFault, type Mischief } from './fleet-faults.js';
import type { Happening } from './pod-event.js';
import { ITERATIONS, PROMPTS } from './rehearsed-run.js';

/** A fault that strikes when the fleet has said something so often. */
export interface Strike {
  readonly kind: Exclude<FleetFault, Mischief>;
  readonly after: { readonly what: Happening['what']; readonly count: number };
}

/** One rehearsal of a fleet. */
export interface FleetSchedule {
  readonly seed: number;
  readonly strikes: readonly Strike[];
  /** What a worker does wrong, and at which of its results. */
  readonly mischief: readonly { readonly kind: Mischief; readonly at: number }[];
  /** Tasks, and results, that travel as one message of the bus. */
  readonly parcelSize: number;
}

const STRIKES = 5;
const TASKS = ITERATIONS * PROMPTS;

/** What a fault waits for, and how often that is said in a whole run at least. */
const CUES: Readonly<Record<Strike['kind'], { readonly what: Happening['what']; readonly times: number }>> = {
  'worker-killed': { what: 'leased', times: TASKS },
  'worker-stopped': { what: 'leased', times: TASKS },
  'worker-stalled': { what: 'leased', times: TASKS },
  'worker-dropped': { what: 'publishing', times: TASKS },
  'coordinator-killed': { what: 'accepted', times: TASKS },
  'coordinator-stopped': { what: 'publishing', times: TASKS },
  'coordinator-stalled': { what: 'leased', times: TASKS },
  'coordinator-dropped': { what: 'issued', times: ITERATIONS },
  'nats-killed': { what: 'publishing', times: TASKS },
  'messages-lost': { what: 'issued', times: ITERATIONS },
  'trainer-killed': { what: 'gradient', times: ITERATIONS },
  'gateway-killed': { what: 'judged', times: TASKS },
};

const STRIKE_KINDS = FLEET_FAULT_KINDS.filter(
  (kind): kind is Strike['kind'] => !(MISCHIEF as readonly FleetFault[]).includes(kind),
);

/** The schedule of a seed, a whole number from 1. Three in a row from 1 have every kind. */
export function fleetSchedule(seed: number): FleetSchedule {
  const rng = createRng(seed).fork('fleet schedule');
  const strikes = dealt(seed, STRIKE_KINDS, STRIKES).map((kind) => strikeOf(kind, rng.fork(kind)));
  const mischief = dealt(seed, MISCHIEF, 1).map((kind) => ({ kind, at: 1 + rng.fork(kind).integer(4) }));
  // Every other fleet has its tasks in parcels.
  return { seed, strikes, mischief, parcelSize: seed % 2 === 0 ? 2 : 1 };
}

/** Kinds are dealt like cards, from a deck that is shuffled anew each time it is empty. */
function dealt<Kind extends string>(seed: number, kinds: readonly Kind[], count: number): readonly Kind[] {
  const first = (seed - 1) * count;
  const cards = Array.from({ length: count }, (_, at) => cardAt(first + at, kinds));
  return [...new Set(cards)];
}

function cardAt<Kind>(place: number, kinds: readonly Kind[]): Kind {
  const deck = Math.floor(place / kinds.length);
  return createRng(deck).fork('deck').shuffle(kinds)[place % kinds.length];
}

/** In the first two thirds of a run, so that there is a run left to strike. */
function strikeOf(kind: Strike['kind'], rng: Rng): Strike {
  const { what, times } = CUES[kind];
  return { kind, after: { what, count: 1 + rng.integer(Math.ceil((times * 2) / 3)) } };
}
