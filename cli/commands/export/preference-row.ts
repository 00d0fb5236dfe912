import type { Preference } from '../../../core/domain/preference.js';

/** A message as TRL's conversational datasets have it. */
export interface ExportedMessage {
  readonly role: 'user' | 'assistant';
  readonly content: string;
}

/** A question or an answer: text, or a conversation of one message. */
export type ExportedText = string | readonly ExportedMessage[];

/**
 * One exported preference. `prompt`, `chosen`, `rejected` and `margin` are TRL's columns. The others let a trainer weigh a pair,
 * and Majlis read it again: `probability` that the chosen answer is the better one, in [0.5, 1], and `weight`, of which the
 * pairs of one prompt share 1.
 */
export interface PreferenceRow {
  readonly prompt: ExportedText;
  readonly chosen: ExportedText;
  readonly rejected: ExportedText;
  readonly margin?: number;
  readonly probability: number;
  readonly weight: number;
  readonly locale: string;
  readonly category?: string;
  readonly rubric_hash: string;
}

export interface PreferenceRowOptions {
  readonly format: 'standard' | 'conversational';
  /** Whether rows say by how much the chosen answer is the better one: |2p − 1|, in [0, 1]. */
  readonly hasMargin: boolean;
}

/** A preference as a row of an export. An even pair has its first answer chosen. */
export function preferenceRow(
  { pair, probabilityFirst, weight, rubricHash }: Preference,
  { format, hasMargin }: PreferenceRowOptions,
): PreferenceRow {
  const [chosen, rejected, probability] =
    probabilityFirst >= 0.5
      ? [pair.first, pair.second, probabilityFirst]
      : [pair.second, pair.first, 1 - probabilityFirst];
  const { text, locale, category } = pair.prompt;
  const said = (role: ExportedMessage['role'], content: string): ExportedText =>
    format === 'standard' ? content : [{ role, content }];
  return {
    prompt: said('user', text),
    chosen: said('assistant', chosen),
    rejected: said('assistant', rejected),
    ...(hasMargin ? { margin: 2 * probability - 1 } : {}),
    ...{ probability, weight, locale },
    ...(category === undefined ? {} : { category }),
    rubric_hash: rubricHash,
  };
}
