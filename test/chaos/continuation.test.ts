/**
 * Going on at the command line with what is not as it was. A run that may not go on is refused in one sentence on stderr
 * with nothing on stdout, and what is stored stays as it is.
 */
import Database from 'libsql';
import { spawnSync } from 'node:child_process';
import {
  appendFileSync,
  cpSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compiledModule } from '../../core/runtime/package-root.js';
import { majlis, type FinishedProcess } from '../integration/cli/majlis-process.js';
import { startLedgerOwner } from '../support/ledger-owner.js';
import { writeCrashPreset } from './crash-preset.js';
import { ledgerState } from './ledger-facts.js';
import { uninterruptedRun, type Reference } from './rehearsal.js';
import { startChild } from './start-child.js';

const PATIENCE_MS = 120_000;

const folder = mkdtempSync(join(tmpdir(), 'majlis-continuation-'));
const workspace = join(folder, 'workspace.majlis');
const runFile = writeCrashPreset(folder);
let run = '';
let reference: Reference;

const inWorkspace = (...args: string[]): Promise<FinishedProcess> =>
  majlis([...args, '--workspace', workspace]);
const goOn = (): Promise<FinishedProcess> => inWorkspace('run', '--continue', run);

async function storedFacts(): Promise<unknown> {
  return (await ledgerState(workspace)).facts;
}

/** Mounts need a namespace of their own, which some systems do not give to a person who is not root. */
const canMount = spawnSync('unshare', ['--map-root-user', '--mount', 'true']).status === 0;
const whereMountsWork = canMount ? it : it.skip;

/** Runs a shell script with mounts of its own: `$W` is the workspace, `go_on` goes on with the run in it. */
function runMounted(script: string): FinishedProcess {
  const goes = `go_on() { '${process.execPath}' '${compiledModule('cli/main')}' run --continue ${run} --workspace $W; }`;
  const args = ['--map-root-user', '--mount', 'sh', '-c', `W='${workspace}'\n${goes}\n${script}`];
  return spawnSync('unshare', args, { encoding: 'utf8', timeout: PATIENCE_MS });
}

/** Changes a file for as long as the work lasts. */
async function withChanged<Value>(
  path: string,
  change: (text: string) => string,
  work: () => Promise<Value>,
): Promise<Value> {
  const text = readFileSync(path, 'utf8');
  writeFileSync(path, change(text));
  try {
    return await work();
  } finally {
    writeFileSync(path, text);
  }
}

/** That a command is refused so, and that nothing came of it. */
async function expectRefusal(
  work: () => Promise<FinishedProcess>,
  { status, sentence }: { readonly status: number; readonly sentence: RegExp },
): Promise<void> {
  const before = await storedFacts();
  const refused = await work();
  expect(refused.stderr).toMatch(/^majlis: [^\n]+\n$/);
  expect(refused.stderr.slice('majlis: '.length).trimEnd()).toMatch(sentence);
  expect({ status: refused.status, stdout: refused.stdout }).toEqual({ status, stdout: '' });
  expect(await storedFacts()).toEqual(before);
}

beforeAll(async () => {
  reference = await uninterruptedRun();
  const kill = { kind: 'before-announce', from: 2, occurrence: 1, delayMs: 0 } as const;
  const order = { workspace, runFile, diary: join(folder, 'diary.jsonl'), workers: 1, kill };
  expect(await startChild(order)).toMatchObject({ end: 'killed' });
  [run] = readdirSync(join(workspace, 'runs'));
}, PATIENCE_MS);

afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

