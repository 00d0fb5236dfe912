/** What must hold of a fleet's run after its end. Pure: a ledger and what the pods said in, broken promises out. */
import type { LedgerState } from '../ledger-facts.js';
import type { Struck } from './nemesis.js';
import type { Happening, PodEvent } from './pod-event.js';
import { ACK_WAIT_MS, ITERATIONS, PROMPTS, RELEASE_SLACK_MS, RESUME_WITHIN_MS } from './rehearsed-run.js';

/** On a machine that is busy with other work, what has to be in time may take so many of the coordinator's first starts. */
const SLOWER = 3;

export const FLEET_PROMISES = {
  ends: 'the run ends',
  verifies: 'the ledger verifies',
  tasks: 'every issued task ends in one state',
  once: 'every iteration consumes each of its tasks once',
  policy: "the last policy is the calm run's",
  acknowledged: 'what a worker acknowledged has its result, and is not done again',
  named: 'one message id is of one result',
  'leased-again': 'what is issued again is leased again',
  released: 'what a killed worker held is leased again in time',
  resumed: 'a coordinator that is started again works in time',
  conflicts: 'another result for an answered task is refused, and nothing else is',
} as const;

export type FleetPromise = keyof typeof FLEET_PROMISES;

export interface FleetViolation {
  readonly promise: FleetPromise;
  readonly found: string;
}

/** What a rehearsal saw. */
export interface FleetHistory {
  readonly state: LedgerState;
  /** Why the run did not end; undefined where it did. */
  readonly failure: string | undefined;
  readonly events: readonly PodEvent[];
  readonly struck: readonly Struck[];
}

export function checkFleet(history: FleetHistory, calmPolicy: string | undefined): FleetViolation[] {
  const { failure, events, struck } = history;
  const slowness = SLOWER * firstStartMs(events);
  return [
    ...broken('named', idsUsedTwice(events)),
    ...broken('acknowledged', acknowledgedInVain(events)),
    ...broken('leased-again', neverLeasedAgain(events)),
    ...broken('ends', failure === undefined ? [] : [failure]),
    // The unigram model's checkpoints are files of its own, and no model's.
    ...broken(
      'verifies',
      history.state.failures.filter((failure) => !failure.startsWith('checkpoint files')),
    ),
    ...(failure === undefined ? checkLedger(history.state, calmPolicy) : []),
    ...broken(
      'released',
      notWithin(releaseTimes(history), ACK_WAIT_MS + Math.max(RELEASE_SLACK_MS, slowness)),
    ),
    ...broken('resumed', notWithin(resumeTimes(events, struck), Math.max(RESUME_WITHIN_MS, slowness))),
    ...broken('conflicts', wronglyRefused(events)),
  ];
}

/** Milliseconds from the kill of a worker to the next lease of the task that it held, where that was not answered. */
export function releaseTimes({ struck, events }: Pick<FleetHistory, 'struck' | 'events'>): number[] {
  return struck.flatMap(({ kind, task, atMs, heard }) => {
    if (kind !== 'worker-killed' || task === undefined) return [];
    const isOf = (what: Happening['what'], { happening }: PodEvent): boolean =>
      happening.what === what && taskOf(happening) === task;
    const again = events.slice(heard).find((event) => isOf('leased', event));
    const isAnswered = events.some((event) => isOf('stored', event));
    if (again === undefined) return isAnswered ? [] : [Infinity];
    return [again.atMs - atMs];
  });
}

/** Milliseconds from the kill of the coordinator until the next start works on an iteration. */
export function resumeTimes(events: readonly PodEvent[], struck: readonly Struck[]): number[] {
  return struck.flatMap(({ kind, atMs, heard }) => {
    if (kind !== 'coordinator-killed') return [];
    const works = events
      .slice(heard)
      .find(({ pod, happening }) => pod === 'coordinator' && happening.what === 'ready');
    // One that is killed in its last iteration may have none left to work on.
    return works === undefined ? [] : [works.atMs - atMs];
  });
}

/** Of the coordinator, before anything struck: how slow the machine is. 0 where it never came to work. */
function firstStartMs(events: readonly PodEvent[]): number {
  const [started, ready] = (['started', 'ready'] as const).map((what) =>
    events.find(({ pod, happening }) => pod === 'coordinator' && happening.what === what),
  );
  return started === undefined || ready === undefined ? 0 : ready.atMs - started.atMs;
}

