import { join } from 'node:path';
import { SPECIAL_TOKENS } from '../../core/network/tokenizer/chat-template.js';
import { Tokenizer } from '../../core/network/tokenizer/tokenizer.js';
import { trainTokenizer } from '../../core/network/tokenizer/train-tokenizer.js';
import { EmbeddedChatTokenizer } from '../../core/tokens/embedded-chat-tokenizer.js';
import { openChatTokenizer } from '../../core/tokens/open-chat-tokenizer.js';
import { corpus } from '../fixtures/tokenizer/corpus.js';
import { byteFallbackFiles, chatmlFiles, writeDirectory } from '../support/hugging-face-directory.js';
import { useLastingFolder } from '../support/temporary-folder.js';
import { describeChatTokenizer } from './chat-tokenizer.contract.js';

const folder = useLastingFolder();

describeChatTokenizer('the embedded tokenizer', async () => {
  const trained = trainTokenizer(corpus, { vocabSize: 340, specialTokens: SPECIAL_TOKENS });
  return {
    tokenizer: new EmbeddedChatTokenizer(trained),
    again: async () => new EmbeddedChatTokenizer(new Tokenizer(trained.json)),
    frameIds: [1, 2],
    specialText: '<|assistant|>',
  };
});

describeChatTokenizer('a byte-level tokenizer with ChatML', async () => {
  const directory = await writeDirectory(join(folder(), 'chatml'), chatmlFiles());
  return {
    tokenizer: await openChatTokenizer(directory),
    again: () => openChatTokenizer(directory),
    frameIds: [1, 2, 1, 2, 1],
    specialText: '<|im_end|>',
  };
});

describeChatTokenizer('a tokenizer with byte fallback and turns', async () => {
  const directory = await writeDirectory(join(folder(), 'turns'), byteFallbackFiles());
  return {
    tokenizer: await openChatTokenizer(directory),
    again: () => openChatTokenizer(directory),
    frameIds: [2, 3, 4, 3],
    specialText: '<end_of_turn>',
  };
});
