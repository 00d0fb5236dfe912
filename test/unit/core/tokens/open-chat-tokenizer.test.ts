import { join } from 'node:path';
import { BadInputError } from '../../../../core/errors.js';
import { trainTokenizer } from '../../../../core/network/tokenizer/train-tokenizer.js';
import type { ChatTokenizer } from '../../../../core/tokens/chat-tokenizer.js';
import { openChatTokenizer } from '../../../../core/tokens/open-chat-tokenizer.js';
import { HuggingFaceTokenizer } from '../../../../core/tokens/hugging-face/hugging-face-tokenizer.js';
import { corpus } from '../../../fixtures/tokenizer/corpus.js';
import {
  CHATML_TEMPLATE,
  byteFallbackFiles,
  chatmlFiles,
  writeDirectory,
  type DirectoryFiles,
} from '../../../support/hugging-face-directory.js';
import { useTemporaryFolder } from '../../../support/temporary-folder.js';

const SPECIAL = ['<|endoftext|>', '<|im_start|>', '<|im_end|>'];
const folder = useTemporaryFolder();
let made = 0;

async function opened(files: DirectoryFiles): Promise<ChatTokenizer> {
  made += 1;
  return openChatTokenizer(await writeDirectory(join(folder(), String(made)), files));
}

function withTemplate(template: string): DirectoryFiles {
  return { ...chatmlFiles(), 'chat_template.jinja': template };
}

describe('stop tokens', () => {
  it('are those of both configurations, the tokenizer and the end of a turn', async () => {
    expect((await opened(chatmlFiles())).stopTokenIds).toEqual([0, 2]);
  });

  it('have the end of a turn among them where no configuration names it', async () => {
    expect((await opened(byteFallbackFiles())).stopTokenIds).toEqual([1, 4]);
  });
});

describe('the hash', () => {
  it.each<[string, DirectoryFiles]>([
    [
      'vocabulary',
      { 'tokenizer.json': trainTokenizer(corpus, { vocabSize: 300, specialTokens: SPECIAL }).json },
    ],
    ['chat template', { 'chat_template.jinja': `${CHATML_TEMPLATE} ` }],
    ['stop tokens', { 'generation_config.json': undefined }],
  ])('changes with the %s', async (_what, change) => {
    const { hash } = await opened(chatmlFiles());
    expect((await opened({ ...chatmlFiles(), ...change })).hash).not.toBe(hash);
  });
});

describe('a chat template', () => {
  it('is taken from its own file before the configuration, as Transformers does', async () => {
    const config = { eos_token: '<|im_end|>', chat_template: '{{ raise_exception("the other one") }}' };
    const tokenizer = await opened({ ...chatmlFiles(), 'tokenizer_config.json': config });
    expect(tokenizer).toBeInstanceOf(HuggingFaceTokenizer);
  });

  it('is the default one of several', async () => {
    const { 'chat_template.jinja': template, ...files } = chatmlFiles();
    const several = [
      { name: 'tool_use', template: '{{ raise_exception("the other one") }}' },
      { name: 'default', template },
    ];
    const config = { eos_token: '<|im_end|>', chat_template: several };
    const tokenizer = await opened({ ...files, 'tokenizer_config.json': config });
    expect(tokenizer.hash).toBe((await opened(chatmlFiles())).hash);
  });

  it('is told no date, so that the same prompt has the same ids tomorrow', async () => {
    const dated = "{% if strftime_now is defined %}{{ strftime_now('%Y') }}{% else %}some day{% endif %}";
    const turn =
      "{{ messages[0].content }}{% if messages[1] %}{{ messages[1].content + '<|im_end|>' }}{% endif %}";
    const tokenizer = await opened(withTemplate(`${dated} ${turn}`));
    const ids = tokenizer.renderPrompt([{ role: 'user', content: 'hi' }]);
    expect(tokenizer.decodeAnswer(ids).text).toBe('some day hi');
  });

  it('may refuse a role, in its own words', async () => {
    const tokenizer = await opened(byteFallbackFiles());
    const asking = (): unknown => tokenizer.renderPrompt([{ role: 'system', content: 'be brief' }]);
    expect(asking).toThrow(BadInputError);
    expect(asking).toThrow('tokenizer_config.json at chat template: found There is no system turn here.');
  });
});

describe('an answer that a template writes in another way than it asks for it', () => {
  it('stands on its own', async () => {
    const template = [
      "{% for m in messages %}{{ '<|im_start|>' + m.role + '\\n' + m.content + '<|im_end|>' }}{% endfor %}",
      "{% if add_generation_prompt %}{{ '<|im_start|>assistant\\nThinking:' }}{% endif %}",
    ].join('');
    const tokenizer = await opened(withTemplate(template));
    const ids = tokenizer.renderAnswer('the tea');
    expect(tokenizer.decodeAnswer(ids).text).toBe('the tea');
    expect(ids.at(-1)).toBe(2);
  });
});

