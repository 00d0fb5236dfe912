import { BinaryReader, BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import type { RunState } from '../../domain/run-state.js';

/** Field numbers of wandb/proto/wandb_internal.proto (wandb 0.31.0); they are kept, since old files must stay readable. */
const RECORD = { number: 1, history: 2, summary: 3, run: 17, exit: 18, header: 21 } as const;
const HEADER_VERSION_INFO = 1;
const VERSION_INFO = { producer: 1, minConsumer: 2 } as const;
const RUN = { id: 1, project: 3, config: 4, displayName: 8, tags: 10, startTime: 17 } as const;
const CONFIG_UPDATE = 1;
const TIMESTAMP = { seconds: 1, nanos: 2 } as const;
const HISTORY = { item: 1, step: 2 } as const;
const STEP_NUMBER = 1;
const SUMMARY_UPDATE = 1;
const ITEM = { key: 1, valueJson: 16 } as const;
const EXIT = { code: 1, runtime: 2, notComplete: 3 } as const;

/** The server version from which wandb 0.31.0 lets its own files be read. */
const MIN_CONSUMER = '0.70.0';
const MILLISECONDS = 1000;
const NANOS_PER_MILLISECOND = 1_000_000;

const { LengthDelimited, Varint } = WireType;

export interface WandbRun {
  readonly id: string;
  readonly project: string;
  readonly displayName: string;
  readonly tags: readonly string[];
  readonly config: Readonly<Record<string, unknown>>;
  readonly startedAtMs: number;
}

/** The first record of a file. Records are numbered from 1. */
export function headerRecord(number: number): Uint8Array {
  const record = begin(number, RECORD.header);
  record.tag(HEADER_VERSION_INFO, LengthDelimited).fork();
  record.tag(VERSION_INFO.producer, LengthDelimited).string('majlis');
  record.tag(VERSION_INFO.minConsumer, LengthDelimited).string(MIN_CONSUMER);
  return record.join().join().finish();
}

/** Says which run the file is of; stands before anything about it. */
export function runRecord(number: number, run: WandbRun): Uint8Array {
  const record = begin(number, RECORD.run);
  record.tag(RUN.id, LengthDelimited).string(run.id);
  record.tag(RUN.project, LengthDelimited).string(run.project);
  record.tag(RUN.config, LengthDelimited).fork();
  for (const [key, value] of Object.entries(run.config)) {
    writeItem(record, CONFIG_UPDATE, key, JSON.stringify(value));
  }
  record.join();
  record.tag(RUN.displayName, LengthDelimited).string(run.displayName);
  for (const tag of run.tags) record.tag(RUN.tags, LengthDelimited).string(tag);
  record.tag(RUN.startTime, LengthDelimited).fork();
  record.tag(TIMESTAMP.seconds, Varint).int64(Math.floor(run.startedAtMs / MILLISECONDS));
  record.tag(TIMESTAMP.nanos, Varint).int32((run.startedAtMs % MILLISECONDS) * NANOS_PER_MILLISECOND);
  return record.join().join().finish();
}

/** One step's figures. W&B's JSON has NaN and Infinity bare, as Python's has. */
export function historyRecord(
  number: number,
  step: number,
  figures: Readonly<Record<string, number>>,
): Uint8Array {
  const record = begin(number, RECORD.history);
  for (const [key, value] of Object.entries(figures)) writeItem(record, HISTORY.item, key, String(value));
  record.tag(HISTORY.step, LengthDelimited).fork();
  record.tag(STEP_NUMBER, Varint).int64(step);
  return record.join().join().finish();
}

/** The figures that the run's page shows as its last. */
export function summaryRecord(number: number, figures: Readonly<Record<string, number>>): Uint8Array {
  const record = begin(number, RECORD.summary);
  for (const [key, value] of Object.entries(figures)) writeItem(record, SUMMARY_UPDATE, key, String(value));
  return record.join().finish();
}

/** The last record. A run that has not ended is marked as not complete, so that W&B does not call it failed. */
export function exitRecord(number: number, state: RunState, runtimeSeconds: number): Uint8Array {
  const record = begin(number, RECORD.exit);
  if (state === 'failed' || state === 'cancelled') record.tag(EXIT.code, Varint).int32(1);
  else if (state !== 'completed') record.tag(EXIT.notComplete, Varint).bool(true);
  record.tag(EXIT.runtime, Varint).int32(Math.floor(runtimeSeconds));
  return record.join().finish();
}

export interface WandbRecordKind {
  readonly isExit: boolean;
  /** Of a history record. */
  readonly step?: number;
}

/** What a file's continuation has to know of a record. */
export function readRecordKind(payload: Uint8Array): WandbRecordKind {
  const reader = new BinaryReader(payload);
  let kind: WandbRecordKind = { isExit: false };
  while (reader.pos < reader.len) {
    const [field, type] = reader.tag();
    if (field === RECORD.history) kind = { isExit: false, step: historyStep(reader.bytes()) };
    else reader.skip(type, field);
    if (field === RECORD.exit) kind = { isExit: true };
  }
  return kind;
}

/** Zero is not written, as everywhere in proto3. */
function historyStep(history: Uint8Array): number {
  const reader = new BinaryReader(history);
  while (reader.pos < reader.len) {
    const [field, type] = reader.tag();
    if (field !== HISTORY.step) {
      reader.skip(type, field);
      continue;
    }
    const step = new BinaryReader(reader.bytes());
    if (step.len === 0) return 0;
    step.tag();
    return Number(step.int64());
  }
  return 0;
}

function begin(number: number, kind: number): BinaryWriter {
  const record = new BinaryWriter();
  record.tag(RECORD.number, Varint).int64(number);
  return record.tag(kind, LengthDelimited).fork();
}

function writeItem(record: BinaryWriter, field: number, key: string, valueJson: string): void {
  record.tag(field, LengthDelimited).fork();
  record.tag(ITEM.key, LengthDelimited).string(key);
  record.tag(ITEM.valueJson, LengthDelimited).string(valueJson).join();
}
