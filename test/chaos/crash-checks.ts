/** What must hold of a ledger after a kill, and after the end. Pure: states and diaries in, broken promises out. */
import type { DiaryEntry } from './child-diary.js';
import { ITERATIONS } from './crash-preset.js';
import type { LedgerFacts, LedgerState } from './ledger-facts.js';
import type { CrashPromise, Violation } from './violation.js';

/** One start of the run: the ledger before and after it, and what its process wrote down. */
export interface ObservedStart {
  readonly before: LedgerState;
  readonly after: LedgerState;
  readonly diary: readonly DiaryEntry[];
}

/** What must hold after every start, however it ended. */
export function checkStart({ before, after, diary }: ObservedStart): Violation[] {
  return [
    ...broken('verifies', after.failures),
    ...broken('acknowledged', acknowledgementsLost(diary, after.facts)),
    ...broken('epochs', epochsWrong({ before, after, diary })),
    ...broken('events', eventsWrong(before.facts, after.facts)),
  ];
}

/** What must hold of a run that has ended. */
export function checkEnd({ facts }: LedgerState, referencePolicy: string): Violation[] {
  if (facts === undefined) return broken('ends', ['the ledger has no run']);
  const { run, policyHash } = facts;
  return [
    ...broken('ends', run.state === 'completed' ? [] : [`the run is ${run.state}`]),
    ...broken('tasks', tasksWithoutEnd(facts)),
    ...broken('iterations', iterationsWrong(facts)),
    ...broken(
      'policy',
      policyHash === referencePolicy ? [] : [`it is ${policyHash ?? 'absent'}, not ${referencePolicy}`],
    ),
  ];
}

function broken(promise: CrashPromise, found: readonly string[]): Violation[] {
  return found.map((one) => ({ promise, found: one }));
}

function acknowledgementsLost(diary: readonly DiaryEntry[], facts: LedgerFacts | undefined): string[] {
  return diary.flatMap((entry) => {
    if (entry.what !== 'acknowledged') return [];
    const stored = facts?.payloads.get(entry.task);
    if (stored === entry.payloadHash) return [];
    return [`task ${entry.task} was acknowledged, and the ledger has ${stored ?? 'no result'} for it`];
  });
}

/** A start that was killed before it came to its epoch raised nothing, or was killed while it raised it. */
function epochsWrong({ before, after, diary }: ObservedStart): string[] {
  const [earlier, later] = [before.facts?.run.epoch ?? 0, after.facts?.run.epoch ?? 0];
  const began = diary.flatMap((entry) => (entry.what === 'began epoch' ? [entry.epoch] : []));
  const numbered = (after.facts?.events ?? []).flatMap(({ payload }) =>
    payload.kind === 'epoch_began' ? [payload.epoch] : [],
  );
  const isCounted = numbered.length === later && numbered.every((epoch, at) => epoch === at + 1);
  const counted = isCounted
    ? []
    : [`the events say that epochs ${numbered.join(', ')} began, the run ${later}`];
  const allowed = began.length === 0 ? [earlier, earlier + 1] : [earlier + 1];
  if (!allowed.includes(later)) return [...counted, `a start took the epoch from ${earlier} to ${later}`];
  const isTrue = began.length < 2 && began.every((epoch) => epoch === earlier + 1);
  return isTrue ? counted : [...counted, `after epoch ${earlier}, a start worked in ${began.join(' and ')}`];
}

function eventsWrong(before: LedgerFacts | undefined, after: LedgerFacts | undefined): string[] {
  const events = after?.events ?? [];
  const gap = events.findIndex(({ sequence }, at) => sequence !== at + 1);
  const known = before?.events ?? [];
  const changed = known.findIndex((event, at) => JSON.stringify(event) !== JSON.stringify(events[at]));
  return [
    ...(gap === -1 ? [] : [`event ${gap + 1} has the number ${events[gap].sequence}`]),
    ...(changed === -1 ? [] : [`event ${changed + 1} is not what it was before`]),
  ];
}

function tasksWithoutEnd({ tasks }: LedgerFacts): string[] {
  const open = tasks.filter(({ state }) => state === 'outstanding' || state === 'accepted');
  return [
    ...open.map(({ id, state, iteration }) => `task ${id} of iteration ${iteration} is still ${state}`),
    ...(tasks.length === 0 ? ['no task was issued'] : []),
  ];
}

function iterationsWrong({ iterations, events }: LedgerFacts): string[] {
  const finished = events.flatMap(({ payload }) =>
    payload.kind === 'iteration_finished' ? [payload.iteration] : [],
  );
  const expected = Array.from({ length: ITERATIONS }, (_, iteration) => iteration).join();
  const recorded = iterations.map(({ iteration }) => iteration).join();
  return [
    ...(finished.join() === expected ? [] : [`events say that iterations ${finished.join()} were finished`]),
    ...(recorded === expected ? [] : [`the journal has iterations ${recorded}`]),
  ];
}
