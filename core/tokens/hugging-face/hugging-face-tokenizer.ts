import type { Prompt, TokenizedPrompt } from '../../domain/prompt.js';
import { BadInputError } from '../../errors.js';
import { contentHash } from '../../runtime/content-hash.js';
import type { ChatMessage, ChatTokenizer, DecodedAnswer } from '../chat-tokenizer.js';
import { ChatTemplate } from './chat-template.js';
import type { TokenizerFiles } from './tokenizer-files.js';
import { Vocabulary } from './vocabulary.js';

const SOME_QUESTION: ChatMessage = { role: 'user', content: 'question' };
const SOME_ANSWER = 'answer';

/** Tokenizer and chat template of a Hugging Face directory: the ids are those of `apply_chat_template` in Transformers. */
export class HuggingFaceTokenizer implements ChatTokenizer {
  readonly hash: string;
  readonly vocabSize: number;
  readonly stopTokenIds: readonly number[];
  private readonly vocabulary: Vocabulary;
  private readonly template: ChatTemplate;
  /** Ends the model's turn in its template. */
  private readonly turnEnd: number;

  /** What the files lack, and what a model of theirs could not use, is bad input that names the file. */
  constructor(files: TokenizerFiles) {
    this.vocabulary = new Vocabulary(files);
    this.template = new ChatTemplate(files);
    this.vocabSize = this.vocabulary.size;
    const ends = this.configuredEnds(files);
    this.turnEnd = this.findTurnEnd(ends, files);
    this.stopTokenIds = [...new Set([...ends, this.turnEnd])].sort((a, b) => a - b);
    const { bos_token, eos_token } = files.config;
    this.hash = contentHash([files.json, files.chatTemplate, bos_token, eos_token, this.stopTokenIds]);
  }

  renderPrompt(messages: readonly ChatMessage[]): number[] {
    return this.vocabulary.encode(this.render(messages, true));
  }

  /**
   * The ids that follow the prompt's where Transformers renders both together. Where the two grow into one token, or
   * the template writes an answered turn in another way, the text stands on its own, since a model continues from ids.
   */
  renderAnswer(text: string): number[] {
    const prompt = this.renderPrompt([SOME_QUESTION]);
    const answer: ChatMessage = { role: 'assistant', content: text };
    const both = this.vocabulary.encode(this.render([SOME_QUESTION, answer], false));
    const follows = prompt.every((id, at) => both[at] === id);
    const ids = follows ? both.slice(prompt.length) : this.vocabulary.encode(this.vocabulary.hide(text));
    const end = ids.findIndex((id) => this.stopTokenIds.includes(id));
    return end < 0 ? [...ids, this.turnEnd] : ids.slice(0, end + 1);
  }

  tokenizePrompt(prompt: Prompt, maxPromptTokens: number): TokenizedPrompt {
    const rendered = this.renderText(prompt.text);
    const truncated = rendered.length > maxPromptTokens;
    const tokenIds = truncated ? this.cut(prompt, maxPromptTokens) : rendered;
    return { prompt, tokenIds, tokenizerHash: this.hash, truncated };
  }

  decodeAnswer(tokenIds: Iterable<number>): DecodedAnswer {
    return this.vocabulary.decode([...tokenIds]);
  }

  /** Halves the text until the longest beginning that fits is found. */
  private cut({ id, text }: Prompt, maxPromptTokens: number): number[] {
    const characters = [...text];
    const beginning = (length: number): number[] => this.renderText(characters.slice(0, length).join(''));
    let [fits, tooLong] = [0, characters.length];
    while (fits + 1 < tooLong) {
      const middle = Math.floor((fits + tooLong) / 2);
      if (beginning(middle).length <= maxPromptTokens) fits = middle;
      else tooLong = middle;
    }
    if (fits > 0) return beginning(fits);
    const found = `room for ${String(maxPromptTokens)} prompt tokens`;
    const allowed = `at least ${String(beginning(1).length)}`;
    throw new BadInputError({ source: `prompt ${id}`, found, allowed });
  }

  private renderText(text: string): number[] {
    return this.renderPrompt([{ role: 'user', content: text }]);
  }

  private render(messages: readonly ChatMessage[], addGenerationPrompt: boolean): string {
    const hidden = messages.map(({ role, content }) => ({ role, content: this.vocabulary.hide(content) }));
    return this.template.render(hidden, addGenerationPrompt);
  }

  private configuredEnds({ endTokenIds, config }: TokenizerFiles): number[] {
    const named = config.eos_token == null ? undefined : this.vocabulary.idOf(config.eos_token);
    return [...endTokenIds, ...(named === undefined ? [] : [named])].filter((id) => id < this.vocabSize);
  }

  /** The first special token after an answer, as the template writes it; else a configured one. */
  private findTurnEnd(configured: readonly number[], { templateSource }: TokenizerFiles): number {
    const rendered = this.render([SOME_QUESTION, { role: 'assistant', content: SOME_ANSWER }], false);
    const at = rendered.lastIndexOf(SOME_ANSWER);
    const after = at < 0 ? [] : this.vocabulary.encode(rendered.slice(at + SOME_ANSWER.length));
    const end =
      after.find((id) => this.vocabulary.isSpecial(id) || configured.includes(id)) ?? configured.at(0);
    if (end !== undefined && at >= 0) return end;
    throw new BadInputError({
      source: templateSource,
      place: 'chat template',
      found: at < 0 ? "a template that leaves out the assistant's message" : 'no token that ends an answer',
      allowed: 'a special token after an answer, or eos_token in tokenizer_config.json',
    });
  }
}
