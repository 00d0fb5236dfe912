import type { NatsVersion } from '../../support/nats-server.js';
import type { FleetFault } from './fleet-faults.js';
import { fleetSchedule, type FleetSchedule } from './fleet-schedule.js';
import { CALM, rehearseFleet, type FleetRehearsal } from './rehearse-fleet.js';

export interface FleetPlan {
  /** The first schedule's seed; the others follow it. */
  readonly seed: number;
  readonly schedules: number;
  /** How many fleets at a time. */
  readonly parallel: number;
  /** Only these; all unless told. */
  readonly faults?: readonly FleetFault[];
  readonly version?: NatsVersion;
}

/** What a row of rehearsals found. */
export interface FleetReport {
  readonly calm: FleetRehearsal;
  readonly results: readonly FleetRehearsal[];
  /** How often each kind struck. */
  readonly strikes: ReadonlyMap<FleetFault, number>;
  /** Kinds that the schedules have and that never struck: what they would have shown is not known. */
  readonly missed: readonly FleetFault[];
}

/** Rehearses schedules against one calm run; results are in the order of the seeds. */
export async function rehearseFleets(
  { seed, schedules, parallel, faults, version }: FleetPlan,
  onResult: (result: FleetRehearsal) => void = () => undefined,
): Promise<FleetReport> {
  const server = version === undefined ? {} : { version };
  const calm = await rehearseFleet(CALM, server);
  onResult(calm);
  const options = { ...server, ...(calm.policyHash === undefined ? {} : { calmPolicy: calm.policyHash }) };
  const plans = Array.from({ length: schedules }, (_, at) => only(fleetSchedule(seed + at), faults));
  const results: FleetRehearsal[] = [];
  let next = 0;
  const work = async (): Promise<void> => {
    while (next < plans.length) {
      const at = next++;
      results[at] = await rehearseFleet(plans[at], options);
      onResult(results[at]);
    }
  };
  await Promise.all(Array.from({ length: parallel }, work));
  const strikes = countOf(results.flatMap(({ struck }) => struck));
  const planned = new Set(
    plans.flatMap((plan) => [...plan.strikes, ...plan.mischief].map(({ kind }) => kind)),
  );
  return { calm, results, strikes, missed: [...planned].filter((kind) => !strikes.has(kind)) };
}

function only(schedule: FleetSchedule, faults: readonly FleetFault[] | undefined): FleetSchedule {
  if (faults === undefined) return schedule;
  const isAsked = ({ kind }: { readonly kind: FleetFault }): boolean => faults.includes(kind);
  const { strikes, mischief } = schedule;
  return { ...schedule, strikes: strikes.filter(isAsked), mischief: mischief.filter(isAsked) };
}

function countOf(struck: readonly FleetFault[]): Map<FleetFault, number> {
  const counts = new Map<FleetFault, number>();
  for (const kind of struck) counts.set(kind, 1 + (counts.get(kind) ?? 0));
  return counts;
}
