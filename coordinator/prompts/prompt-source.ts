import type { TokenizedPrompt } from '../../core/domain/prompt.js';

/** The run's prompts, rendered and tokenized once, in a stable order. Ids are unique. */
export interface PromptSource {
  prompts(): Promise<readonly TokenizedPrompt[]>;
}
