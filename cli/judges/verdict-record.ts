import { join } from 'node:path';
import type { Rubric } from '../../core/domain/rubric.js';
import type { PairVerdict } from '../../core/domain/verdict.js';
import { makeFolderDurably, writeDurably } from '../../core/runtime/durable-file.js';
import { verdictLine } from '../../reward/judge/recorded-verdicts.js';

/**
 * Writes down what the judges that were asked said under a rubric, so that a run can be judged again without them: the file
 * goes into another run file's `judges.recorded`. Nothing is written where nobody was asked.
 */
export async function recordVerdicts(
  runFolder: string,
  rubric: Pick<Rubric, 'id' | 'hash'>,
  verdicts: readonly PairVerdict[],
): Promise<void> {
  if (verdicts.length === 0) return;
  const folder = join(runFolder, 'verdicts');
  await makeFolderDurably(folder);
  const path = join(folder, `${rubric.id}-${rubric.hash.slice(0, 12)}.jsonl`);
  await writeDurably(path, Buffer.from(verdicts.map(verdictLine).join('')));
}
