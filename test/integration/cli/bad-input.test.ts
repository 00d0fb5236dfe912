/**
 * Bad input at the command line: exit status 2, one sentence that names where it stands, what was found and what is
 * allowed, nothing on stdout, and what was stored before stays readable.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';
import { openSqliteLedger } from '../../../core/ledger/sqlite-ledger.js';
import type { Run } from '../../../core/domain/run.js';
import { packageRoot } from '../../../core/runtime/package-root.js';
import { FakeClock } from '../../support/fake-clock.js';
import { arabicExample, exampleRunFile } from './example-run-file.js';
import { majlis } from './majlis-process.js';

type Json = Record<string, unknown>;

const folder = mkdtempSync(join(tmpdir(), 'majlis-bad-input-'));
const workspace = join(folder, 'workspace.majlis');

function file(name: string, content: string | Buffer): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

function runFile(name: string, changes: Json, data: Record<string, string> = {}): string {
  return exampleRunFile(join(folder, name), changes, data);
}

function rubricFile(name: string, changes: Json, criterion: Json = {}): string {
  const path = join(packageRoot, 'reward', 'rubrics', 'ar-msa.yaml');
  const rubric = parse(readFileSync(path, 'utf8')) as { criteria: Json[] };
  const [first, ...others] = rubric.criteria;
  return file(
    name,
    JSON.stringify({ ...rubric, criteria: [{ ...first, ...criterion }, ...others], ...changes }),
  );
}

function weightless(): Json[] {
  const path = join(packageRoot, 'reward', 'rubrics', 'ar-msa.yaml');
  const { criteria } = parse(readFileSync(path, 'utf8')) as { criteria: Json[] };
  return criteria.map((criterion) => ({ ...criterion, weight: 0 }));
}

const prompt = (id: string, text = 'سؤال'): string => `${JSON.stringify({ id, text })}\n`;
const withPrompts = (path: string): string[] => ['run', join(arabicExample, 'run.yaml'), '--prompts', path];
const withJudge = (url: string): string[] => [
  ...['run', join(arabicExample, 'run.yaml')],
  ...['--judge', url, '--judge-model', 'm'],
];

let server: Server;
let endpoint = '';
let stored: readonly Run[] = [];

async function runsInLedger(): Promise<readonly Run[]> {
  const ledger = await openSqliteLedger(join(workspace, 'ledger.sqlite'), new FakeClock());
  try {
    return await ledger.listRuns();
  } finally {
    await ledger.close();
  }
}

function answer(path: string, response: ServerResponse): void {
  if (path.startsWith('/locked/')) response.writeHead(401).end();
  else response.end('<html>It works!</html>');
}

beforeAll(async () => {
  mkdirSync(workspace);
  const ledger = await openSqliteLedger(join(workspace, 'ledger.sqlite'), new FakeClock());
  await ledger.createRun({
    id: 'earlier',
    name: 'n',
    seed: 1,
    config: '{}',
    configHash: 'c',
    fingerprints: {},
  });
  await ledger.close();
  stored = await runsInLedger();
  server = createServer((request, response) => {
    answer(request.url ?? '', response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  rmSync(folder, { recursive: true, force: true });
});

/** A file that pyarrow wrote. */
function parquet(name: string): Buffer {
  return readFileSync(join(__dirname, '..', '..', 'fixtures', 'parquet', `${name}.parquet`));
}

interface Case {
  readonly name: string;
  readonly args: () => string[];
  /** After the file's name, or the whole sentence where there is no file. */
  readonly sentence: string | RegExp;
}

