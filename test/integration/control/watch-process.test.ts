/**
 * `majlis watch` in a process of its own, against a real server in another: every event once and in order, whatever
 * happens to the connection or to the process that serves.
 */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  coordinatorFile,
  readCoordinatorFile,
  writeCoordinatorFile,
} from '../../../cli/control/coordinator-file.js';
import { openSqliteLedger } from '../../../core/ledger/sqlite-ledger.js';
import { systemClock } from '../../../core/runtime/clock.js';
import { useTemporaryFolder } from '../../support/temporary-folder.js';
import { majlis, startMajlis, type FinishedProcess } from '../cli/majlis-process.js';
import { CuttingProxy } from './cutting-proxy.js';
import { RunOwner } from './run-owner.js';

interface WatchedEvent {
  readonly sequence: number;
  readonly kind: string;
}

const folder = useTemporaryFolder();
let owners: RunOwner[] = [];
let proxy: CuttingProxy | undefined;

async function startOwner(): Promise<RunOwner> {
  const owner = await RunOwner.start(folder());
  owners.push(owner);
  return owner;
}

afterEach(async () => {
  await Promise.all(owners.map((owner) => owner.close()));
  owners = [];
  await proxy?.close();
  proxy = undefined;
});

function watch(...flags: string[]): {
  readonly finished: Promise<FinishedProcess>;
  /** Resolves when it has printed something. */
  readonly begun: Promise<unknown>;
} {
  const { child, finished } = startMajlis(['watch', 'r1', '--json', '--workspace', folder(), ...flags]);
  return { finished, begun: child.stdout === null ? Promise.resolve() : once(child.stdout, 'data') };
}

/** The events that a watch printed, and the result in its last line. */
function printed({ status, stdout, stderr }: FinishedProcess): {
  readonly events: WatchedEvent[];
  readonly result: unknown;
} {
  expect({ status, stderr }).toMatchObject({ status: 0 });
  const lines = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as WatchedEvent);
  return { events: lines.slice(0, -1), result: lines.at(-1) };
}

/** What the ledger has, read after its owner has gone: sequence and kind of each event. */
async function eventsInLedger(): Promise<WatchedEvent[]> {
  const ledger = await openSqliteLedger(join(folder(), 'ledger.sqlite'), systemClock);
  try {
    const events = await ledger.events('r1', 0, 10_000);
    return events.map(({ sequence, payload }) => ({ sequence, kind: payload.kind }));
  } finally {
    await ledger.close();
  }
}

const heard = ({ events }: { readonly events: WatchedEvent[] }): WatchedEvent[] =>
  events.map(({ sequence, kind }) => ({ sequence, kind }));

describe('majlis watch in a second process', () => {
  it('sees history, then what happens, and ends with the run', async () => {
    const owner = await startOwner();
    await owner.iterate(3);
    const watching = watch();
    await watching.begun;
    await owner.iterate(4);
    await owner.setState('completed');
    const output = printed(await watching.finished);
    await owner.close();
    const expected = await eventsInLedger();
    expect(expected).toHaveLength(3 + 7 + 1);
    expect(heard(output)).toEqual(expected);
    expect(output.result).toEqual({ run: 'r1', lastSequence: expected.length, state: 'completed' });
    expect(output.events[3]).toMatchObject({
      run: 'r1',
      kind: 'iteration_finished',
      iteration: 0,
      policyHash: 'h1',
      metrics: { 'objective/scores': 0, 'objective/kl': 'NaN' },
    });
  });

  it('sees every event once and in order through connections that are cut in mid-stream', async () => {
    const owner = await startOwner();
    const served = await readCoordinatorFile(folder());
    if (served === undefined) throw new Error('the owner wrote no file');
    let bytes = 2000;
    proxy = await CuttingProxy.start(served.address, () => (bytes += 137));
    await writeCoordinatorFile(folder(), { ...served, address: proxy.address });
    await owner.iterate(40);
    const watching = watch();
    for (let round = 0; round < 10; round += 1) await owner.iterate(4);
    await owner.setState('completed');
    const finished = await watching.finished;
    await owner.close();
    const expected = await eventsInLedger();
    expect(expected).toHaveLength(3 + 80 + 1);
    expect(heard(printed(finished))).toEqual(expected);
    expect(proxy.cuts).toBeGreaterThan(3);
    expect(finished.stderr).toContain('majlis: watch interrupted after event ');
  });

  it('goes on where it was when the process is killed and another serves on another port', async () => {
    const first = await startOwner();
    await first.iterate(5);
    const before = readFileSync(coordinatorFile(folder()), 'utf8');
    const watching = watch();
    await watching.begun;
    await first.iterate(2);
    await first.kill();
    const second = await startOwner();
    expect(JSON.parse(readFileSync(coordinatorFile(folder()), 'utf8'))).not.toMatchObject({
      address: (JSON.parse(before) as { address: string }).address,
    });
    await second.iterate(3);
    await second.setState('completed');
    const finished = await watching.finished;
    await second.close();
    expect(heard(printed(finished))).toEqual(await eventsInLedger());
    expect(finished.stderr).toMatch(/^majlis: watch interrupted after event \d+ \([^\n]+\n$/);
  });

  it('ends when the process ends after the run failed, with nobody left to continue it', async () => {
    const owner = await startOwner();
    const watching = watch();
    await watching.begun;
    await owner.setState('failed');
    await owner.close();
    const { events, result } = printed(await watching.finished);
    expect(events.at(-1)).toMatchObject({ kind: 'state_changed', state: 'failed' });
    expect(result).toMatchObject({ state: 'failed' });
  });

  it('learns of a run that is cancelled while nobody is at work on it', async () => {
    const owner = await startOwner();
    const watching = watch();
    await watching.begun;
    await owner.kill();
    const cancelled = await majlis(['cancel', 'r1', '--workspace', folder()]);
    expect(cancelled).toMatchObject({ status: 0, stderr: '' });
    const output = printed(await watching.finished);
    expect(output.result).toMatchObject({ state: 'cancelled' });
    expect(heard(output)).toEqual(await eventsInLedger());
  });

  it('prints history and ends where no process owns the ledger, for people too', async () => {
    const owner = await startOwner();
    await owner.iterate(2);
    await owner.close();
    const whole = await majlis(['watch', 'r', '--workspace', folder()]);
    expect(whole.stderr).toBe('majlis: no process is at work on r1; what the ledger has of it ends here\n');
    expect(whole.stdout.split('\n')).toEqual([
      expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ {2}#1 {2}queued$/),
      expect.stringContaining('#2  a process took it up, epoch 1'),
      expect.stringContaining('#3  running'),
      expect.stringMatching(/#4 {2}iteration 0 {2}reward 0 {2}KL NaN {2}policy 1 h1 {2}rubric rubric-a$/),
      expect.stringMatching(
        /#5 {2}iteration 1 {2}reward 0\.1 {2}KL NaN {2}[\d.]+ s\/iteration {2}policy 2 h2/,
      ),
      '',
    ]);
    const rest = printed(await watch('--after', '3').finished);
    expect(rest.events.map(({ sequence }) => sequence)).toEqual([4, 5]);
  });
});
