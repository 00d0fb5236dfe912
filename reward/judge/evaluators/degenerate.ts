import { z } from 'zod';
import { defineEvaluator } from '../evaluator.js';
import { wordsOf } from '../answer-reading.js';
import { announcesOnly } from '../non-answer.js';

/**
 * 0 for what is no answer at all, decided without any judge: fewer than `minimumWords` words with a letter (empty,
 * punctuation only), nothing but "master keys" such as ":" or "Thought process:", a copy of the prompt, or replacement
 * characters from broken UTF-8; else 1.
 */
export const degenerate = defineEvaluator({
  name: 'degenerate',
  parameters: z.strictObject({ minimumWords: z.int().min(1).default(2) }),
  prepare:
    ({ minimumWords }, { profile }) =>
    ({ prompt, text, words }) => {
      const spoken = words.filter((word) => /\p{L}/u.test(word));
      if (spoken.length < minimumWords || text.includes('\uFFFD') || announcesOnly(text)) return 0;
      return copiesPrompt(words, wordsOf(prompt.text.normalize('NFC'), profile)) ? 0 : 1;
    },
});

/** True when the answer is a stretch of the prompt, or the prompt and next to nothing else. */
function copiesPrompt(answer: readonly string[], prompt: readonly string[]): boolean {
  if (prompt.length < 2) return answer.join(' ') === prompt.join(' ');
  const answerText = ` ${answer.join(' ')} `;
  const promptText = ` ${prompt.join(' ')} `;
  if (answer.length >= 3 && promptText.includes(answerText)) return true;
  return answerText.includes(promptText) && answer.length - prompt.length < 2;
}
