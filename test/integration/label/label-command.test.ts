/** `majlis label` as a process of its own: what is acknowledged outlives a SIGKILL, and Ctrl-C ends it with a summary. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ChildProcess } from 'node:child_process';
import { readRunInputs } from '../../../cli/pipeline/run-inputs.js';
import { exampleRunFile } from '../cli/example-run-file.js';
import { majlis, startMajlis, type FinishedProcess } from '../cli/majlis-process.js';
import { useTemporaryFolder } from '../../support/temporary-folder.js';

jest.setTimeout(60_000);

const folder = useTemporaryFolder();
const inFolder = (name: string): string => join(folder(), name);

function writePairs(count: number): string {
  const path = inFolder('pairs.jsonl');
  const lines = Array.from({ length: count }, (_, at) =>
    JSON.stringify({ id: `p${at}`, prompt: `سؤال ${at}`, first: `نعم ${at}`, second: `لا ${at}` }),
  );
  writeFileSync(path, `${lines.join('\n')}\n`);
  return path;
}

interface Labelling {
  readonly url: string;
  readonly child: ChildProcess;
  readonly finished: Promise<FinishedProcess>;
}

async function startLabelling(...more: string[]): Promise<Labelling> {
  const args = [
    '--json',
    'label',
    '--rubric',
    'ar-msa',
    '--pairs',
    writePairs(5),
    '--out',
    inFolder('labels.jsonl'),
  ];
  const { child, finished } = startMajlis([...args, ...more]);
  const address = new Promise<string>((resolve, reject) => {
    let said = '';
    // What `finished` reads passes here too.
    child.stderr?.on('data', (chunk: Buffer) => {
      said += chunk.toString();
      const found = /^http:\S+\/$/m.exec(said);
      if (found !== null) resolve(found[0]);
    });
    child.once('close', () => reject(new Error(`majlis label ended without an address: ${said}`)));
  });
  return { url: await address, child, finished };
}

interface State {
  readonly done: number;
  readonly showing?: { readonly step: number; readonly answers: readonly string[] };
}

async function ask(url: string, path: string, body?: object): Promise<State> {
  const options = {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  };
  const response = await fetch(new URL(path, url), body === undefined ? {} : options);
  if (!response.ok) throw new Error(await response.text());
  return (await response.json()) as State;
}

async function labelAll({ url }: Labelling, annotator: string, most = Infinity): Promise<State> {
  let state = await ask(url, `api/state?annotator=${annotator}`);
  while (state.showing !== undefined && state.done < most) {
    const { step, answers } = state.showing;
    const pick = answers[0].startsWith('نعم') ? 'one' : 'two';
    state = await ask(url, 'api/answers', { annotator, step, pick });
  }
  return state;
}

describe('majlis label', () => {
  it('keeps what it acknowledged through a SIGKILL, and goes on there', async () => {
    const first = await startLabelling('--annotator', 'Amal');
    await labelAll(first, 'Amal', 3);
    first.child.kill('SIGKILL');
    await first.finished;
    expect(readFileSync(inFolder('labels.jsonl'), 'utf8').split('\n')).toHaveLength(4);

    const second = await startLabelling('--annotator', 'Amal');
    expect((await ask(second.url, 'api/state?annotator=Amal')).done).toBe(3);
    expect((await labelAll(second, 'Amal')).done).toBe(6);
    expect((await labelAll(second, 'Bassem')).done).toBe(6);
    second.child.kill('SIGINT');
    const { status, stdout } = await second.finished;
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      labels: 12,
      annotators: [{ name: 'Amal', pairs: 5, consistency: { same: 1, of: 1 } }, { name: 'Bassem' }],
      twos: [{ annotators: ['Amal', 'Bassem'], raw: { same: 5, of: 5 } }],
    });
    expect(new URL(first.url).pathname).toMatch(/^\/[\w-]{43}\/$/);
    expect(new URL(first.url).pathname).not.toBe(new URL(second.url).pathname);
  });

  it('makes anchors that a run reads as its gold pairs', async () => {
    const labelling = await startLabelling();
    await labelAll(labelling, 'Amal');
    labelling.child.kill('SIGTERM');
    await labelling.finished;
    const files = ['--labels', inFolder('labels.jsonl'), '--pairs', inFolder('pairs.jsonl')];
    const { status, stdout } = await majlis([
      'label',
      'anchors',
      ...files,
      '--out',
      inFolder('anchors.jsonl'),
    ]);
    expect([status, stdout]).toEqual([
      0,
      `5 anchors of ar-msa in ${inFolder('anchors.jsonl')}; 0 tied, 0 disputed, 0 not labelled\n`,
    ]);
    const runFile = exampleRunFile(inFolder('run.yaml'), {}, { goldPairs: inFolder('anchors.jsonl') });
    const { goldPairs } = await readRunInputs(runFile);
    expect(goldPairs.map(({ better, worse }) => [better, worse])).toEqual(
      Array.from({ length: 5 }, (_, at) => [`نعم ${at}`, `لا ${at}`]),
    );
  });
});

describe('majlis label with bad input', () => {
  const label = (...more: string[]): Promise<FinishedProcess> =>
    majlis(['label', '--rubric', 'ar-msa', '--out', inFolder('labels.jsonl'), ...more]);

  it.each([
    ['no pairs', () => [], /required option '--pairs <file>' not specified/],
    [
      'a pairs file that is not there',
      () => ['--pairs', inFolder('none.jsonl')],
      /none\.jsonl: found no such file/,
    ],
    ['a port that is none', () => ['--pairs', writePairs(1), '--port', '70000'], /--port: found "70000"/],
    ['an empty name', () => ['--pairs', writePairs(1), '--annotator', ' '], /--annotator/],
    [
      'an unknown rubric',
      () => ['--pairs', writePairs(1), '--rubric', 'none'],
      /found "none"; allowed: a rubric file/,
    ],
    [
      'labels of other pairs',
      () => {
        const line = {
          pair: 'x',
          rubric: 'ar-msa',
          annotator: 'A',
          choice: 'tie',
          shown: 'first_shown_first',
        };
        writeFileSync(
          inFolder('labels.jsonl'),
          `${JSON.stringify({ ...line, at: '2026-01-01T00:00:00Z' })}\n`,
        );
        return ['--pairs', writePairs(1)];
      },
      /labels\.jsonl at line 1: found a label for the unknown pair "x"/,
    ],
  ])('ends with status 2 and one sentence for %s', async (_, more, sentence) => {
    const { status, stdout, stderr } = await label(...more());
    expect([status, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(sentence);
    expect(stderr.trim().split('\n')).toHaveLength(1);
  });

  it('makes no anchors of labels that decide nothing, and leaves the file alone', async () => {
    const line = { pair: 'p0', rubric: 'ar-msa', annotator: 'A', choice: 'tie', shown: 'first_shown_first' };
    writeFileSync(inFolder('labels.jsonl'), `${JSON.stringify({ ...line, at: '2026-01-01T00:00:00Z' })}\n`);
    const files = [
      '--labels',
      inFolder('labels.jsonl'),
      '--pairs',
      writePairs(2),
      '--out',
      inFolder('anchors.jsonl'),
    ];
    const { status, stderr } = await majlis(['label', 'anchors', ...files]);
    expect(status).not.toBe(0);
    expect(stderr).toMatch(/No pair became an anchor: 1 tied, 0 disputed, 1 not labelled/);
    expect(() => readFileSync(inFolder('anchors.jsonl'))).toThrow('ENOENT');
  });
});
