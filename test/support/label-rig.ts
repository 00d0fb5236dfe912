import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { LabelDesk } from '../../cli/labelling/label-desk.js';
import { LabelFile } from '../../cli/labelling/label-file.js';
import type { LabelLine } from '../../cli/labelling/label-line.js';
import { startLabelServer, type LabelServer } from '../../cli/labelling/label-server.js';
import type { AnswerPair } from '../../core/domain/preference.js';
import type { MajlisError } from '../../core/errors.js';
import { FakeClock } from './fake-clock.js';
import { emptyRubric } from './reward-fixtures.js';

export interface LabelRigOptions {
  readonly folder: string;
  readonly pairs: readonly AnswerPair[];
  readonly locale?: string;
  readonly annotator?: string;
}

/** A labelling page's server on a free port of this machine, with its label file. */
export interface LabelRig {
  readonly server: LabelServer;
  readonly desk: LabelDesk;
  /** What the server said was its own fault. */
  readonly failures: readonly MajlisError[];
  /** What is on disk. */
  labels(): LabelLine[];
}

const TOKEN = 'a-token-for-tests';

/** Starts one; the test closes its server. */
export async function startLabelRig(options: LabelRigOptions): Promise<LabelRig> {
  const { folder, pairs, locale = 'ar-EG', annotator } = options;
  const rubric = { ...emptyRubric, id: 'rubric-a', locale };
  const path = join(folder, 'labels.jsonl');
  const file = await LabelFile.open(path, { rubric: rubric.id, pairIds: new Set(pairs.map(({ id }) => id)) });
  const desk = new LabelDesk({ file, pairs, rubric: rubric.id, seed: 1, clock: new FakeClock() });
  const failures: MajlisError[] = [];
  const server = await startLabelServer({
    desk,
    rubric,
    token: TOKEN,
    port: 0,
    ...(annotator === undefined ? {} : { annotator }),
    onFailure: (failure) => failures.push(failure),
  });
  const labels = (): LabelLine[] =>
    readFileSync(path, 'utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as LabelLine);
  return { server, desk, failures, labels };
}
