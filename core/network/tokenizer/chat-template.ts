/** Ends every answer, and stands for beginning and end of text in the saved configuration. */
export const END_TOKEN = '<|endoftext|>';
/** Opens a user's turn. */
export const USER_TOKEN = '<|user|>';
/** Opens the model's turn; a prompt ends with it. */
export const ASSISTANT_TOKEN = '<|assistant|>';

/** What a chat model's tokenizer has to have, in the order of their ids. */
export const SPECIAL_TOKENS: readonly string[] = [END_TOKEN, USER_TOKEN, ASSISTANT_TOKEN];

/**
 * The chat format as Jinja, for `apply_chat_template` in transformers: it gives the ids of
 * `EmbeddedChatTokenizer` unless the text itself spells a special token, which transformers would obey.
 */
export const CHAT_TEMPLATE = [
  '{% for message in messages %}',
  `{% if message['role'] == 'user' %}{{ '${USER_TOKEN}' + message['content'] }}`,
  `{% elif message['role'] == 'assistant' %}{{ '${ASSISTANT_TOKEN}' + message['content'] + '${END_TOKEN}' }}`,
  "{% else %}{{ raise_exception('Only the roles user and assistant exist.') }}{% endif %}",
  '{% endfor %}',
  `{% if add_generation_prompt %}{{ '${ASSISTANT_TOKEN}' }}{% endif %}`,
].join('');
