/**
 * A label file holds the labels that stand and nothing else: an answer taken back is no longer in it. So two answers of
 * one person to one pair in one order that differ are a contradiction, not a change of mind, and refuse the file.
 */
import { parseJson } from '../../core/config/parse-json.js';
import { readText } from '../../core/config/read-text.js';
import { BadInputError } from '../../core/errors.js';
import { labelLineSchema, showingKey, type LabelLine } from './label-line.js';

/** A label and where it stood, from 1. */
export interface NumberedLabel {
  readonly line: number;
  readonly label: LabelLine;
}

/** Every line of a label file, parsed; a bad one is a BadInputError with its number. */
export async function readLabelLines(path: string): Promise<NumberedLabel[]> {
  const lines = (await readText(path)).split('\n');
  return lines.flatMap((text, index) => {
    if (text.trim() === '') return [];
    const line = index + 1;
    return [{ line, label: parseJson(text, labelLineSchema, { source: path, place: `line ${line}` }) }];
  });
}

export interface ExpectedLabels {
  readonly source: string;
  readonly rubric: string;
  readonly pairIds: ReadonlySet<string>;
}

/**
 * The labels of a file, each once. Another rubric, an unknown pair, or an annotator who contradicts himself is a
 * BadInputError.
 */
export function checkLabels(numbered: readonly NumberedLabel[], expected: ExpectedLabels): LabelLine[] {
  const standing = new Map<string, NumberedLabel>();
  for (const found of numbered) {
    const { line, label } = found;
    const refuse = (what: string, allowed: string): never => {
      throw new BadInputError({ source: expected.source, place: `line ${line}`, found: what, allowed });
    };
    if (label.rubric !== expected.rubric) {
      refuse(
        `a label for rubric ${JSON.stringify(label.rubric)}`,
        `labels for ${JSON.stringify(expected.rubric)}`,
      );
    }
    if (!expected.pairIds.has(label.pair)) {
      refuse(`a label for the unknown pair ${JSON.stringify(label.pair)}`, 'pairs of the pairs file');
    }
    const earlier = standing.get(showingKey(label));
    if (earlier !== undefined && earlier.label.choice !== label.choice) {
      refuse(
        `${JSON.stringify(label.annotator)} contradicting line ${earlier.line} on pair ${JSON.stringify(label.pair)}: ` +
          `${label.choice} after ${earlier.label.choice}, shown in the same order`,
        'one answer for each order; delete the line that does not hold',
      );
    }
    if (earlier === undefined) standing.set(showingKey(label), found);
  }
  return [...standing.values()].map(({ label }) => label);
}
