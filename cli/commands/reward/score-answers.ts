import { open, rename, rm } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { storageError } from '../../../core/runtime/storage-error.js';
import { makeFolderDurably } from '../../../core/runtime/durable-file.js';
import { createLightRewardModel } from '../../../reward/model/light/light-reward-model.js';
import { readAnswers, type NamedAnswer } from '../../../reward/model/read-answers.js';
import type { RewardModel } from '../../../reward/model/reward-model.js';
import { rawReward } from '../../../reward/model/reward-normalizer.js';
import { escapeControls } from '../../terminal/visible-controls.js';
import type { CommandResult, Session } from '../session.js';
import { openLightReward } from './open-light-reward.js';

export interface ScoreAnswersRequest {
  readonly directory: string;
  readonly answers: string;
  /** The file to write; lines go to stdout where it is left out. */
  readonly out?: string;
  /** β of the pessimistic reward μ − σ²/(2β); the mean where it is left out. */
  readonly beta?: number;
}

const ANSWERS_PER_CALL = 1024;
const SAY_EVERY_MS = 5000;
const MILLISECONDS = 1000;

/** Where lines go. */
interface Sink {
  write(lines: readonly string[]): Promise<void>;
  /** Called once all is written. */
  end(): Promise<void>;
  /** Called instead where something failed. */
  abandon(): Promise<void>;
}

/** Scores a file of answers line by line, however long it is: an outcome a line, in order, and a failure is no number. */
export async function scoreAnswers(request: ScoreAnswersRequest, session: Session): Promise<CommandResult> {
  const stored = await openLightReward(request.directory);
  const model = createLightRewardModel(stored);
  const sink = request.out === undefined ? terminalSink(session) : await fileSink(request.out);
  const { clock, terminal } = session;
  const startedMs = clock.monotonic();
  const kinds: Record<string, number> = {};
  let answers = 0;
  let saidMs = startedMs;
  const rate = (): number => answers / ((clock.monotonic() - startedMs) / MILLISECONDS);
  try {
    for await (const batch of batchesOf(readAnswers(request.answers, stored.rubric.locale))) {
      const rows = await scoreBatch(model, batch, { beta: request.beta, signal: session.signal });
      for (const { kind } of rows) kinds[kind] = (kinds[kind] ?? 0) + 1;
      await sink.write(rows.map((row) => escapeControls(JSON.stringify(row))));
      answers += rows.length;
      if (clock.monotonic() - saidMs < SAY_EVERY_MS) continue;
      saidMs = clock.monotonic();
      terminal.say(`${answers} answers scored, ${rate().toFixed(0)} a second`);
    }
    await sink.end();
  } catch (thrown) {
    await sink.abandon();
    throw thrown;
  }
  const told = Object.entries(kinds).map(([kind, count]) => `${count} ${kind.replaceAll('_', ' ')}`);
  const text = `${answers} answers, ${rate().toFixed(0)} a second: ${told.join(', ') || 'none'}`;
  if (request.out === undefined) terminal.say(text);
  return {
    json: { hash: stored.hash, answers, outcomes: kinds, answersPerSecond: rate() },
    text: request.out === undefined ? '' : `${text}\nwritten to ${request.out}`,
  };
}

/** An answer's outcome as a line says it. */
interface OutcomeRow {
  readonly id: string | number;
  readonly kind: string;
  /** Only where the kind is `scored`. */
  readonly reward?: number;
  readonly mean?: number;
  readonly variance?: number;
  readonly reason?: string;
}

async function scoreBatch(
  model: RewardModel,
  batch: readonly NamedAnswer[],
  { beta, signal }: { readonly beta: number | undefined; readonly signal: AbortSignal },
): Promise<OutcomeRow[]> {
  signal.throwIfAborted();
  const outcomes = await model.score(batch, signal);
  return outcomes.map((outcome, at): OutcomeRow => {
    const { id } = batch[at];
    if (outcome.kind === 'scored') {
      return { id, kind: outcome.kind, reward: rawReward(outcome.score, beta), ...outcome.score };
    }
    return { id, kind: outcome.kind, reason: 'reason' in outcome ? outcome.reason : outcome.raw };
  });
}

async function* batchesOf(answers: AsyncIterable<NamedAnswer>): AsyncGenerator<NamedAnswer[]> {
  let batch: NamedAnswer[] = [];
  for await (const answer of answers) {
    batch.push(answer);
    if (batch.length < ANSWERS_PER_CALL) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}

function terminalSink({ terminal }: Session): Sink {
  return {
    write: async (lines) => {
      terminal.print(lines.join('\n'));
    },
    end: async () => undefined,
    abandon: async () => undefined,
  };
}

/** The file has its name only once it is whole. */
async function fileSink(path: string): Promise<Sink> {
  const unfinished = `${path}.unfinished`;
  try {
    await makeFolderDurably(dirname(resolve(path)));
    const file = await open(unfinished, 'w');
    return {
      write: async (lines) => {
        await file.write(`${lines.join('\n')}\n`);
      },
      end: async () => {
        await file.sync();
        await file.close();
        await rename(unfinished, path);
      },
      abandon: async () => {
        await file.close();
        await rm(unfinished, { force: true });
      },
    };
  } catch (thrown) {
    throw storageError(path, thrown);
  }
}
