import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ChatMessage, ChatTokenizer } from '../../../core/tokens/chat-tokenizer.js';
import { openChatTokenizer } from '../../../core/tokens/open-chat-tokenizer.js';
import { awkwardTexts, corpus } from '../../fixtures/tokenizer/corpus.js';
import { CHATML_TEMPLATE, TURNS_TEMPLATE } from '../../support/hugging-face-directory.js';
import { describeWithPython, runPython } from '../../support/python.js';
import { describeWithSharedData, sharedData } from '../../support/shared-data.js';
import { useLastingFolder } from '../../support/temporary-folder.js';

const oracle = join(__dirname, 'chat-tokenizer-oracle.py');
const folder = useLastingFolder();

interface Answers {
  readonly ids: readonly (readonly number[])[];
  readonly texts: readonly string[];
  readonly vocabulary: number;
}

const KINDS = [
  ['byte-level', CHATML_TEMPLATE],
  ['gemma', TURNS_TEMPLATE],
  ['llama', TURNS_TEMPLATE],
] as const;

/** Python's `strip` and JavaScript's `trim`, which stand behind a template's `trim`, disagree on these (docs/engines.md). */
const FOREIGN_SPACE = /^[\u0085\ufeff]|[\u0085\ufeff]$/;

function questions(language: string): string[] {
  const lines = readFileSync(sharedData(`vicuna80_${language}.jsonl`), 'utf8').split('\n');
  return lines.filter((line) => line !== '').map((line) => (JSON.parse(line) as { text: string }).text);
}

function asked(text: string): ChatMessage[] {
  return [{ role: 'user', content: text }];
}

/** Trains, saves and asks Transformers; then opens the same directory here. */
async function compare(
  [kind, template]: (typeof KINDS)[number],
  name: string,
  conversations: readonly (readonly ChatMessage[])[],
): Promise<{ answers: Answers; tokenizer: ChatTokenizer }> {
  const directory = join(folder(), `${kind}-${name}`);
  const texts = conversations.flatMap((messages) => messages.map(({ content }) => content));
  const input = JSON.stringify({ texts: [...corpus, ...texts.slice(0, 100)], template, conversations });
  const answers = JSON.parse(runPython(oracle, [kind, directory], input)) as Answers;
  return { answers, tokenizer: await openChatTokenizer(directory) };
}

async function expectSameIds(
  kind: (typeof KINDS)[number],
  name: string,
  conversations: readonly (readonly ChatMessage[])[],
): Promise<void> {
  const { answers, tokenizer } = await compare(kind, name, conversations);
  expect(tokenizer.vocabSize).toBe(answers.vocabulary);
  conversations.forEach((messages, at) => {
    const ids = tokenizer.renderPrompt(messages);
    const { text } = tokenizer.decodeAnswer(ids);
    expect({ messages, ids, text }).toEqual({ messages, ids: answers.ids[at], text: answers.texts[at] });
  });
}

describeWithPython('the ids of apply_chat_template in Transformers', () => {
  it.each(KINDS)(
    'are those of a %s tokenizer for awkward texts and several turns',
    async (...kind) => {
      const turns = corpus.map((text, at): ChatMessage[] => [
        ...asked(text),
        { role: 'assistant', content: corpus[(at + 3) % corpus.length] },
        ...asked(corpus[(at + 5) % corpus.length]),
      ]);
      const texts =
        kind[1] === TURNS_TEMPLATE ? awkwardTexts.filter((text) => !FOREIGN_SPACE.test(text)) : awkwardTexts;
      expect(texts.length).toBeGreaterThan(10);
      await expectSameIds(kind, 'awkward', [...texts.map(asked), ...turns]);
    },
    120_000,
  );

  for (const language of ['Arabic', 'Korean']) {
    describeWithSharedData(`on Vicuna-80 ${language}`, `vicuna80_${language}.jsonl`, () => {
      it.each(KINDS)(
        'are those of a %s tokenizer',
        async (...kind) => {
          const texts = questions(language);
          expect(texts).toHaveLength(80);
          await expectSameIds(kind, language, texts.map(asked));
        },
        120_000,
      );
    });
  }
});
