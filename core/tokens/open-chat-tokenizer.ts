import { join } from 'node:path';
import { modelFiles } from '../network/model-directory/model-files.js';
import { CHAT_TEMPLATE } from '../network/tokenizer/chat-template.js';
import { Tokenizer } from '../network/tokenizer/tokenizer.js';
import type { ChatTokenizer } from './chat-tokenizer.js';
import { EmbeddedChatTokenizer } from './embedded-chat-tokenizer.js';
import { HuggingFaceTokenizer } from './hugging-face/hugging-face-tokenizer.js';
import { readTokenizerFiles } from './hugging-face/tokenizer-files.js';
import { refuseForeignIds } from './hugging-face/vocabulary-size.js';

/** The tokenizer of a Hugging Face directory: Majlis's own where the directory has its chat template, else the model's. */
export async function openChatTokenizer(directory: string): Promise<ChatTokenizer> {
  const files = await readTokenizerFiles(directory);
  if (files.chatTemplate !== CHAT_TEMPLATE) return new HuggingFaceTokenizer(files);
  refuseForeignIds(files);
  return new EmbeddedChatTokenizer(new Tokenizer(files.json, join(directory, modelFiles.tokenizer)));
}
