import { BinaryReader, BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { describeMetric } from './metric-catalogue.js';
import type { Metrics } from './metrics-sink.js';

/** Field numbers of tensorboard/compat/proto/event.proto and summary.proto. */
const EVENT = { wallTime: 1, step: 2, fileVersion: 3, summary: 5, sourceMetadata: 10 } as const;
const SOURCE_METADATA_WRITER = 1;
const SUMMARY_VALUE = 1;
const VALUE = { tag: 1, simpleValue: 2, metadata: 9 } as const;
const METADATA = { pluginData: 1, description: 3 } as const;
const PLUGIN_NAME = 1;

const FILE_VERSION = 'brain.Event:2';
const SCALARS = 'scalars';
const MILLISECONDS = 1000;

/** The first Event of a file: which format it is, and who writes. */
export function versionEvent(atMs: number): Uint8Array {
  const event = new BinaryWriter();
  event.tag(EVENT.wallTime, WireType.Bit64).double(atMs / MILLISECONDS);
  event.tag(EVENT.fileVersion, WireType.LengthDelimited).string(FILE_VERSION);
  event.tag(EVENT.sourceMetadata, WireType.LengthDelimited).fork();
  event.tag(SOURCE_METADATA_WRITER, WireType.LengthDelimited).string('majlis').join();
  return event.finish();
}

/** An Event with one scalar per metric, in single precision. `described`: tags whose description the file has already. */
export function summaryEvent(
  step: number,
  metrics: Metrics,
  atMs: number,
  described: ReadonlySet<string>,
): Uint8Array {
  const event = new BinaryWriter();
  event.tag(EVENT.wallTime, WireType.Bit64).double(atMs / MILLISECONDS);
  event.tag(EVENT.step, WireType.Varint).int64(step);
  event.tag(EVENT.summary, WireType.LengthDelimited).fork();
  for (const [tag, value] of Object.entries(metrics)) {
    event.tag(SUMMARY_VALUE, WireType.LengthDelimited).fork();
    event.tag(VALUE.tag, WireType.LengthDelimited).string(tag);
    event.tag(VALUE.simpleValue, WireType.Bit32).float(value);
    if (!described.has(tag)) writeMetadata(event, tag);
    event.join();
  }
  return event.join().finish();
}

function writeMetadata(event: BinaryWriter, tag: string): void {
  event.tag(VALUE.metadata, WireType.LengthDelimited).fork();
  event.tag(METADATA.pluginData, WireType.LengthDelimited).fork();
  event.tag(PLUGIN_NAME, WireType.LengthDelimited).string(SCALARS).join();
  event.tag(METADATA.description, WireType.LengthDelimited).string(describeMetric(tag).help).join();
}

/** The step of an Event that holds figures; nothing for other events. */
export function stepOfSummary(event: Uint8Array): number | undefined {
  const reader = new BinaryReader(event);
  let step = 0;
  let hasSummary = false;
  while (reader.pos < reader.len) {
    const [field, type] = reader.tag();
    if (field === EVENT.step) {
      step = Number(reader.int64());
      continue;
    }
    hasSummary ||= field === EVENT.summary;
    reader.skip(type, field);
  }
  return hasSummary ? step : undefined;
}