function checkLedger({ facts }: LedgerState, calmPolicy: string | undefined): FleetViolation[] {
  if (facts === undefined) return broken('ends', ['the ledger has no run']);
  const { run, tasks, payloads, policyHash, iterations } = facts;
  const open = tasks.filter(({ state }) => state === 'outstanding' || state === 'accepted');
  const consumed = tasks.filter(({ state }) => state === 'consumed');
  const wrong = Array.from({ length: ITERATIONS }, (_, at) => at).filter(
    (at) => consumed.filter(({ iteration }) => iteration === at).length !== PROMPTS,
  );
  const isCalm = calmPolicy === undefined || policyHash === calmPolicy;
  return [
    ...broken('ends', run.state === 'completed' ? [] : [`the run is ${run.state}`]),
    ...broken(
      'tasks',
      open.map(({ id, state }) => `task ${id} is still ${state}`),
    ),
    ...broken(
      'acknowledged',
      consumed.filter(({ id }) => !payloads.has(id)).map(({ id }) => `task ${id} has no result`),
    ),
    ...broken(
      'once',
      wrong.map((at) => `iteration ${at} did not consume its ${PROMPTS} tasks`),
    ),
    ...broken(
      'once',
      iterations.length === ITERATIONS ? [] : [`${iterations.length} iterations were finished`],
    ),
    ...broken('policy', isCalm ? [] : [`it is ${policyHash ?? 'absent'}, not ${calmPolicy}`]),
  ];
}

function broken(promise: FleetPromise, found: readonly string[]): FleetViolation[] {
  return found.map((one) => ({ promise, found: one }));
}

function taskOf(happening: Happening): string | undefined {
  return 'task' in happening ? happening.task : undefined;
}

function idsUsedTwice(events: readonly PodEvent[]): string[] {
  const first = new Map<string, string>();
  return events.flatMap(({ pod, happening }) => {
    if (happening.what !== 'publishing') return [];
    const { dedupeId, task } = happening;
    const known = first.get(dedupeId) ?? task;
    first.set(dedupeId, known);
    return known === task ? [] : [`${pod} published results of tasks ${known} and ${task} as ${dedupeId}`];
  });
}

/** An issue that follows on a loss, of a task that had been acknowledged: its result was nowhere. */
function acknowledgedInVain(events: readonly PodEvent[]): string[] {
  const acknowledged = new Set<string>();
  return events.flatMap(({ happening }) => {
    if (happening.what === 'acked') acknowledged.add(happening.task);
    if (happening.what !== 'issued' || !happening.again) return [];
    const lost = happening.tasks.filter((task) => acknowledged.has(task));
    return lost.map((task) => `task ${task} was acknowledged, and its result was lost`);
  });
}

function neverLeasedAgain(events: readonly PodEvent[]): string[] {
  return events.flatMap(({ happening }, at) => {
    if (happening.what !== 'issued' || !happening.again) return [];
    const later = events.slice(at + 1);
    const wasTaken = (task: string): boolean =>
      later.some(
        (event) => ['leased', 'accepted'].includes(event.happening.what) && taskOf(event.happening) === task,
      );
    return happening.tasks
      .filter((task) => !wasTaken(task))
      .map((task) => `task ${task} was issued again, and nobody was given it`);
  });
}

function notWithin(times: readonly number[], limitMs: number): string[] {
  return times.filter((ms) => ms > limitMs).map((ms) => `it took ${ms} ms; allowed are ${limitMs}`);
}

/** A changed result is refused once for each time that it was sent; nothing else is to be refused. */
function wronglyRefused(events: readonly PodEvent[]): string[] {
  const refused = events.flatMap(({ happening }) => (happening.what === 'refused' ? [happening.reason] : []));
  const others = refused.filter((reason) => reason !== 'conflicting');
  const changed = events.some(
    ({ happening }) => happening.what === 'did' && happening.mischief === 'result-changed',
  );
  const conflicts = refused.length - others.length;
  return [
    ...others.map((reason) => `a result was refused as ${reason}`),
    ...(conflicts > 0 && !changed ? ['a result was refused as conflicting, and nobody had changed one'] : []),
  ];
}
