/**
 * What chat templates put around a text. Trainers that decode token ids with special tokens send it along, and rewards read
 * questions and answers without it.
 */
interface UserTurn {
  readonly opens: string;
  /** Whichever comes first ends it. */
  readonly closes: readonly string[];
}

/** How a user's turn stands in the templates of model families: ChatML, Llama 3, Gemma, Phi and Majlis, Mistral, DeepSeek, Cohere. */
const USER_TURNS: readonly UserTurn[] = [
  { opens: '<|im_start|>user\n', closes: ['<|im_end|>'] },
  { opens: '<|start_header_id|>user<|end_header_id|>', closes: ['<|eot_id|>'] },
  { opens: '<start_of_turn>user\n', closes: ['<end_of_turn>'] },
  { opens: '<|user|>', closes: ['<|end|>', '<|assistant|>'] },
  { opens: '[INST]', closes: ['[/INST]'] },
  { opens: '<｜User｜>', closes: ['<｜Assistant｜>'] },
  { opens: '<|USER_TOKEN|>', closes: ['<|END_OF_TURN_TOKEN|>'] },
];

/** Tokens that end an answer, or pad it. */
const END_TOKENS: readonly string[] = [
  ...['<|im_end|>', '<|endoftext|>', '<|eot_id|>', '<|end_of_text|>', '<end_of_turn>', '<eos>', '</s>'],
  ...['<|end|>', '<｜end▁of▁sentence｜>', '<|END_OF_TURN_TOKEN|>', '<pad>', '<|pad|>', '[PAD]', '<unk>'],
];

/** The last user's turn of a rendered prompt; a prompt without a template that is known is itself. */
export function questionIn(prompt: string): string {
  let found: { readonly turn: UserTurn; readonly start: number } | undefined;
  for (const turn of USER_TURNS) {
    const at = prompt.lastIndexOf(turn.opens);
    const start = at + turn.opens.length;
    if (at >= 0 && (found === undefined || start > found.start)) found = { turn, start };
  }
  if (found === undefined) return prompt;
  const { turn, start } = found;
  const ends = turn.closes.map((token) => prompt.indexOf(token, start)).filter((at) => at >= 0);
  return prompt.slice(start, Math.min(prompt.length, ...ends)).trim();
}

/** An answer without the tokens that end it. */
export function withoutEndTokens(answer: string): string {
  let text = answer;
  for (;;) {
    const bare = text.trimEnd();
    const token = END_TOKENS.find((candidate) => bare.endsWith(candidate));
    if (token === undefined) return text;
    text = bare.slice(0, -token.length);
  }
}
