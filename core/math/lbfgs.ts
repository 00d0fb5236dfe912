/** Limited-memory BFGS. It is deterministic: a function of the start and the objective alone. */

/** The value at a point; fills `gradient` with the slopes there. Both are [parameter]. */
export type SmoothObjective = (point: Float64Array, gradient: Float64Array) => number;

export interface LbfgsOptions {
  /** Stops once no slope is steeper than this; never by the length of a step, which shrinks long before a minimum. */
  readonly gradientTolerance: number;
  /** 500 unless told. */
  readonly mostIterations?: number;
  /** Pairs of steps and slope changes that are kept; 10 unless told. */
  readonly memory?: number;
  /** Curvature of each parameter, above 0, as far as it is known: steps are scaled by it. All 1 unless told. [parameter] */
  readonly curvatures?: Float64Array;
  /** What a like function taught: its steps stand in for the first of one's own. */
  readonly learned?: readonly LearnedStep[];
}

export interface LbfgsResult {
  /** [parameter] */
  readonly point: Float64Array;
  readonly value: number;
  /** Steepest slope at the point. */
  readonly gradientNorm: number;
  readonly iterations: number;
  /** Values and gradients that were asked for. */
  readonly evaluations: number;
  readonly converged: boolean;
  /** The last steps with their changes of slope, the newest last. */
  readonly learned: readonly LearnedStep[];
}

/** A step that was taken, how the slopes changed along it, and 1 over the product of the two. */
export interface LearnedStep {
  /** [parameter] */
  readonly step: Float64Array;
  /** [parameter] */
  readonly change: Float64Array;
  readonly inverse: number;
}

interface Place {
  readonly point: Float64Array;
  readonly gradient: Float64Array;
  readonly value: number;
}

const SUFFICIENT_DECREASE = 1e-4;
const CURVATURE = 0.9;
const MOST_TRIALS = 40;

/**
 * Minimizes a smooth function (Liu & Nocedal 1989) with a line search for the weak Wolfe conditions by bisection (Lewis &
 * Overton 2013). The search ends early, unconverged, where rounding leaves no step that still descends.
 */
export function minimizeLbfgs(
  objective: SmoothObjective,
  start: Float64Array,
  { gradientTolerance, mostIterations = 500, memory = 10, curvatures, learned = [] }: LbfgsOptions,
): LbfgsResult {
  const search = { objective, evaluations: 0 };
  let place = evaluate(search, start.slice());
  const updates: LearnedStep[] = learned.slice(-memory);
  let iterations = 0;
  while (steepest(place.gradient) > gradientTolerance && iterations < mostIterations) {
    const direction = descentDirection(place.gradient, updates, curvatures);
    const isBlind = updates.length === 0 && curvatures === undefined;
    const first = isBlind ? Math.min(1, 1 / Math.sqrt(dot(place.gradient, place.gradient))) : 1;
    const next = searchLine(search, place, { direction, first });
    if (next === undefined) {
      if (updates.length === 0) break;
      updates.length = 0;
      continue;
    }
    remember(updates, { from: place, to: next, memory });
    place = next;
    iterations += 1;
  }
  const gradientNorm = steepest(place.gradient);
  const { point, value } = place;
  const converged = gradientNorm <= gradientTolerance;
  const { evaluations } = search;
  return { point, value, gradientNorm, iterations, evaluations, converged, learned: updates };
}

interface Search {
  readonly objective: SmoothObjective;
  evaluations: number;
}

function evaluate(search: Search, point: Float64Array): Place {
  const gradient = new Float64Array(point.length);
  const value = search.objective(point, gradient);
  search.evaluations += 1;
  return { point, gradient, value };
}

function searchLine(
  search: Search,
  from: Place,
  { direction, first }: { readonly direction: Float64Array; readonly first: number },
): Place | undefined {
  const slope = dot(from.gradient, direction);
  if (!(slope < 0)) return undefined;
  let low = 0;
  let high = Infinity;
  let length = first;
  for (let trial = 0; trial < MOST_TRIALS; trial += 1) {
    const point = from.point.map((value, at) => value + length * direction[at]);
    const place = evaluate(search, point);
    if (!(place.value <= from.value + SUFFICIENT_DECREASE * length * slope)) high = length;
    else if (dot(place.gradient, direction) < CURVATURE * slope) low = length;
    else return place;
    length = high === Infinity ? 2 * low : (low + high) / 2;
  }
  return undefined;
}

/** The two-loop recursion from the known curvatures; steepest descent in their scale while nothing is remembered. */
function descentDirection(
  gradient: Float64Array,
  updates: readonly LearnedStep[],
  curvatures: Float64Array | undefined,
): Float64Array {
  const direction = gradient.map((slope) => -slope);
  const shares = new Float64Array(updates.length);
  for (let at = updates.length - 1; at >= 0; at -= 1) {
    const { step, change, inverse } = updates[at];
    shares[at] = inverse * dot(step, direction);
    addScaled(direction, change, -shares[at]);
  }
  const newest = updates.at(-1);
  const scale = newest === undefined ? 1 : 1 / (newest.inverse * scaledSquare(newest.change, curvatures));
  for (let at = 0; at < direction.length; at += 1) direction[at] *= scale / (curvatures?.[at] ?? 1);
  for (const [at, { step, change, inverse }] of updates.entries()) {
    addScaled(direction, step, shares[at] - inverse * dot(change, direction));
  }
  return direction;
}

function remember(
  updates: LearnedStep[],
  { from, to, memory }: { readonly from: Place; readonly to: Place; readonly memory: number },
): void {
  const step = to.point.map((value, at) => value - from.point[at]);
  const change = to.gradient.map((slope, at) => slope - from.gradient[at]);
  const curvature = dot(step, change);
  if (!(curvature > 0)) return;
  updates.push({ step, change, inverse: 1 / curvature });
  if (updates.length > memory) updates.shift();
}

function addScaled(into: Float64Array, vector: Float64Array, scale: number): void {
  for (let at = 0; at < into.length; at += 1) into[at] += scale * vector[at];
}

function scaledSquare(vector: Float64Array, curvatures: Float64Array | undefined): number {
  let sum = 0;
  for (let at = 0; at < vector.length; at += 1) sum += vector[at] ** 2 / (curvatures?.[at] ?? 1);
  return sum;
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let at = 0; at < a.length; at += 1) sum += a[at] * b[at];
  return sum;
}

function steepest(gradient: Float64Array): number {
  let most = 0;
  for (const slope of gradient) most = Math.max(most, Math.abs(slope));
  return most;
}
