import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { findDamagedPayloads, scanSegment } from './segment-reader.js';
import type { SegmentRecord, SegmentScan } from './segment-reader.js';
import { isSegmentName } from './segment-name.js';
import { storageError } from '../runtime/storage-error.js';

/** One segment file with what a scan found in it. */
export interface ScannedSegment extends SegmentScan {
  readonly path: string;
}

/** Scans every segment of a folder, in the order of their names. */
export async function scanSegments(folder: string): Promise<readonly ScannedSegment[]> {
  try {
    const names = (await readdir(folder)).filter(isSegmentName).sort();
    const scans: ScannedSegment[] = [];
    for (const name of names) {
      const path = join(folder, name);
      scans.push({ path, ...(await scanSegment(path)) });
    }
    return scans;
  } catch (thrown) {
    throw storageError(folder, thrown);
  }
}

/** What the segments of a folder hold, to be looked at and not changed; another process may append to them. */
export class SegmentReadings {
  private readonly places = new Map<string, { readonly path: string; readonly record: SegmentRecord }>();

  private constructor(private readonly segments: readonly ScannedSegment[]) {
    for (const { path, records } of segments) {
      for (const record of records) this.places.set(record.sha256, { path, record });
    }
  }

  static async read(folder: string): Promise<SegmentReadings> {
    return new SegmentReadings(await scanSegments(folder));
  }

  get files(): number {
    return this.segments.length;
  }

  /** Segments whose scan ended before the file did, and where, in bytes. */
  get tails(): readonly {
    readonly path: string;
    readonly kind: 'truncated' | 'damaged';
    readonly offset: number;
  }[] {
    return this.segments.flatMap(({ path, tail }) => (tail === undefined ? [] : [{ path, ...tail }]));
  }

  /** What is wrong with these payloads, by hash; those that are there and whole are left out. */
  async problemsOf(hashes: readonly string[]): Promise<ReadonlyMap<string, string>> {
    const problems = new Map<string, string>();
    const wanted = new Map<string, SegmentRecord[]>();
    for (const sha256 of new Set(hashes)) {
      const place = this.places.get(sha256);
      if (place === undefined) problems.set(sha256, `payload ${sha256} is in no segment`);
      else recordsOf(wanted, place.path).push(place.record);
    }
    for (const [path, records] of wanted) {
      for (const [sha256, { message }] of await findDamagedPayloads(path, records)) {
        problems.set(sha256, message);
      }
    }
    return problems;
  }
}

function recordsOf(byPath: Map<string, SegmentRecord[]>, path: string): SegmentRecord[] {
  const records = byPath.get(path) ?? [];
  byPath.set(path, records);
  return records;
}
