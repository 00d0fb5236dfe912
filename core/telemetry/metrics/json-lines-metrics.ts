import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { storageError, systemCode } from '../../runtime/storage-error.js';
import { parseJson } from '../../config/parse-json.js';
import { makeFolderDurably } from '../../runtime/durable-file.js';
import { AppendedFile } from './appended-file.js';
import type { Metrics, MetricsSink } from './metrics-sink.js';
import { OrderedMetrics } from './ordered-metrics.js';

const FILE = 'metrics.jsonl';
const NEWLINE = 0x0a;
/** A line has some kilobytes, so the last whole one stands in here. */
const TAIL_BYTES = 1 << 20;

const lineSchema = z.looseObject({ step: z.int() });

/**
 * `metrics.jsonl` in the directory: one object per line with `step`, `time` (ISO 8601, UTC) and every figure under its
 * name. JSON has no NaN and no infinity; they stand as the strings that protobuf's JSON mapping has for them, "NaN",
 * "Infinity" and "-Infinity". What the file holds decides which step comes next; a torn last line is cut off.
 */
export async function openJsonLinesMetrics(directory: string): Promise<MetricsSink> {
  await makeFolderDurably(directory);
  const path = join(directory, FILE);
  const { end, lastStep } = await readTail(path);
  const file = new AppendedFile(path, end);
  return new OrderedMetrics(
    {
      append: (step, metrics, atMs) => file.append(Buffer.from(lineOf(step, metrics, atMs))),
      end: async () => undefined,
    },
    lastStep,
  );
}

function lineOf(step: number, metrics: Metrics, atMs: number): string {
  const figures = Object.entries(metrics).map(([name, value]) => [name, jsonNumber(value)] as const);
  const line = { step, time: new Date(atMs).toISOString(), ...Object.fromEntries(figures) };
  return `${JSON.stringify(line)}\n`;
}

function jsonNumber(value: number): number | string {
  return Number.isFinite(value) ? value : String(value);
}

interface Tail {
  /** Bytes of whole lines. */
  readonly end: number;
  readonly lastStep?: number;
}

async function readTail(path: string): Promise<Tail> {
  const { start, bytes } = await lastBytes(path);
  const end = bytes.lastIndexOf(NEWLINE) + 1;
  if (end === 0 && start === 0) return { end: 0 };
  const line = bytes.subarray(bytes.lastIndexOf(NEWLINE, end - 2) + 1, end);
  const { step } = parseJson(line.toString('utf8'), lineSchema, {
    source: path,
    place: 'its last whole line',
  });
  return { end: start + end, lastStep: step };
}

async function lastBytes(path: string): Promise<{ readonly start: number; readonly bytes: Buffer }> {
  try {
    const file = await open(path, 'r');
    try {
      const { size } = await file.stat();
      const start = Math.max(0, size - TAIL_BYTES);
      const bytes = Buffer.alloc(size - start);
      await file.read(bytes, 0, bytes.length, start);
      return { start, bytes };
    } finally {
      await file.close();
    }
  } catch (thrown) {
    if (systemCode(thrown) === 'ENOENT') return { start: 0, bytes: Buffer.alloc(0) };
    throw storageError(path, thrown);
  }
}
