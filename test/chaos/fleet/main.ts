/**
 * `npm run test:chaos -- [--schedules N] [--seed S] [--faults a,b] [--nats 2.9|2.14]`: strikes fleets, and says what that
 * broke. A seed alone replays that one schedule.
 */
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { FLEET_FAULTS, FLEET_FAULT_KINDS } from './fleet-faults.js';
import type { FleetRehearsal } from './rehearse-fleet.js';
import { rehearseFleets, type FleetReport } from './rehearse-fleets.js';

const DEFAULT_SCHEDULES = 10;
const MOST_AT_A_TIME = 4;

const flagsSchema = z.strictObject({
  schedules: z.coerce.number().int().min(1).exactOptional(),
  seed: z.coerce.number().int().min(1).exactOptional(),
  faults: z
    .string()
    .transform((names) => names.split(','))
    .pipe(z.array(z.enum(FLEET_FAULT_KINDS)))
    .exactOptional(),
  nats: z.enum(['2.9', '2.14']).exactOptional(),
});

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

function lineOf({ seed, struck, violations, seconds, releaseMs, resumeMs }: FleetRehearsal): string {
  const verdict = violations.length === 0 ? 'ok' : 'BROKEN';
  const times = [
    ...releaseMs.map((ms) => `leased again after ${ms} ms`),
    ...resumeMs.map((ms) => `resumed after ${ms} ms`),
  ];
  const name = seed === 0 ? 'calm' : `seed ${seed}`;
  return [`${name}: ${verdict} in ${seconds.toFixed(1)} s (${struck.join(', ')})`, ...times].join('; ');
}

function longest(
  results: readonly FleetRehearsal[],
  of: (result: FleetRehearsal) => readonly number[],
): string {
  const times = results.flatMap(of);
  return times.length === 0 ? 'never seen' : `${Math.max(...times)} ms`;
}

function summaryOf({ calm, results, strikes, missed }: FleetReport): string[] {
  const faults = results.reduce((sum, { struck }) => sum + struck.length, 0);
  const broken = [calm, ...results].filter(({ violations }) => violations.length > 0);
  const well = results.filter(({ violations }) => violations.length === 0).length;
  return [
    '',
    ...FLEET_FAULT_KINDS.map(
      (kind) => `${String(strikes.get(kind) ?? 0).padStart(5)}  ${kind.padEnd(20)} ${FLEET_FAULTS[kind]}`,
    ),
    '',
    `${results.length} schedules, ${faults} faults; policy ${calm.policyHash?.slice(0, 12) ?? 'none'} each time: ${well} of ${results.length}`,
    `until a killed worker's task was leased again: ${longest(results, ({ releaseMs }) => releaseMs)} at most`,
    `until a killed coordinator worked again: ${longest(results, ({ resumeMs }) => resumeMs)} at most`,
    ...missed.map((kind) => `never struck: ${kind}`),
    ...broken.flatMap(({ seed, violations }) => [
      `seed ${seed} (again: npm run test:chaos -- --seed ${seed})`,
      ...violations.map(({ promise, found }) => `  ${promise}: ${found}`),
    ]),
  ];
}

async function main(): Promise<void> {
  const text = { type: 'string' } as const;
  const options = { schedules: text, seed: text, faults: text, nats: text };
  const { faults, nats, ...flags } = flagsSchema.parse({ ...parseArgs({ options }).values });
  const { seed = 1, schedules = flags.seed === undefined ? DEFAULT_SCHEDULES : 1 } = flags;
  const plan = {
    ...{ seed, schedules, parallel: Math.min(availableParallelism(), MOST_AT_A_TIME) },
    ...(faults === undefined ? {} : { faults }),
    ...(nats === undefined ? {} : { version: nats }),
  };
  const report = await rehearseFleets(plan, (result) => say(lineOf(result)));
  for (const line of summaryOf(report)) say(line);
  const isBroken = [report.calm, ...report.results].some(({ violations }) => violations.length > 0);
  if (isBroken || report.missed.length > 0) process.exitCode = 1;
}

main().catch((thrown: unknown) => {
  process.stderr.write(`${thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown)}\n`);
  process.exitCode = 1;
});
