import { systemClock } from '../../../core/runtime/clock.js';
import { ledgerState, type LedgerState } from '../ledger-facts.js';
import { Fleet, type FleetOptions } from './fleet.js';
import { checkFleet, releaseTimes, resumeTimes, type FleetViolation } from './fleet-checks.js';
import type { FleetFault } from './fleet-faults.js';
import type { FleetSchedule } from './fleet-schedule.js';
import { Nemesis } from './nemesis.js';
import type { Pod } from './pod.js';

/** What a schedule did to a fleet, and what it broke. */
export interface FleetRehearsal {
  readonly seed: number;
  /** Faults that struck. */
  readonly struck: readonly FleetFault[];
  readonly violations: readonly FleetViolation[];
  readonly policyHash: string | undefined;
  /** Milliseconds until what a killed worker held was leased again. */
  readonly releaseMs: readonly number[];
  /** Milliseconds until a killed coordinator worked again. */
  readonly resumeMs: readonly number[];
  readonly seconds: number;
}

/** A run that takes longer than this will never end. */
const PATIENCE_MS = 60_000;

export const CALM: FleetSchedule = { seed: 0, strikes: [], mischief: [], parcelSize: 1 };

/** Runs a fleet to the end of its run, struck as the schedule says; against the calm run's policy where that is given. */
export async function rehearseFleet(
  schedule: FleetSchedule,
  { calmPolicy, ...options }: FleetOptions & { readonly calmPolicy?: string } = {},
): Promise<FleetRehearsal> {
  const began = systemClock.monotonic();
  const fleet = await Fleet.start({ ...options, parcelSize: schedule.parcelSize });
  try {
    const nemesis = new Nemesis(fleet, schedule);
    const failure = await outcomeOf(fleet, nemesis, schedule.mischief);
    const { struck } = nemesis;
    const { events } = fleet;
    const state: LedgerState = await ledgerState(fleet.folder);
    const history = { state, failure, events, struck };
    const did = events.flatMap(({ happening }) => (happening.what === 'did' ? [happening.mischief] : []));
    return {
      seed: schedule.seed,
      struck: [...struck.map(({ kind }) => kind), ...did],
      violations: checkFleet(history, calmPolicy),
      policyHash: state.facts?.policyHash,
      releaseMs: releaseTimes(history),
      resumeMs: resumeTimes(events, struck),
      seconds: (systemClock.monotonic() - began) / 1000,
    };
  } finally {
    await fleet.stop();
  }
}

/** Undefined where the coordinator came to its end; otherwise what went wrong, and where. */
async function outcomeOf(
  fleet: Fleet,
  nemesis: Nemesis,
  mischief: FleetSchedule['mischief'],
): Promise<string | undefined> {
  const over = new AbortController();
  const tooLong = systemClock.sleep(PATIENCE_MS, over.signal).then(
    () => `the run did not end within ${PATIENCE_MS / 1000} s`,
    () => undefined,
  );
  const ended = await Promise.race([endOfCoordinator(await fleet.work(mischief), fleet, nemesis), tooLong]);
  over.abort();
  await nemesis.rest();
  return ended;
}

/** A coordinator that was killed is followed by the next. */
async function endOfCoordinator(first: Pod, fleet: Fleet, nemesis: Nemesis): Promise<string | undefined> {
  let pod = first;
  for (;;) {
    const { end, stderr } = await pod.ended;
    if (end === 'finished') return failureOfOthers(fleet);
    if (end === 'failed') return `the coordinator failed: ${stderr}`;
    await nemesis.rest();
    const next = fleet.pod('coordinator');
    if (next === pod) return 'the coordinator was killed, and nobody killed it';
    pod = next;
  }
}

/** A pod that ended by itself has failed. */
function failureOfOthers(fleet: Fleet): string | undefined {
  const failed = [...fleet.pods.values()].find(({ end }) => end?.end === 'failed');
  return failed === undefined ? undefined : `pod ${failed.name} failed: ${failed.end?.stderr ?? ''}`;
}
