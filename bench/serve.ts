import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MajlisError } from '../core/errors.js';
import { median, type BenchCase, type Benchmark } from './bench-result.js';
import { peerScores, servedSamples, trainServedModel } from './serve-inputs.js';
import type { LoadResult } from './serve-load.js';
import { startLoad, startMajlis, startPeer, type LoadProcess, type ServedSide } from './serve-processes.js';
import { quantileOf, reloadCase } from './serve-reload.js';

const IN_FLIGHT = 32;
const SAMPLES = 8000;
const ROUNDS = 5;
/** Answers that the peer's model scores by itself before anything is timed. */
const CHECKED = 64;
/** Both sides compute in doubles, each sums in its own order. */
const SAME_SCORE = 1e-6;
const MICROSECONDS = 1e6;

/** One kind of request to both sides; the peer has HTTP alone. */
interface Contest {
  readonly name: string;
  readonly face: 'http' | 'stream';
  readonly perRequest: number;
  readonly bar: number;
}

const CONTESTS: readonly Contest[] = [
  { name: 'HTTP', face: 'http', perRequest: 1, bar: 1.5 },
  { name: 'gRPC stream', face: 'stream', perRequest: 1, bar: 4 },
  { name: 'HTTP with 16', face: 'http', perRequest: 16, bar: 1 },
];

/** Our reward server beside a FastAPI server of serve_rm's shape, with the same light reward model and the same client. */
export const serve: Benchmark = {
  summary: 'rewards served over HTTP and gRPC, against a FastAPI server of the shape of OpenRLHF serve_rm',
  run: async (_args, print) => {
    const folder = await mkdtemp(join(tmpdir(), 'majlis-serve-'));
    const open: { close(): unknown }[] = [];
    const kept = <T extends { close(): unknown }>(one: T): T => {
      open.unshift(one);
      return one;
    };
    try {
      const model = await trainServedModel(folder, 1);
      const config = join(folder, 'serve.yaml');
      await writeFile(config, JSON.stringify({ rewards: { active: { model } } }));
      const load = kept(startLoad());
      const sides = {
        ours: kept(await startMajlis(config)),
        peer: kept(await startPeer(model, { logs: true })),
        silentPeer: kept(await startPeer(model, { logs: false })),
      };
      const rig: Rig = { load, sides, print };
      await requireSameModel(rig, model);
      const cases = await contests(rig);
      cases.push(await reloadCase({ folder, config, load, server: sides.ours, model, print }));
      return { ...cases[0], cases };
    } finally {
      for (const one of open) await one.close();
      await rm(folder, { recursive: true, force: true });
    }
  },
};

type SideName = 'ours' | 'peer' | 'silentPeer';

const SIDES: readonly SideName[] = ['ours', 'peer', 'silentPeer'];

interface Rig {
  readonly load: LoadProcess;
  readonly sides: Readonly<Record<SideName, ServedSide>>;
  readonly print: (line: string) => void;
}

/** One round of one side, in figures. */
interface Played {
  readonly perSecond: number;
  /** Of a request, in milliseconds. */
  readonly p50: number;
  readonly p99: number;
  /** Microseconds of processor time for a sample, of the server and of the client. */
  readonly serverCpu: number;
  readonly clientCpu: number;
}

type Round = Readonly<Record<SideName, Played>>;

/** Rounds of all contests in turn; the first warms up and is not counted. */
async function contests(rig: Rig): Promise<BenchCase[]> {
  const rounds = CONTESTS.map((): Round[] => []);
  for (let round = 0; round <= ROUNDS; round += 1) {
    for (const [at, contest] of CONTESTS.entries()) {
      const played = await playRound(rig, contest, round * CONTESTS.length + at);
      if (round > 0) rounds[at].push(played);
    }
  }
  return CONTESTS.flatMap((contest, at) => casesOf(contest, rounds[at], rig.print));
}

/** The same samples, which no round has had before, to each side; they have to be paid alike. */
async function playRound({ load, sides }: Rig, contest: Contest, seed: number): Promise<Round> {
  const results = { ours: UNPLAYED, peer: UNPLAYED, silentPeer: UNPLAYED };
  for (const name of SIDES) {
    const side = sides[name];
    const face = name === 'ours' ? contest.face : 'http';
    const port = face === 'stream' ? side.grpcPort : side.port;
    if (port === undefined) throw new MajlisError(`${name} has no such face`, { code: 'internal' });
    const before = side.cpu();
    const task = { face, port, seed, samples: SAMPLES, perRequest: contest.perRequest, inFlight: IN_FLIGHT };
    const result = await load.play(task);
    results[name] = { result, cpu: side.cpu() - before };
  }
  requireSameRewards(results.ours.result, results.peer.result);
  requireSameRewards(results.ours.result, results.silentPeer.result);
  const { ours, peer, silentPeer } = results;
  return { ours: figuresOf(ours), peer: figuresOf(peer), silentPeer: figuresOf(silentPeer) };
}