describe('tokens beyond the model', () => {
  const config = (size: number): DirectoryFiles => ({
    'config.json': { text_config: { vocab_size: size } },
  });
  const extra = {
    id: 900,
    content: '<image>',
    special: true,
    normalized: false,
    lstrip: false,
    rstrip: false,
  };

  it('are refused where they are ordinary ones', async () => {
    await expect(opened({ ...chatmlFiles(), ...config(300) })).rejects.toThrow(
      /tokenizer\.json: found token ids up to 347; allowed: ids 0 to 299, as config\.json has vocab_size 300/,
    );
  });

  it('are let be where they are added ones, until a template writes one', async () => {
    const files = chatmlFiles();
    const json = JSON.parse(String(files['tokenizer.json'])) as { added_tokens: object[] };
    json.added_tokens.push(extra);
    const grown = { ...files, 'tokenizer.json': JSON.stringify(json), ...config(420) };
    const tokenizer = await opened(grown);
    expect(tokenizer.vocabSize).toBe(420);
    const template =
      "{{ messages[0].content + '<image>' }}{{ messages[1].content + '<|im_end|>' if messages[1] }}";
    const using = opened({ ...grown, 'chat_template.jinja': template }).then((other) =>
      other.renderPrompt([{ role: 'user', content: 'hi' }]),
    );
    await expect(using).rejects.toThrow('found token id 900; allowed: ids 0 to 419');
  });
});

describe('bad input', () => {
  const json = (change: (file: Record<string, Record<string, unknown>>) => void): DirectoryFiles => {
    const files = byteFallbackFiles();
    const file = JSON.parse(JSON.stringify(files['tokenizer.json'])) as Record<
      string,
      Record<string, unknown>
    >;
    change(file);
    return { ...files, 'tokenizer.json': file };
  };

  it.each<[string, DirectoryFiles, string]>([
    [
      'no tokenizer',
      { ...chatmlFiles(), 'tokenizer.json': undefined },
      'found no tokenizer.json; allowed: a folder with',
    ],
    ['a tokenizer that is no JSON', { ...chatmlFiles(), 'tokenizer.json': '{' }, 'allowed: JSON'],
    [
      'a tokenizer without vocabulary',
      json((file) => delete file['model']['vocab']),
      'tokenizer.json at model.vocab',
    ],
    [
      'a model of no known kind',
      json((file) => (file['model']['type'] = 'Magic')),
      'at model.type: found "Magic"',
    ],
    [
      'merges left out at random',
      json((file) => (file['model']['dropout'] = 0.1)),
      'at model.dropout: found 0.1',
    ],
    [
      'a split that is read without a word and done otherwise',
      json(
        (file) =>
          (file['pre_tokenizer'] = { type: 'Split', pattern: { String: '-' }, behavior: 'MergedWithNext' }),
      ),
      'at pre_tokenizer: found Split with MergedWithNext',
    ],
    [
      'no chat template',
      { ...chatmlFiles(), 'chat_template.jinja': undefined },
      'found no chat template; allowed: chat_template.jinja',
    ],
    [
      'a template that does not parse',
      withTemplate('{% for m in messages %}'),
      'chat_template.jinja at chat template: found',
    ],
    [
      'a template that throws',
      withTemplate("{{ raise_exception('never') }}"),
      'at chat template: found never',
    ],
    [
      'a template that needs a filter nobody has',
      withTemplate('{{ messages | magic }}'),
      'at chat template: found',
    ],
    ['a template that needs the date', withTemplate("{{ strftime_now('%Y') }}"), 'at chat template: found'],
    [
      'a template without the answer',
      withTemplate('{{ messages[0].content }}'),
      "leaves out the assistant's message",
    ],
    [
      'a template after whose answers nothing ends',
      {
        ...withTemplate('{{ messages[0].content }}{{ messages[1].content if messages[1] }}'),
        'tokenizer_config.json': {},
        'config.json': {},
        'generation_config.json': {},
      },
      'found no token that ends an answer',
    ],
    [
      'a tokenizer_config that is no object',
      { ...chatmlFiles(), 'tokenizer_config.json': '[]' },
      'tokenizer_config.json',
    ],
  ])('%s is refused', async (_name, files, message) => {
    const opening = opened(files);
    await expect(opening).rejects.toThrow(message);
    await expect(opening).rejects.toBeInstanceOf(BadInputError);
  });

  it('a character without a token, with neither bytes nor an unknown token to stand in, is left out', async () => {
    const tokenizer = await opened(json((file) => (file['model']['byte_fallback'] = false)));
    // As Hugging Face tokenizers do.
    expect(tokenizer.renderAnswer('漢')).toEqual([4]);
  });
});
