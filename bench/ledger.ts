import { randomFillSync } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import Database from 'libsql';
import { SegmentArtifacts } from '../core/artifacts/segment-artifacts.js';
import type { Ledger } from '../core/ledger/ledger.js';
import { openSqliteLedger } from '../core/ledger/sqlite-ledger.js';
import { sha256 } from '../core/runtime/content-hash.js';
import { systemClock } from '../core/runtime/clock.js';
import { median } from './bench-result.js';
import type { BenchCase, Benchmark } from './bench-result.js';

const RUN = 'bench';
const PAYLOAD_BYTES = 2048;
const ROUNDS = 3;
/** Results of one round of ours. The peer's rounds are shorter, since each of its results waits for the disk alone. */
const RESULTS = 20_000;
const PEER_RESULTS = 1000;
/** Results that are on their way at the same time, as from several pulls of the bus. */
const IN_FLIGHT = 256;
const RESULTS_BAR = 6000;
const DELAY_BAR_MS = 50;
/** Nanoseconds in a millisecond. */
const NANOSECONDS = 1e6;

/**
 * What the coordinator's thread pays for results that last: the payload in a segment, then the result in the ledger, both
 * on disk before the next step. Beside it the same rows and payloads in one SQLite file, one commit each.
 */
export const ledger: Benchmark = {
  summary: 'durable results per second and the event loop meanwhile, against one commit each',
  async run(_args, print) {
    const rounds: Round[] = [];
    const peers: number[] = [];
    for (let round = 1; round <= ROUNDS; round += 1) {
      const ours = await inFolder(playOurs);
      const peer = await inFolder(playPeer);
      rounds.push(ours);
      peers.push(peer);
      print(
        `round ${round}: ${ours.perSecond.toFixed(0)} results/s, event loop p99 ${ours.delayMs.toFixed(1)} ms; ` +
          `one commit each ${peer.toFixed(0)} results/s`,
      );
    }
    const cases = summarize(rounds, median(peers));
    return { ...cases[0], cases };
  },
};

interface Round {
  readonly perSecond: number;
  /** The 99th percentile of the event loop's delay. */
  readonly delayMs: number;
}

function summarize(rounds: readonly Round[], peer: number): [BenchCase, ...BenchCase[]] {
  const perSecond = median(rounds.map((round) => round.perSecond));
  const delayMs = median(rounds.map((round) => round.delayMs));
  return [
    {
      name: 'ledger',
      unit: 'results/s',
      ours: perSecond,
      peer,
      peerName: 'the same rows, one commit each',
      ratio: perSecond / peer,
    },
    {
      name: 'ledger results',
      unit: 'results/s',
      ours: perSecond,
      peer: RESULTS_BAR,
      peerName: 'bar',
      ratio: perSecond / RESULTS_BAR,
      passed: perSecond >= RESULTS_BAR,
    },
    {
      name: 'event loop delay p99',
      unit: 'ms',
      ours: delayMs,
      peer: DELAY_BAR_MS,
      peerName: 'bar',
      ratio: DELAY_BAR_MS / delayMs,
      passed: delayMs < DELAY_BAR_MS,
    },
  ];
}

async function playOurs(folder: string): Promise<Round> {
  const artifacts = await SegmentArtifacts.open({ folder: join(folder, 'segments') });
  const ledger = await openSqliteLedger(join(folder, 'ledger.sqlite'), systemClock);
  const ids = taskIds(RESULTS);
  await issue(ledger, ids);
  const delay = monitorEventLoopDelay({ resolution: 1 });
  const payload = new Uint8Array(PAYLOAD_BYTES);
  randomFillSync(payload);
  const accept = async (taskId: string): Promise<void> => {
    const payloadHash = await artifacts.put(stamped(payload, taskId));
    await ledger.acceptResults(RUN, [{ taskId, iteration: 0, payloadHash }]);
  };
  delay.enable();
  const began = performance.now();
  await inParallel(ids, accept);
  const seconds = (performance.now() - began) / 1000;
  delay.disable();
  await artifacts.close();
  await ledger.close();
  return { perSecond: RESULTS / seconds, delayMs: delay.percentile(99) / NANOSECONDS };
}

async function issue(ledger: Ledger, ids: readonly string[]): Promise<void> {
  const identity = { id: RUN, name: RUN, seed: 1, config: '{}', configHash: 'c', fingerprints: {} };
  await ledger.createRun(identity);
  await ledger.issueTasks(
    RUN,
    ids.map((id) => ({ id, iteration: 0, issue: 1, deadlineMs: 0 })),
  );
}

/** Works through the list, so many at a time. */
async function inParallel(ids: readonly string[], work: (id: string) => Promise<void>): Promise<void> {
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < ids.length) {
      next += 1;
      await work(ids[next - 1]);
    }
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, lane));
}

async function playPeer(folder: string): Promise<number> {
  const database = new Database(join(folder, 'peer.sqlite'));
  database.pragma('locking_mode = EXCLUSIVE');
  database.pragma('journal_mode = WAL');
  database.pragma('synchronous = FULL');
  database.exec(`
    CREATE TABLE tasks (id TEXT PRIMARY KEY, state TEXT NOT NULL) STRICT, WITHOUT ROWID;
    CREATE TABLE results (task_id TEXT PRIMARY KEY, payload_hash TEXT NOT NULL, payload BLOB NOT NULL) STRICT;
    BEGIN`);
  const ids = taskIds(PEER_RESULTS);
  const issued = database.prepare("INSERT INTO tasks VALUES (?, 'outstanding')");
  for (const id of ids) issued.run([id]);
  database.exec('COMMIT');
  const insert = database.prepare('INSERT INTO results VALUES (?, ?, ?)');
  const accept = database.prepare("UPDATE tasks SET state = 'accepted' WHERE id = ?");
  const payload = new Uint8Array(PAYLOAD_BYTES);
  randomFillSync(payload);
  const began = performance.now();
  for (const id of ids) {
    const bytes = stamped(payload, id);
    database.exec('BEGIN IMMEDIATE');
    insert.run([id, sha256(bytes), Buffer.from(bytes)]);
    accept.run([id]);
    database.exec('COMMIT');
  }
  const seconds = (performance.now() - began) / 1000;
  database.close();
  return PEER_RESULTS / seconds;
}

/** Ids like those of real tasks, hashes, so that rows arrive in no order of the index. */
function taskIds(count: number): string[] {
  return Array.from({ length: count }, (_, index) => sha256(`task ${index}`));
}

/** The payload with the id in its beginning, so that no two are the same. */
function stamped(payload: Uint8Array, id: string): Uint8Array {
  const bytes = new Uint8Array(payload);
  new TextEncoder().encodeInto(id, bytes);
  return bytes;
}

async function inFolder<Value>(work: (folder: string) => Promise<Value>): Promise<Value> {
  const folder = await mkdtemp(join(tmpdir(), 'majlis-bench-'));
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
