import { Template } from '@huggingface/jinja';
import { BadInputError } from '../../errors.js';
import type { ChatMessage } from '../chat-tokenizer.js';
import type { TokenizerFiles } from './tokenizer-files.js';

/** The function that Transformers offers to templates for the date. The library offers it too, and it cannot be taken away. */
const TODAY = /\bstrftime_now\b/g;
const NOWHERE_DEFINED = 'no_date_is_given';

/**
 * A model's own chat template. It gets what Transformers gives it, except the date: the same conversation has to give the
 * same ids tomorrow, so a template that asks for today's date takes its own default, or is refused where it has none.
 */
export class ChatTemplate {
  private readonly template: Template;
  private readonly source: string;
  private readonly specialTokens: Readonly<Record<string, string>>;

  constructor({ chatTemplate, templateSource, config }: TokenizerFiles) {
    this.source = templateSource;
    this.specialTokens = tokensForTemplate(config);
    this.template = this.orBadInput(() => new Template(chatTemplate.replaceAll(TODAY, NOWHERE_DEFINED)));
  }

  render(messages: readonly ChatMessage[], addGenerationPrompt: boolean): string {
    const variables = { messages, add_generation_prompt: addGenerationPrompt };
    return this.orBadInput(() => this.template.render({ ...this.specialTokens, ...variables }));
  }

  private orBadInput<Value>(work: () => Value): Value {
    try {
      return work();
    } catch (thrown) {
      const reason = thrown instanceof Error ? thrown.message : String(thrown);
      throw new BadInputError(
        {
          source: this.source,
          place: 'chat template',
          found: reason.replaceAll(/\s+/g, ' '),
          allowed: 'a template and messages that it renders',
        },
        thrown,
      );
    }
  }
}

function tokensForTemplate(config: TokenizerFiles['config']): Record<string, string> {
  const names = ['bos_token', 'eos_token', 'pad_token', 'unk_token'] as const;
  return Object.fromEntries(names.flatMap((name) => (config[name] == null ? [] : [[name, config[name]]])));
}
