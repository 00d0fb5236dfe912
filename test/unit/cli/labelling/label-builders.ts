import type { AnswerPair } from '../../../../core/domain/preference.js';
import type { LabelLine } from '../../../../cli/labelling/label-line.js';

/** Pairs p1, p2, … whose texts tell which answer is which. */
export function pairs(count: number): AnswerPair[] {
  return Array.from({ length: count }, (_, at) => {
    const id = `p${at + 1}`;
    return {
      id,
      prompt: { id, locale: 'ar-EG', text: `prompt of ${id}` },
      first: `first of ${id}`,
      second: `second of ${id}`,
    };
  });
}

/** A label, by default of Amal, who prefers the first answer and saw it first. */
export function label(pair: string, changes: Partial<LabelLine> = {}): LabelLine {
  return {
    pair,
    rubric: 'ar-msa',
    annotator: 'Amal',
    choice: 'first',
    shown: 'first_shown_first',
    at: '2026-01-01T00:00:00.000Z',
    ...changes,
  };
}

/** Labels as a file holds them. */
export function labelText(labels: readonly LabelLine[]): string {
  return labels.map((line) => `${JSON.stringify(line)}\n`).join('');
}
