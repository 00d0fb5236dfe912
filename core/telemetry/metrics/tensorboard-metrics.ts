import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { storageError } from '../../runtime/storage-error.js';
import { makeFolderDurably } from '../../runtime/durable-file.js';
import { AppendedFile } from './appended-file.js';
import { stepOfSummary, summaryEvent, versionEvent } from './event-message.js';
import type { Metrics, MetricsSink } from './metrics-sink.js';
import { OrderedMetrics } from './ordered-metrics.js';
import type { MetricsWriter } from './ordered-metrics.js';
import { frameRecord, readRecords } from './record-file.js';

const FOLDER = 'tensorboard';
const FILE_NAME = /^events\.out\.tfevents\.(?<seconds>\d+)\./;
const SECONDS_DIGITS = 10;
const NUMBER_DIGITS = 4;
const MILLISECONDS = 1000;

/**
 * TensorBoard event files in `tensorboard/` under the directory: one scalar per figure, with its description. Every open
 * that writes starts a new file, as TensorFlow's writers do; TensorBoard reads a folder's files as one run, in the order
 * of their names, and the last step of the earlier files decides which comes next.
 */
export async function openTensorboardMetrics(directory: string): Promise<MetricsSink> {
  const folder = join(directory, FOLDER);
  await makeFolderDurably(folder);
  try {
    const earlier = (await readdir(folder)).filter((name) => FILE_NAME.test(name)).sort();
    return new OrderedMetrics(new EventFiles(folder, earlier), await lastStep(folder, earlier));
  } catch (thrown) {
    throw storageError(folder, thrown);
  }
}

/** Of the newest file that has one: steps grow from file to file. */
async function lastStep(folder: string, names: readonly string[]): Promise<number | undefined> {
  for (const name of names.toReversed()) {
    let last: number | undefined;
    for (const event of readRecords(await readFile(join(folder, name)))) last = stepOfSummary(event) ?? last;
    if (last !== undefined) return last;
  }
  return undefined;
}

/** The file is created with the first step, so that an open without news leaves none behind. */
class EventFiles implements MetricsWriter {
  private file: AppendedFile | undefined;
  private readonly described = new Set<string>();

  constructor(
    private readonly folder: string,
    private readonly earlier: readonly string[],
  ) {}

  async append(step: number, metrics: Metrics, atMs: number): Promise<void> {
    this.file ??= new AppendedFile(join(this.folder, this.nextName(atMs)), 0);
    if (this.file.size === 0) await this.file.append(frameRecord(versionEvent(atMs)));
    await this.file.append(frameRecord(summaryEvent(step, metrics, atMs, this.described)));
    for (const name of Object.keys(metrics)) this.described.add(name);
  }

  async end(): Promise<void> {
    // Nothing in the format says that a run is over.
  }

  /** Sorts after every earlier file, also when two start in one second or the clock went back. */
  private nextName(atMs: number): string {
    const before = Number(FILE_NAME.exec(this.earlier.at(-1) ?? '')?.groups?.seconds ?? 0);
    const seconds = Math.max(before, Math.floor(atMs / MILLISECONDS));
    const time = String(seconds).padStart(SECONDS_DIGITS, '0');
    const number = String(this.earlier.length).padStart(NUMBER_DIGITS, '0');
    return `events.out.tfevents.${time}.majlis.${number}`;
  }
}
