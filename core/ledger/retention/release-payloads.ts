import { existsSync } from 'node:fs';
import { z } from 'zod';
import type { ArtifactStore } from '../../artifacts/artifact-store.js';
import { collectArtifacts } from '../../artifacts/collect-artifacts.js';
import type { CollectedArtifacts } from '../../artifacts/collect-artifacts.js';
import type { CollectableStore } from '../../artifacts/collectable-store.js';
import { collectSegments } from '../../artifacts/collect-segments.js';
import type { CollectedSegments } from '../../artifacts/collect-segments.js';
import { commitTogether } from '../../database/commit-together.js';
import { ExclusiveDatabase } from '../../database/exclusive-database.js';
import { LEDGER } from '../ledger-schema.js';
import { migrate } from '../../database/migrate.js';
import { MIGRATIONS } from '../migrations.js';
import { namedModels, oldestOpenRun, ENDED_STATES } from './named-contents.js';
import { withSnapshot } from '../snapshot/ledger-snapshot.js';

export interface Retention {
  /** Folder of payload segments. */
  readonly segments: string;
  /** Newest iterations of each ended run whose payloads are kept. */
  readonly keepIterations: number;
  /** Tells what would be removed, and removes nothing. */
  readonly dryRun: boolean;
  /** The store of policies and of large messages, where it is to be collected too. */
  readonly artifacts?: {
    readonly store: Pick<ArtifactStore, 'get'> & CollectableStore;
    /** What was put since then stays, in milliseconds since the Unix epoch. */
    readonly changedBeforeMs: number;
  };
}

export interface ReleasedPayloads extends CollectedSegments {
  /** Iterations whose payloads are now released, by run. */
  readonly iterations: ReadonlyMap<string, number>;
  /** What went from the store of artifacts, where one was given. */
  readonly artifacts?: CollectedArtifacts;
}

const NOTHING: CollectedSegments = { payloads: 0, bytes: 0, files: 0, damaged: [] };

/** Iterations of ended runs before the newest that are kept, as far as they were not released before. */
const RELEASABLE = `
  SELECT DISTINCT touched.run, touched.iteration FROM (
    SELECT run, iteration FROM iterations UNION SELECT run, iteration FROM tasks) AS touched
  JOIN runs ON runs.id = touched.run AND state IN (${ENDED_STATES})
  LEFT JOIN released_payloads ON released_payloads.run = touched.run
    AND released_payloads.iteration = touched.iteration
  WHERE released_payloads.run IS NULL
    AND touched.iteration < (SELECT count(*) FROM iterations WHERE run = touched.run) - ?`;

const REFERENCED = `
  SELECT payload_hash AS hash, run, iteration FROM tasks WHERE payload_hash IS NOT NULL UNION ALL
  SELECT inputs_hash, run, iteration FROM iterations`;

const iterationRow = z.object({ run: z.string(), iteration: z.number() });
const payloadRow = iterationRow.extend({ hash: z.string() });

/**
 * Removes the payloads of ended runs but for their newest iterations, and what no run refers to. The ledger says first
 * that they are released, then they go, so that a payload that is missing without that is always a loss. A ledger that
 * a coordinator owns is `failed_precondition`; a dry run looks at a copy and may run beside one.
 *
 * From a store of artifacts goes what neither a kept payload nor a model of a run names, nor a message of an open task may.
 */
export async function releasePayloads(file: string, retention: Retention): Promise<ReleasedPayloads> {
  if (retention.dryRun) return withSnapshot(file, (database) => release(database, retention));
  const database = ExclusiveDatabase.open(file, { kind: LEDGER });
  try {
    migrate(database, MIGRATIONS);
    return await release(database, retention);
  } finally {
    database.release();
  }
}

async function release(database: ExclusiveDatabase, retention: Retention): Promise<ReleasedPayloads> {
  const { segments, keepIterations, dryRun } = retention;
  const released = database.select(iterationRow, RELEASABLE, keepIterations);
  // On a copy too: what is kept is then told by one query.
  const [outcome] = commitTogether(database, [() => record(database, released)]);
  if (outcome !== undefined && 'error' in outcome) throw outcome.error;
  const kept = keptPayloads(database);
  const collected = existsSync(segments)
    ? await collectSegments(segments, (sha256) => kept.has(sha256), { dryRun })
    : NOTHING;
  const iterations = new Map<string, number>();
  for (const { run } of released) iterations.set(run, 1 + (iterations.get(run) ?? 0));
  const artifacts = await releaseArtifacts(database, retention, kept);
  return { ...collected, iterations, ...(artifacts === undefined ? {} : { artifacts }) };
}

async function releaseArtifacts(
  database: ExclusiveDatabase,
  { artifacts, dryRun }: Retention,
  payloads: ReadonlySet<string>,
): Promise<CollectedArtifacts | undefined> {
  if (artifacts === undefined) return undefined;
  const models = namedModels(database);
  const isNamed = (sha256: string): boolean => payloads.has(sha256) || models.has(sha256);
  const changedBeforeMs = Math.min(artifacts.changedBeforeMs, oldestOpenRun(database) ?? Infinity);
  return collectArtifacts(artifacts.store, { isNamed, changedBeforeMs, dryRun });
}

function record(database: ExclusiveDatabase, released: readonly z.infer<typeof iterationRow>[]): void {
  const insert = 'INSERT INTO released_payloads (run, iteration) VALUES (?, ?)';
  for (const { run, iteration } of released) database.change(insert, run, iteration);
}

function keptPayloads(database: ExclusiveDatabase): ReadonlySet<string> {
  const released = new Set(
    database
      .select(iterationRow, 'SELECT run, iteration FROM released_payloads')
      .map(({ run, iteration }) => `${iteration} ${run}`),
  );
  const referenced = database.select(payloadRow, REFERENCED);
  return new Set(
    referenced.filter(({ run, iteration }) => !released.has(`${iteration} ${run}`)).map(({ hash }) => hash),
  );
}
