import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { MajlisError } from '../../errors.js';
import type { RunState } from '../../domain/run-state.js';
import { storageError, systemCode } from '../../runtime/storage-error.js';
import { parseJson } from '../../config/parse-json.js';
import { sha256 } from '../../runtime/content-hash.js';
import { makeFolderDurably } from '../../runtime/durable-file.js';
import { AppendedFile } from './appended-file.js';
import type { MeasuredRun, Metrics, MetricsSink } from './metrics-sink.js';
import { OrderedMetrics } from './ordered-metrics.js';
import type { MetricsWriter } from './ordered-metrics.js';
import { frameWandbRecord, readWandbLog, WANDB_LOG_HEADER } from './wandb-log.js';
import {
  exitRecord,
  headerRecord,
  historyRecord,
  readRecordKind,
  runRecord,
  summaryRecord,
  type WandbRun,
} from './wandb-record.js';

const FOLDER = 'wandb';
const PROJECT = 'majlis';
const MILLISECONDS = 1000;
/** The header and the run stand before all else; without both a file is begun again. */
const OPENING_RECORDS = 2;
const LONGEST_ID = 64;
const HASH_DIGITS = 8;

const configSchema = z.record(z.string(), z.unknown());

/**
 * A W&B offline run, `wandb/offline-run-YYYYMMDD_HHMMSS-ID/run-ID.wandb` under the directory, the time being the run's
 * creation in UTC. Nothing is ever sent: that is what `wandb sync` does, if somebody calls it. Another process goes on in
 * the same file after cutting off what is torn and the record of the end, so that one sync has the whole run.
 */
export async function openWandbMetrics(run: MeasuredRun, directory: string): Promise<MetricsSink> {
  const id = wandbId(run.id);
  const folder = join(directory, FOLDER, `offline-run-${timeOf(run.createdAtMs)}-${id}`);
  const path = join(folder, `run-${id}.wandb`);
  await makeFolderDurably(folder);
  const written = await readWritten(path);
  const file = new AppendedFile(path, written.end);
  const log = new WandbFile(path, file, wandbRun(id, run), written.records);
  return new OrderedMetrics(log, written.lastStep);
}

function wandbRun(id: string, run: MeasuredRun): WandbRun {
  return {
    id,
    project: PROJECT,
    displayName: run.id,
    tags: [run.name],
    config: parseJson(run.config, configSchema, { source: `the configuration of ${run.id}` }),
    startedAtMs: run.createdAtMs,
  };
}

/** W&B's ids are parts of URLs and file names; one that had to be changed keeps a hash, so that no two runs share one. */
function wandbId(runId: string): string {
  const plain = runId.replace(/[^\w.-]/gu, '-').slice(0, LONGEST_ID);
  return plain === runId ? plain : `${plain}-${sha256(runId).slice(0, HASH_DIGITS)}`;
}

/** `2026-11-22T04:52:37.000Z` as `20261122_045237`. */
function timeOf(atMs: number): string {
  const [date, time] = new Date(atMs).toISOString().split(/[T.]/);
  return `${date.replaceAll('-', '')}_${time.replaceAll(':', '')}`;
}

interface Written {
  /** Bytes up to the end of the last record that stays. */
  readonly end: number;
  readonly records: number;
  readonly lastStep?: number;
}

async function readWritten(path: string): Promise<Written> {
  const file = await readIfThere(path);
  // A process that died while it created the file leaves a part of the header.
  if (WANDB_LOG_HEADER.subarray(0, file.length).equals(file)) return { end: 0, records: 0 };
  if (!file.subarray(0, WANDB_LOG_HEADER.length).equals(WANDB_LOG_HEADER)) {
    throw new MajlisError(`${path} is no W&B file; move it away to go on.`, { code: 'data_loss' });
  }
  let written: Written = { end: WANDB_LOG_HEADER.length, records: 0 };
  for (const { payload, end } of readWandbLog(file)) {
    const { isExit, step } = readRecordKind(payload);
    if (isExit) break;
    written = {
      ...written,
      end,
      records: written.records + 1,
      ...(step === undefined ? {} : { lastStep: step }),
    };
  }
  return written.records < OPENING_RECORDS ? { end: WANDB_LOG_HEADER.length, records: 0 } : written;
}

async function readIfThere(path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (thrown) {
    if (systemCode(thrown) === 'ENOENT') return Buffer.alloc(0);
    throw storageError(path, thrown);
  }
}

class WandbFile implements MetricsWriter {
  private lastSeconds = 0;

  constructor(
    private readonly path: string,
    private readonly file: AppendedFile,
    private readonly run: WandbRun,
    private records: number,
  ) {}

  async append(step: number, metrics: Metrics, atMs: number): Promise<void> {
    await this.begin();
    const runtime = (atMs - this.run.startedAtMs) / MILLISECONDS;
    const figures = { ...metrics, _step: step, _timestamp: atMs / MILLISECONDS, _runtime: runtime };
    await this.add([
      (number) => historyRecord(number, step, figures),
      (number) => summaryRecord(number, figures),
    ]);
    this.lastSeconds = runtime;
  }

  async end(state: RunState): Promise<void> {
    await this.begin();
    await this.add([(number) => exitRecord(number, state, this.lastSeconds)]);
  }

  /** `wandb sync` leaves a mark beside what it has sent, and skips what has one; this file grows now. */
  private async begin(): Promise<void> {
    await rm(`${this.path}.synced`, { force: true });
    if (this.file.size === 0) await this.file.append(WANDB_LOG_HEADER);
    if (this.records === 0) await this.add([headerRecord, (number) => runRecord(number, this.run)]);
  }

  /** In one write, so that a history record and its summary are there together. */
  private async add(records: readonly ((number: number) => Uint8Array)[]): Promise<void> {
    const { size } = this.file;
    let bytes = Buffer.alloc(0);
    for (const [at, record] of records.entries()) {
      const framed = frameWandbRecord(record(this.records + 1 + at), size + bytes.length);
      bytes = Buffer.concat([bytes, framed]);
    }
    await this.file.append(bytes);
    this.records += records.length;
  }
}
