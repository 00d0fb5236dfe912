import type { ComposedLine, Corpus } from './compose-corpus.js';
import type { ExpandedPrompt } from './expand-prompts.js';

/** The committed outputs of the composer: file name to content, one JSON object a line. */
export function corpusFiles(locale: string, corpus: Corpus): Readonly<Record<string, string>> {
  return {
    'sft.jsonl': demonstrationLines(locale, 'sft', corpus.lines),
    'sft.heldout.jsonl': demonstrationLines(locale, 'sft-heldout', corpus.heldOutLines),
    'prompts.train.jsonl': promptLines(locale, 'train', corpus.trainingPrompts),
    'prompts.heldout.jsonl': promptLines(locale, 'heldout', corpus.heldOutPrompts),
  };
}

function demonstrationLines(locale: string, split: string, lines: readonly ComposedLine[]): string {
  return jsonLines(
    lines.map(({ prompt, answer }, index) => ({
      id: lineId(locale, split, index),
      prompt: prompt.text,
      answer,
      locale,
    })),
  );
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
