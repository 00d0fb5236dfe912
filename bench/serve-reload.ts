import { writeFile } from 'node:fs/promises';
import { setTimeout } from 'node:timers/promises';
import { MajlisError } from '../core/errors.js';
import { quantile } from '../core/math/quantile.js';
import { median, type BenchCase } from './bench-result.js';
import { peerScores, servedSamples, trainServedModel } from './serve-inputs.js';
import type { LoadResult } from './serve-load.js';
import type { LoadProcess, ServedSide } from './serve-processes.js';

const IN_FLIGHT = 32;
/** Of each request: a reply that mixed two rewards would show. */
const PER_REQUEST = 4;
const SAMPLES = 40_000;
const ROUNDS = 3;
const SEED = 7777;
/** Bar: p99 during the reloads over p99 without. */
const MOST_TIMES = 2;
/** Longer than the server's looks at its file are apart. */
const BETWEEN_RELOADS_MS = 2200;
const SAME_SCORE = 1e-6;

export interface ReloadRig {
  readonly folder: string;
  /** The server's file, and the model that it names. */
  readonly config: string;
  readonly model: string;
  readonly load: LoadProcess;
  readonly server: ServedSide;
  readonly print: (line: string) => void;
}

/**
 * The alias moves every two seconds while requests come as fast as they are answered; p99 against the same without, in turns.
 * Every reply has to be that of one reward as a whole, and both have to have been seen.
 */
export async function reloadCase(rig: ReloadRig): Promise<BenchCase> {
  const other = await trainServedModel(rig.folder, 2);
  const rounds: Moved[] = [];
  for (let round = 0; round < ROUNDS; round += 1) rounds.push(await playRound(rig, other, SEED + 2 * round));
  const of = (figure: keyof Moved): number => median(rounds.map((round) => round[figure]));
  const all = (figure: keyof Moved): number => rounds.reduce((sum, round) => sum + round[figure], 0);
  const ratio = median(rounds.map(({ p99, calmP99 }) => calmP99 / p99));
  rig.print(
    `reload: ${all('first')} replies by the first reward, ${all('second')} by the second, none by both; ` +
      `p99 ${of('p99').toFixed(1)} ms, ${of('calmP99').toFixed(1)} ms without; longest ${of('longest').toFixed(0)} ms, ${of('calmLongest').toFixed(0)} ms without`,
  );
  if (all('first') === 0 || all('second') === 0) {
    throw new MajlisError('the alias never moved under load', { code: 'internal' });
  }
  return {
    ...{ name: 'p99 under reloads', unit: 'ms', ours: of('p99'), peer: of('calmP99') },
    ...{ peerName: 'no reload', ratio, passed: ratio >= 1 / MOST_TIMES },
  };
}

/** Replies by each reward, and times in milliseconds. */
interface Moved {
  readonly first: number;
  readonly second: number;
  readonly p99: number;
  readonly longest: number;
  readonly calmP99: number;
  readonly calmLongest: number;
}

async function playRound(rig: ReloadRig, other: string, seed: number): Promise<Moved> {
  const { load, server } = rig;
  const asked = { port: server.port, samples: SAMPLES, perRequest: PER_REQUEST, inFlight: IN_FLIGHT };
  const calm = await load.play({ ...asked, face: 'http', seed });
  const stop = new AbortController();
  const reloading = reload(rig, other, stop.signal);
  const during = await load.play({ ...asked, face: 'http', seed: seed + 1 });
  stop.abort();
  await reloading;
  const [first, second] = await repliesOfEach(rig, other, { during, seed: seed + 1 });
  return {
    ...{ first, second },
    p99: quantileOf(during.milliseconds, 0.99),
    longest: quantileOf(during.milliseconds, 1),
    calmP99: quantileOf(calm.milliseconds, 0.99),
    calmLongest: quantileOf(calm.milliseconds, 1),
  };
}

async function reload({ config, model }: ReloadRig, other: string, stopped: AbortSignal): Promise<void> {
  for (let times = 0; !stopped.aborted; times += 1) {
    const active = { model: times % 2 === 0 ? other : model };
    await writeFile(config, JSON.stringify({ rewards: { active } }));
    await setTimeout(BETWEEN_RELOADS_MS, undefined, { signal: stopped }).catch(() => undefined);
  }
  await writeFile(config, JSON.stringify({ rewards: { active: { model } } }));
}

/** How many replies are of each reward. */
async function repliesOfEach(
  { model }: ReloadRig,
  other: string,
  { during: { rewards }, seed }: { readonly during: LoadResult; readonly seed: number },
): Promise<readonly [number, number]> {
  const samples = await servedSamples(SAMPLES, seed);
  const answers = samples.map(({ answer }) => answer);
  const [first, second] = [model, other].map((each) => peerScores(each, answers));
  const isOf = (scores: readonly number[], reply: readonly number[], at: number): boolean =>
    reply.every((reward, place) => Math.abs(reward - scores[at * PER_REQUEST + place]) <= SAME_SCORE);
  const counts: [number, number] = [0, 0];
  for (const [at, reply] of rewards.entries()) {
    const which = [first, second].findIndex((scores) => isOf(scores, reply, at));
    if (which < 0) throw new MajlisError(`reply ${at} is of neither reward`, { code: 'internal' });
    counts[which] += 1;
  }
  return counts;
}

/** A quantile of what a load measured, in whichever order. */
export function quantileOf(values: readonly number[], share: number): number {
  return quantile(
    [...values].sort((a, b) => a - b),
    share,
  );
}