const cases: Case[] = [
  {
    name: 'an unknown key in a run file',
    args: () => ['run', runFile('unknown-key.yaml', { sead: 3 })],
    sentence:
      /unknown-key\.yaml: found unknown key "sead"; allowed: the keys name, locale, seed, .*health, watch$/,
  },
  {
    name: 'an algorithm that there is not',
    args: () => ['run', runFile('algorithm.yaml', {}), '--algorithm', 'ppo,kto'],
    sentence: '--algorithm: found "kto"; allowed: ppo, sft-chosen, dpo, with commas between',
  },
  {
    name: 'an algorithm for a queued run',
    args: () => ['run', runFile('algorithm.yaml', {}), '--queue', '--algorithm', 'dpo'],
    sentence: 'run --queue: found --algorithm; allowed: no --algorithm: this is for ppo alone',
  },
  {
    name: 'an unknown key deep in a run file',
    args: () => ['run', runFile('deep.yaml', { algorithm: { kl: { goal: 3 } } })],
    sentence:
      /deep\.yaml at algorithm\.kl: found unknown key "goal"; allowed: the keys placement, kind, initial/,
  },
  {
    name: "a key of the trainer's reward models beside the light form",
    args: () => ['run', runFile('light.yaml', { rewardModel: { form: 'light', steps: 3 } })],
    sentence:
      /light\.yaml at rewardModel: found unknown key "steps"; allowed: the keys form, heads, refreshEvery with form light$/,
  },
  {
    name: 'a form of reward models that there is not',
    args: () => ['run', runFile('form.yaml', { rewardModel: { form: 'lite' } })],
    sentence: /form\.yaml at rewardModel\.form: found "lite"; allowed: "trainer", "light"$/,
  },
  {
    name: 'a wrong type in a run file',
    args: () => ['run', runFile('type.yaml', { seed: 'one' })],
    sentence: /type\.yaml at seed: found "one"; allowed: a value of type (number|int)$/,
  },
  {
    name: 'options that mean nothing together',
    args: () => ['run', runFile('together.yaml', { algorithm: { kl: { target: 3 } } })],
    sentence: /together\.yaml at algorithm\.kl: found only one of target and horizon; allowed: both/,
  },
  {
    name: 'an unknown locale in a run file',
    args: () => ['run', runFile('locale.yaml', { locale: 'xx' })],
    sentence: /locale\.yaml at locale: found "xx"; allowed: a locale with a profile: ar, ja, ko, und$/,
  },
  {
    name: 'an unknown rubric in a run file',
    args: () => ['run', runFile('rubric-id.yaml', { rubric: 'ar-nowhere' })],
    sentence:
      /rubric-id\.yaml at rubric: found "ar-nowhere"; allowed: a rubric file, or one of ar-egyptian, ar-msa/,
  },
  {
    name: 'a run file that is no YAML',
    args: () => ['run', file('broken.yaml', 'name: [a\nlocale: ar\n')],
    sentence: /broken\.yaml at line \d+: found ".+"; allowed: YAML with unique keys$/,
  },
  {
    name: 'a run file that is not there',
    args: () => ['run', join(folder, 'absent.yaml')],
    sentence: /absent\.yaml: found no such file; allowed: a readable file$/,
  },
  {
    name: 'a negative weight',
    args: () => ['rubric', 'lint', rubricFile('negative.yaml', {}, { weight: -1 })],
    sentence: /negative\.yaml at criteria\[0\]\.weight: found -1; allowed: at least 0$/,
  },
  {
    name: 'weights that are all zero, in a rubric that a run file names',
    args: () => {
      const rubric = rubricFile('weightless-rubric.yaml', { criteria: weightless() });
      return ['run', runFile('weightless.yaml', { rubric })];
    },
    sentence:
      /weightless-rubric\.yaml at criteria: found no weight above 0 .*; allowed: at least one criterion/,
  },
  {
    name: 'a rubric for an unknown locale',
    args: () => ['rubric', 'lint', rubricFile('nowhere.yaml', { locale: 'xx-YY' })],
    sentence: /nowhere\.yaml at locale: found "xx-YY"; allowed: a locale with a profile: ar, ja, ko, und$/,
  },
  {
    name: 'a rubric whose criterion names a missing evaluator',
    args: () => ['rubric', 'show', rubricFile('evaluator.yaml', {}, { evaluator: 'no-such-rule' })],
    sentence:
      /evaluator\.yaml at criteria\[0\]\.evaluator: found "no-such-rule"; allowed: courtesy, degenerate/,
  },
  {
    name: 'an empty prompt file',
    args: () => withPrompts(file('empty.jsonl', '')),
    sentence: /empty\.jsonl: found an empty file; allowed: UTF-8 text$/,
  },
  {
    name: 'a prompt file of blank lines',
    args: () => withPrompts(file('blank.jsonl', '\n \n\n')),
    sentence: /blank\.jsonl: found an empty file; allowed: UTF-8 text$/,
  },
  {
    name: 'a binary prompt file',
    args: () => withPrompts(file('binary.jsonl', Buffer.from([0x7f, 0x45, 0x4c, 0x46, 0, 1]))),
    sentence: /binary\.jsonl at byte 4: found a NUL byte, so the file is binary; allowed: UTF-8 text$/,
  },
  {
    name: 'a prompt file of Parquet that is cut short',
    args: () => withPrompts(file('cut.parquet', parquet('prompts.zstd').subarray(0, 900))),
    sentence:
      /cut\.parquet at its footer: found bytes that are no Parquet \(.+\); allowed: a whole Parquet file$/,
  },
  {
    name: 'a prompt file of Parquet that lacks a column',
    args: () => withPrompts(file('lacks.parquet', parquet('lacks-a-column'))),
    sentence: /lacks\.parquet at row 1, text: found nothing; allowed: a value of type string$/,
  },
  {
    name: 'a prompt file of Parquet with a null',
    args: () => withPrompts(file('null.parquet', parquet('has-a-null'))),
    sentence: /null\.parquet at row 2, text: found nothing; allowed: a value of type string$/,
  },
  {
    name: 'two prompts of one id',
    args: () => withPrompts(file('twice.jsonl', prompt('a') + prompt('b') + prompt('a'))),
    sentence: /twice\.jsonl at line 3: found "a" again, after line 1; allowed: unique ids$/,
  },
  {
    name: 'a prompt without an id',
    args: () => withPrompts(file('nameless.jsonl', prompt('a') + '{"text":"سؤال"}\n')),
    sentence:
      /nameless\.jsonl at line 2: found \{"text":"سؤال"\}; allowed: an object with an id or a question_id$/,
  },
  {
    name: 'an unknown key of a prompt',
    args: () => withPrompts(file('key.jsonl', prompt('a') + '{"id":"b","text":"سؤال","topic":"x"}\n')),
    sentence:
      /key\.jsonl at line 2: found unknown key "topic"; allowed: the keys id, question_id, text, locale, category$/,
  },
  {
    name: 'a prompt with both an id and a question_id',
    args: () => withPrompts(file('both.jsonl', '{"id":"a","question_id":1,"text":"سؤال"}\n')),
    sentence: /both\.jsonl at line 1: found .*; allowed: an object with an id or a question_id$/,
  },
  {
    name: 'a prompt for another locale',
    args: () =>
      withPrompts(
        file(
          'korean.jsonl',
          '{"id":"a","text":"س","locale":"ar-EG"}\n{"id":"b","text":"질","locale":"ko"}\n',
        ),
      ),
    sentence:
      /korean\.jsonl at line 2, locale: found "ko"; allowed: ar, the run's locale, or a tag under it$/,
  },
  {
    name: 'an unknown key of a demonstration',
    args: () => {
      const corpus = file('corpus.jsonl', '{"id":"a","prompt":"س","answer":"ج","source":"x"}\n');
      return ['run', runFile('corpus.yaml', {}, { corpus })];
    },
    sentence:
      /corpus\.jsonl at line 1: found unknown key "source"; allowed: the keys id, prompt, answer, locale$/,
  },
  {
    name: 'an unknown key of an authored pair',
    args: () => {
      const pair = { id: 'a', rubric: 'ar-msa', prompt: 'س', better: 'ج', worse: 'خ', margin: 2 };
      const goldPairs = file('gold.jsonl', JSON.stringify(pair));
      return ['run', runFile('gold.yaml', {}, { goldPairs })];
    },
    sentence: /gold\.jsonl at line 1: found unknown key "margin"; allowed: the keys id, .*, why, provenance$/,
  },
  {
    name: 'a schedule that is not known',
    args: () => ['run', runFile('schedule.yaml', { schedule: 'eager' })],
    sentence: /schedule\.yaml at schedule: found "eager"; allowed: "lockstep", "async"$/,
  },
  {
    name: 'answers that leave a prompt no room',
    args: () => [
      'run',
      runFile('room.yaml', { sampling: { maxNewTokens: 256 }, model: { contextLength: 256 } }),
    ],
    sentence:
      /room\.yaml at sampling\.maxNewTokens: found 256; allowed: fewer than model\.contextLength, 256, which prompt and answer share$/,
  },
  {
    name: 'a staleness in lockstep',
    args: () => ['run', runFile('stale.yaml', { schedule: 'lockstep', maxStaleness: 2 })],
    sentence:
      /stale\.yaml at maxStaleness: found 2; allowed: no maxStaleness with schedule lockstep, where nothing goes stale$/,
  },
  {
    name: 'prompts that are no JSON',
    args: () => withPrompts(file('prose.jsonl', 'What is this?\n')),
    sentence: /prose\.jsonl at line 1: found "What is this\?"; allowed: JSON$/,
  },
  {
    name: 'invalid UTF-8',
    args: () => {
      const bytes = Buffer.concat([Buffer.from(prompt('a')), Buffer.from([0x22, 0xc3, 0x28, 0x22, 0x0a])]);
      return withPrompts(file('latin.jsonl', bytes));
    },
    sentence: /latin\.jsonl at line 2: found bytes that are not UTF-8; allowed: UTF-8 text$/,
  },
  {
    name: 'a line of 10 MB',
    args: () => withPrompts(file('long.jsonl', prompt('a') + prompt('b', 'x'.repeat(10_000_000)))),
    sentence: /long\.jsonl at line 2: found a line of 100000\d\d characters; allowed: at most 1048576$/,
  },
  {
    name: 'a judge endpoint that answers garbage',
    args: () => withJudge(`${endpoint}/v1`),
    sentence: /judge http:.*\/v1: found "\\?"?<html>It works!<\/html>.*; allowed: an OpenAI-compatible/,
  },
  {
    name: 'a judge endpoint that wants a key',
    args: () => withJudge(`${endpoint}/locked/v1`),
    sentence: /found HTTP 401; allowed: a key .* --judge-key-file FILE or in the variable OPENAI_API_KEY$/,
  },
  {
    name: 'a judge endpoint where nobody listens',
    args: () => withJudge('http://127.0.0.1:1/v1'),
    sentence: /judge http:\/\/127\.0\.0\.1:1\/v1: found .*; allowed: an OpenAI-compatible/,
  },
  {
    name: 'a flag that is no number',
    args: () => ['run', 'x.yaml', '--seed', '-1'],
    sentence: '--seed: found "-1"; allowed: a whole number from 0 to 9007199254740991',
  },
  {
    name: 'an unknown flag',
    args: () => ['quickstart', '--fast'],
    sentence: "unknown option '--fast'",
  },
  {
    name: 'an unknown example',
    args: () => ['quickstart', '--example', 'latin'],
    sentence: /argument 'latin' is invalid\. Allowed choices are arabic, korean\.$/,
  },
];

describe('bad input', () => {
  it.each(cases)('is refused: $name', async ({ args, sentence }) => {
    const { status, stdout, stderr } = await majlis([...args(), '--workspace', workspace]);
    expect(stderr).toMatch(/^majlis: [^\n]+\n$/);
    const said = stderr.slice('majlis: '.length, -1);
    if (typeof sentence === 'string') expect(said).toBe(sentence);
    else expect(said).toMatch(sentence);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(await runsInLedger()).toEqual(stored);
  });

  it('leaves earlier runs to be listed', async () => {
    const { status, stdout } = await majlis(['runs', '--json', '--workspace', workspace]);
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject([{ id: 'earlier', state: 'queued' }]);
  });
});