interface Result {
  readonly result: LoadResult;
  readonly cpu: number;
}

const UNPLAYED: Result = {
  result: { seconds: 0, cpu: 0, milliseconds: [], sentAt: [], rewards: [] },
  cpu: 0,
};

function figuresOf({ result, cpu }: Result): Played {
  return {
    perSecond: SAMPLES / result.seconds,
    p50: quantileOf(result.milliseconds, 0.5),
    p99: quantileOf(result.milliseconds, 0.99),
    serverCpu: (cpu / SAMPLES) * MICROSECONDS,
    clientCpu: (result.cpu / SAMPLES) * MICROSECONDS,
  };
}

function casesOf(
  { name, bar }: Contest,
  rounds: readonly Round[],
  print: (line: string) => void,
): BenchCase[] {
  const of = (side: SideName, figure: keyof Played): number =>
    median(rounds.map((round) => round[side][figure]));
  for (const side of SIDES) {
    const [perSecond, p50, p99] = [of(side, 'perSecond'), of(side, 'p50'), of(side, 'p99')];
    const spent = `${of(side, 'serverCpu').toFixed(0)} µs of its CPU a sample, ${of(side, 'clientCpu').toFixed(0)} of the client's`;
    print(
      `${name}, ${DESCRIPTION[side]}: ${perSecond.toFixed(0)} samples/s, p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms, ${spent}`,
    );
  }
  const faster = (side: SideName): number =>
    median(rounds.map((round) => round.ours.perSecond / round[side].perSecond));
  const speed = { unit: 'samples/s', ours: of('ours', 'perSecond') };
  // Other work on the machine lengthens it less than it does the wall time.
  const cpu = { unit: 'µs a sample', ours: of('ours', 'serverCpu'), peer: of('peer', 'serverCpu') };
  const p99 = { unit: 'ms', ours: of('ours', 'p99'), peer: of('peer', 'p99') };
  const p50 = { unit: 'ms', ours: of('ours', 'p50'), peer: of('peer', 'p50') };
  return [
    {
      ...{ name, ...speed, peer: of('peer', 'perSecond'), peerName: DESCRIPTION.peer },
      ...{ ratio: faster('peer'), passed: faster('peer') >= bar },
    },
    {
      ...{ name: `${name}, peer without logs`, ...speed, peer: of('silentPeer', 'perSecond') },
      ...{ peerName: DESCRIPTION.silentPeer, ratio: faster('silentPeer') },
    },
    { name: `${name}, p50`, ...p50, peerName: DESCRIPTION.peer, ratio: p50.peer / p50.ours },
    { name: `${name}, p99`, ...p99, peerName: DESCRIPTION.peer, ratio: p99.peer / p99.ours },
    { name: `${name}, CPU`, ...cpu, peerName: DESCRIPTION.peer, ratio: cpu.peer / cpu.ours },
  ];
}

const DESCRIPTION: Readonly<Record<SideName, string>> = {
  ours: 'majlis',
  peer: 'FastAPI as serve_rm',
  silentPeer: 'FastAPI without logs',
};

/** The peer's model, asked by itself, and what its server and ours say. */
async function requireSameModel({ load, sides }: Rig, model: string): Promise<void> {
  const task = { samples: CHECKED, perRequest: 1, inFlight: IN_FLIGHT, seed: CONTESTS.length };
  const { rewards } = await load.play({ ...task, face: 'http', port: sides.ours.port });
  const samples = await servedSamples(CHECKED, task.seed);
  const scores = peerScores(
    model,
    samples.map(({ answer }) => answer),
  );
  requireSame(rewards.flat(), scores);
}

function requireSameRewards(ours: LoadResult, peers: LoadResult): void {
  requireSame(ours.rewards.flat(), peers.rewards.flat());
}

function requireSame(ours: readonly number[], peers: readonly number[]): void {
  const at = ours.findIndex((reward, place) => !(Math.abs(reward - peers[place]) <= SAME_SCORE));
  if (at < 0 && ours.length === peers.length) return;
  const found = `sample ${at} is paid ${ours[at]} by us and ${peers[at]} by the peer`;
  throw new MajlisError(`There is nothing to compare: ${found}.`, { code: 'internal' });
}
