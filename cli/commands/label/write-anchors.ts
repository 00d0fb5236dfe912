import { storageError } from '../../../core/runtime/storage-error.js';
import { MajlisError } from '../../../core/errors.js';
import { writeDurably } from '../../../core/runtime/durable-file.js';
import { anchorsOfLabels } from '../../labelling/anchors-of-labels.js';
import { checkLabels, readLabelLines } from '../../labelling/read-labels.js';
import { readPairs } from '../../labelling/read-pairs.js';
import type { CommandResult } from '../session.js';

export interface AnchorOptions {
  readonly labels: string;
  readonly pairs: string;
  readonly out: string;
}

/** An anchor has no locale, its run has one; pairs only have to have some. */
const ANY_LOCALE = 'und';

/** Writes the anchors that a label file holds, and says what became of the other pairs. */
export async function writeAnchors(options: AnchorOptions): Promise<CommandResult> {
  const numbered = await readLabelLines(options.labels);
  const { rubric } = numbered[0].label;
  const pairs = await readPairs(options.pairs, { rubric, locale: ANY_LOCALE });
  const pairIds = new Set(pairs.map(({ id }) => id));
  const labels = checkLabels(numbered, { source: options.labels, rubric, pairIds });
  const { anchors, ...rest } = anchorsOfLabels(labels, pairs);
  const left = `${rest.tied.length} tied, ${rest.disputed.length} disputed, ${rest.unlabelled.length} not labelled`;
  if (anchors.length === 0) {
    throw new MajlisError(`No pair became an anchor: ${left}. Label more, or have more people label.`, {
      code: 'failed_precondition',
    });
  }
  await write(options.out, anchors.map((anchor) => `${JSON.stringify(anchor)}\n`).join(''));
  return {
    json: { out: options.out, rubric, anchors: anchors.length, ...rest },
    text: `${anchors.length} anchors of ${rubric} in ${options.out}; ${left}`,
  };
}

async function write(path: string, text: string): Promise<void> {
  try {
    await writeDurably(path, Buffer.from(text));
  } catch (thrown) {
    throw storageError(path, thrown);
  }
}
