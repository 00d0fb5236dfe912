import type { Corpus } from './compose-corpus.js';
import type { ExpandedPrompt } from './expand-prompts.js';

/** The committed outputs of the composer: file name to content, one JSON object a line. */
export function corpusFiles(locale: string, corpus: Corpus): Readonly<Record<string, string>> {
  const sft = corpus.lines.map(({ prompt, answer }, index) => ({
    id: lineId(locale, 'sft', index),
    prompt: prompt.text,
    answer,
    locale,
  }));
  return {
    'sft.jsonl': jsonLines(sft),
    'prompts.train.jsonl': promptLines(locale, 'train', corpus.trainingPrompts),
    'prompts.heldout.jsonl': promptLines(locale, 'heldout', corpus.heldOutPrompts),
  };
}

function promptLines(locale: string, split: string, prompts: readonly ExpandedPrompt[]): string {
  return jsonLines(
    prompts.map(({ text, topic }, index) => ({
      id: lineId(locale, split, index),
      locale,
      text,
      category: topic,
    })),
  );
}

function lineId(locale: string, split: string, index: number): string {
  return `${locale}-${split}-${String(index + 1).padStart(4, '0')}`;
}

function jsonLines(rows: readonly unknown[]): string {
  return rows.map((row) => `${JSON.stringify(row)}\n`).join('');
}
