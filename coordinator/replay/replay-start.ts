/**
 * Where a replay begins. Updates from there on are recomputed one after the other, so each of them needs its stored inputs,
 * and a rollback on the way needs the weights that it went back to: on disk, or recomputed on the same way.
 */
import { existsSync } from 'node:fs';
import type { CheckpointManifest } from '../../core/domain/checkpoint.js';
import { MajlisError } from '../../core/errors.js';
import { iterationOf, rollbacksBefore, versionOf } from './run-history.js';
import type { RunHistory } from './run-history.js';

/** The policy that the run began with, or a later checkpoint. */
export interface ReplayStart {
  /** The iteration that comes next. */
  readonly iteration: number;
  /** Weights of policy version 0, a Hugging Face directory: every model's architecture, and the reference's weights. */
  readonly base: string;
  /** Absent where the replay begins with the run. */
  readonly manifest?: CheckpointManifest;
}

/**
 * The latest start from which an iteration can be replayed. An iteration that the run did not finish is a BadInputError;
 * one that nothing leads to any more is `not_found`, with what can be replayed instead.
 */
export async function findStart(history: RunHistory, iteration: number): Promise<ReplayStart> {
  const { inputsHash } = iterationOf(history, iteration);
  const start = await startBefore(history, iteration);
  if (start !== undefined && (await history.artifacts.has(inputsHash))) return start;
  throw new MajlisError(await nothingLeads(history, iteration), { code: 'not_found' });
}

/** Every iteration of the run that can be replayed. */
export async function replayableIterations(history: RunHistory): Promise<number[]> {
  const replayable: number[] = [];
  for (const { iteration, inputsHash } of history.iterations) {
    if (!(await history.artifacts.has(inputsHash))) continue;
    if ((await startBefore(history, iteration)) !== undefined) replayable.push(iteration);
  }
  return replayable;
}

/** The latest start from which the models can be brought to where this iteration's update finds them. */
export async function startBefore(history: RunHistory, iteration: number): Promise<ReplayStart | undefined> {
  for (const start of startsOf(history)) {
    if (start.iteration <= iteration && (await leadsTo(history, start.iteration, iteration))) return start;
  }
  return undefined;
}

/** Those whose files are there, the latest first. */
function startsOf(history: RunHistory): ReplayStart[] {
  const { versions, checkpoints } = history;
  if (versions.length === 0) return [];
  const base = versionOf(history, 0).location;
  if (!existsSync(base)) return [];
  const kept = checkpoints.filter(
    ({ policy, critic }) =>
      existsSync(policy.directory) && (critic === undefined || existsSync(critic.directory)),
  );
  return [
    ...kept.map((manifest) => ({ iteration: manifest.iteration, base, manifest })).reverse(),
    { iteration: 0, base },
  ];
}

async function leadsTo(history: RunHistory, start: number, iteration: number): Promise<boolean> {
  const { iterations, artifacts } = history;
  for (const { inputsHash } of iterations.slice(start, iteration)) {
    if (!(await artifacts.has(inputsHash))) return false;
  }
  const made = new Set<string>();
  for (let next = start; next <= iteration; next += 1) {
    const targets = rollbacksBefore(history, next);
    if (!targets.every(({ hash, location }) => made.has(hash) || existsSync(location))) return false;
    if (next === iteration) break;
    const after = history.versions.find(({ version }) => version === iterations[next].policyVersion + 1);
    if (after !== undefined) made.add(after.hash);
  }
  return true;
}

async function nothingLeads(history: RunHistory, iteration: number): Promise<string> {
  const { run, artifacts } = history;
  const { inputsHash } = iterationOf(history, iteration);
  const why = (await artifacts.has(inputsHash))
    ? `iteration ${iteration} of run ${run.id} can no longer be replayed: between it and what is left to start from, ` +
      `weights or stored inputs are gone; checkpoints.keep: all in a run file keeps every checkpoint`
    : `the stored inputs of iteration ${iteration} of run ${run.id} are gone; ` +
      `"majlis ledger gc" removes those of ended runs, but for their newest iterations`;
  const left = await replayableIterations(history);
  return `${why}; ${left.length === 0 ? 'none of its iterations can be replayed' : `iterations that can be: ${ranges(left)}`}`;
}

/** Ascending numbers as a sentence lists them: `0 to 3, 8`. */
function ranges(numbers: readonly number[]): string {
  const runs: { first: number; last: number }[] = [];
  for (const number of numbers) {
    const open = runs.at(-1);
    if (open?.last === number - 1) open.last = number;
    else runs.push({ first: number, last: number });
  }
  return runs.map(({ first, last }) => (first === last ? String(first) : `${first} to ${last}`)).join(', ');
}
