import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { syncFolder } from '../runtime/durable-file.js';
import { scanSegments } from './segment-readings.js';
import type { ScannedSegment } from './segment-readings.js';
import { readPayload } from './segment-reader.js';
import type { SegmentRecord } from './segment-reader.js';
import { segmentName } from './segment-name.js';
import { RECORD_HEADER_BYTES, SEGMENT_MAGIC } from './segment-format.js';
import { SegmentWriter } from './segment-writer.js';
import { storageError } from '../runtime/storage-error.js';

/** What a collection removed, or would remove. */
export interface CollectedSegments {
  /** Records that nothing keeps, second copies of a payload among them. */
  readonly payloads: number;
  readonly bytes: number;
  /** Files that were removed, those that others replaced among them. */
  readonly files: number;
  /** Files that were left as they are, because they are damaged. */
  readonly damaged: readonly string[];
}

/**
 * Removes the payloads that are not kept. A segment with some of them is replaced by a new one that holds the rest, which
 * is on disk before the old one goes; a crash in between leaves a payload twice, never none. No store may have the folder
 * open. A damaged segment is left alone: what it holds behind the damage cannot be told.
 */
export async function collectSegments(
  folder: string,
  isKept: (sha256: string) => boolean,
  { dryRun }: { readonly dryRun: boolean },
): Promise<CollectedSegments> {
  const segments = await scanSegments(folder);
  const plans = planOf(segments, isKept);
  if (!dryRun) await carryOut(folder, segments, plans);
  const dropped = plans.flatMap(({ drop }) => drop);
  return {
    payloads: dropped.length,
    bytes: plans.reduce((sum, plan) => sum + freedBytes(plan), 0),
    files: plans.length,
    damaged: segments.flatMap(({ path, tail }) => (tail?.kind === 'damaged' ? [path] : [])),
  };
}

interface Plan {
  readonly path: string;
  readonly keep: readonly SegmentRecord[];
  readonly drop: readonly SegmentRecord[];
}

/** The segments that lose something. The last copy of a payload is the one that stores read, so it is the one kept. */
function planOf(segments: readonly ScannedSegment[], isKept: (sha256: string) => boolean): Plan[] {
  const last = new Map(
    segments.flatMap(({ path, records }) => records.map((record) => [record.sha256, { path, record }])),
  );
  return segments.flatMap(({ path, records, tail }) => {
    if (tail?.kind === 'damaged') return [];
    const stays = (record: SegmentRecord): boolean =>
      isKept(record.sha256) && last.get(record.sha256)?.record === record;
    const keep = records.filter(stays);
    if (keep.length === records.length) return [];
    return [{ path, keep, drop: records.filter((record) => !stays(record)) }];
  });
}

async function carryOut(
  folder: string,
  segments: readonly ScannedSegment[],
  plans: readonly Plan[],
): Promise<void> {
  let next = 1 + Math.max(0, ...segments.map(({ path }) => Number.parseInt(path.slice(-16), 10)));
  for (const { path, keep } of plans) {
    if (keep.length > 0) {
      await writeSegment(join(folder, segmentName(next)), path, keep);
      next += 1;
    }
    await removeDurably(folder, path);
  }
}

async function writeSegment(
  target: string,
  source: string,
  records: readonly SegmentRecord[],
): Promise<void> {
  const writer = await SegmentWriter.create(target);
  try {
    // In rounds, so that a segment need not fit into memory twice.
    for (let start = 0; start < records.length; start += ROUND) {
      const round = records.slice(start, start + ROUND);
      const appends = round.map(async (record) =>
        writer.append(record.sha256, await readPayload(source, record)),
      );
      await Promise.all(appends);
    }
  } finally {
    await writer.close();
  }
}

const ROUND = 256;

async function removeDurably(folder: string, path: string): Promise<void> {
  try {
    await rm(path);
    await syncFolder(folder);
  } catch (thrown) {
    throw storageError(path, thrown);
  }
}

function freedBytes({ keep, drop }: Plan): number {
  const dropped = drop.reduce((sum, { length }) => sum + RECORD_HEADER_BYTES + length, 0);
  return keep.length === 0 ? SEGMENT_MAGIC.length + dropped : dropped;
}