describe('an interrupted run', () => {
  it('does not go on with another configuration, and says what differs', async () => {
    const changed = (text: string): string =>
      text.replace('groupSize: 4', 'groupSize: 8').replace('epochs: 1', 'epochs: 2');
    await withChanged(runFile, changed, () =>
      expectRefusal(goOn, {
        status: 2,
        sentence:
          /algorithm\.epochs was 1 and is 2; algorithm\.groupSize was 4 and is 8.*what the run began with/,
      }),
    );
  });

  it('does not go on with another corpus', async () => {
    const corpus = join(folder, 'sft.jsonl');
    const shorter = (text: string): string => text.slice(0, text.lastIndexOf('\n'));
    await withChanged(corpus, shorter, () =>
      expectRefusal(goOn, { status: 2, sentence: /corpus was [0-9a-f]{12}… and is [0-9a-f]{12}…/ }),
    );
  });

  it('does not go on under flags that would change it', async () => {
    await expectRefusal(() => inWorkspace('run', '--continue', run, '--seed', '2'), {
      status: 2,
      sentence: /--seed/,
    });
  });

  it('is not found under another name, and the known ones are named', async () => {
    await expectRefusal(() => inWorkspace('run', '--continue', 'nothing'), {
      status: 2,
      sentence: new RegExp(`--continue.*"nothing".*${run}`),
    });
  });

  it('does not go on while another coordinator owns the workspace', async () => {
    const copy = join(folder, 'owned.majlis');
    cpSync(workspace, copy, { recursive: true });
    const owner = await startLedgerOwner(join(copy, 'ledger.sqlite'));
    try {
      const refused = await majlis(['run', '--continue', run, '--workspace', copy]);
      expect(refused).toMatchObject({ status: 1, stdout: '' });
      expect(refused.stderr).toMatch(/^majlis: [^\n]*ledger\.sqlite[^\n]*already open[^\n]*\n$/);
    } finally {
      owner.kill('SIGKILL');
    }
  });

  it('does not go on in a ledger of a newer Majlis', async () => {
    const copy = join(folder, 'newer.majlis');
    cpSync(workspace, copy, { recursive: true });
    const database = new Database(join(copy, 'ledger.sqlite'));
    database.exec("INSERT INTO schema_migrations VALUES (999, 'from the future')");
    database.close();
    const refused = await majlis(['run', '--continue', run, '--workspace', copy]);
    expect(refused).toMatchObject({ status: 1, stdout: '' });
    expect(refused.stderr).toMatch(/^majlis: [^\n]*ledger\.sqlite[^\n]*999[^\n]*\n$/);
  });

  whereMountsWork('does not go on in a workspace that cannot be written', async () => {
    await expectRefusal(
      async () => runMounted('mount --bind $W $W && mount -o remount,ro,bind $W && go_on'),
      {
        status: 1,
        sentence: /ledger\.sqlite .*must be writable/,
      },
    );
  });

  whereMountsWork.each([
    ['at once', 0],
    ['after a while', 400],
  ])(
    'stops in a sentence when the disk is full %s, and goes on once there is room',
    async (_, kilobytes) => {
      const { stdout, stderr } = runMounted(`
        cp -r $W $W.copy && mount -t tmpfs -o size=64m tmpfs $W && cp -r $W.copy/. $W && rm -r $W.copy
        free=$(df -k --output=avail $W | tail -1)
        dd if=/dev/zero of=$W/filler bs=1k count=$((free - ${kilobytes})) 2>/dev/null
        go_on >&2; echo "full: $?"
        rm $W/filler && go_on >$W/report.txt 2>&1; echo "room: $?"
        rm -rf $W.end && mkdir $W.end && cp $W/ledger.sqlite* $W.end`);
      expect(stdout).toBe('full: 1\nroom: 0\n');
      expect(stderr.trimEnd().split('\n').at(-1)).toMatch(/^majlis: .* the disk is full$/);
      const { facts } = await ledgerState(`${workspace}.end`);
      expect(facts).toMatchObject({ run: { state: 'completed' }, policyHash: reference.policyHash });
    },
    PATIENCE_MS,
  );

  it(
    'goes on after a record of its last segment was cut short, and then has ended',
    async () => {
      const segments = join(workspace, 'segments');
      const last = readdirSync(segments).sort().at(-1) ?? '';
      const whole = readFileSync(join(segments, last));
      appendFileSync(join(segments, last), whole.subarray(8, 100));
      const order = { workspace, runFile, diary: join(folder, 'diary.jsonl'), workers: 1 };
      expect(await startChild(order)).toMatchObject({ end: 'finished' });
      const ended = await ledgerState(workspace);
      expect(ended).toMatchObject({ failures: [], facts: { policyHash: reference.policyHash } });
      await expectRefusal(goOn, { status: 1, sentence: new RegExp(`^run ${run} has ended.*report\\.html`) });
    },
    PATIENCE_MS,
  );
});
