/** Run control over a real gRPC server: what a client may do, what it is told where it may not, and who may ask at all. */
import { statSync } from 'node:fs';
import { credentials, Metadata, type ServiceError } from '@grpc/grpc-js';
import { findRubric } from '../../../cli/commands/rubric/find-rubric.js';
import { connectToProcess } from '../../../cli/control/connect-control.js';
import { coordinatorFile, readCoordinatorFile } from '../../../cli/control/coordinator-file.js';
import type { RunControlClient } from '../../../cli/control/run-control-client.js';
import { serveRunControl, type RunControlServer } from '../../../cli/control/serve-run-control.js';
import { storeRubric } from '../../../cli/control/stored-rubrics.js';
import type { RunState } from '../../../core/domain/run-state.js';
import { MemoryLedger } from '../../../core/ledger/memory-ledger.js';
import { bearerMetadata } from '../../../core/rpc/bearer-token.js';
import { fromGrpcStatus } from '../../../core/rpc/status.js';
import { systemClock } from '../../../core/runtime/clock.js';
import type { RunRequest, WatchItem } from '../../../coordinator/control/run-control.js';
import { rubricHash } from '../../../reward/rubric/rubric-hash.js';
import { CoordinatorServiceClient } from '../../../proto/gen/majlis/v1/coordinator.js';
import { useTemporaryFolder } from '../../support/temporary-folder.js';
import { iterationEnd } from '../../contract/ledger/ledger-harness.js';

const folder = useTemporaryFolder();
const newRun = {
  id: 'r1',
  name: 'first',
  seed: 2 ** 53 - 1,
  config: '{"locale":"ar-EG","judges":{"asks":"criteria"}}',
  configHash: 'c0ffee',
  fingerprints: { engine: 'f' },
};

let ledger: MemoryLedger;
let server: RunControlServer;
let control: RunControlClient;
let atWork: Set<string>;
let asked: RunRequest[];

beforeEach(async () => {
  ledger = new MemoryLedger(systemClock);
  atWork = new Set();
  asked = [];
  server = await serveRunControl({
    ledger,
    workspaceFolder: folder(),
    clock: systemClock,
    isAtWork: (run) => atWork.has(run),
    createRun: (request) => {
      asked.push(request);
      return ledger.createRun({ ...newRun, id: request.run ?? 'made' });
    },
    heartbeatMs: 50,
  });
  const connected = await connectToProcess(folder(), systemClock);
  if (connected === undefined) throw new Error('nobody serves');
  control = connected;
});

afterEach(async () => {
  await control.close();
  await server.close();
  await ledger.close();
});

/** A run in this state, by allowed transitions only. */
async function runIn(state: RunState): Promise<void> {
  await ledger.createRun(newRun);
  atWork.add('r1');
  if (state === 'queued') return;
  await ledger.beginEpoch('r1');
  await ledger.setRunState('r1', 'running');
  if (state !== 'running') await ledger.setRunState('r1', state);
}

/** The first items of a watch. */
async function watched(after: number, most: number): Promise<WatchItem[]> {
  const items: WatchItem[] = [];
  for await (const item of control.watchRun('r1', after, new AbortController().signal)) {
    items.push(item);
    if (items.length === most) break;
  }
  return items;
}

describe('run control over gRPC', () => {
  it('tells of a run all that the ledger has', async () => {
    await runIn('running');
    await ledger.completeIteration('r1', iterationEnd(0, { metrics: { kl: Number.NaN, lr: 1e-5 } }));
    await ledger.requestControl('r1', { kind: 'roll_back', to: { policyVersion: 0 }, iteration: 3 });
    const description = await control.describeRun('r1');
    expect(description).toStrictEqual({
      run: await ledger.getRun('r1'),
      iterations: await ledger.iterations('r1'),
      policyVersions: await ledger.policyVersions('r1'),
      controls: await ledger.controlEvents('r1'),
      preferences: 0,
    });
    expect(description.iterations[0].metrics).toEqual({ kl: Number.NaN, lr: 1e-5 });
  });

  it('lists runs, with how far they are where that is asked for', async () => {
    await runIn('running');
    await ledger.completeIteration('r1', iterationEnd(0));
    const [last] = await ledger.iterations('r1');
    const run = await ledger.getRun('r1');
    expect(await control.listRuns({ withProgress: false })).toStrictEqual([{ run }]);
    expect(await control.listRuns({ withProgress: true })).toStrictEqual([
      { run, progress: { iterations: 1, last } },
    ]);
  });

  it('hands a run file to whoever creates runs, as it was sent', async () => {
    const request = { run: 'mine', runFile: 'name: é\n', source: '/a/run.yaml', seed: 0 };
    expect(await control.createRun(request)).toMatchObject({ id: 'mine', state: 'queued' });
    expect(asked).toStrictEqual([request]);
  });

  it('pauses, resumes and cancels a run that is at work, each as a control event', async () => {
    await runIn('running');
    const paused = await control.pauseRun('r1', 'lunch');
    expect(paused).toMatchObject({ run: { state: 'pausing', reason: 'lunch' }, atWork: true });
    expect(paused.control).toStrictEqual({ sequence: 1, event: { kind: 'pause', reason: 'lunch' } });
    expect(await control.resumeRun('r1')).toMatchObject({ run: { state: 'running' } });
    expect(await control.cancelRun('r1')).toMatchObject({ run: { state: 'running' } });
    const events = await ledger.controlEvents('r1');
    expect(events.map(({ event }) => event.kind)).toEqual(['pause', 'resume', 'cancel']);
  });

  it('cancels a run that nobody is at work on at once', async () => {
    await runIn('running');
    atWork.clear();
    const { run, control: recorded } = await control.cancelRun('r1', 'no use');
    expect(run).toMatchObject({ state: 'cancelled', reason: 'no use' });
    expect(recorded).toMatchObject({ effectiveAt: 0 });
  });

  it('swaps to a shipped rubric by its id and rolls back to the one before it', async () => {
    await runIn('running');
    await ledger.completeIteration('r1', iterationEnd(0));
    const { control: swap } = await control.swapRubric('r1', { rubric: 'ar-egyptian', iteration: 1 });
    expect(swap.event).toMatchObject({ kind: 'swap_rubric', iteration: 1 });
    await ledger.stampControl('r1', [swap.sequence], 1);
    const { control: back } = await control.rollBackRun('r1', 'previous_rubric');
    expect(back.event).toStrictEqual({ kind: 'roll_back', to: { rubricHash: 'rubric-a' } });
    const { control: policy } = await control.rollBackRun('r1', { policyVersion: 1 });
    expect(policy.event).toStrictEqual({ kind: 'roll_back', to: { policyVersion: 1 } });
  });

  it('asks for a candidate to be scored, and for its end', async () => {
    await runIn('running');
    await ledger.completeIteration('r1', iterationEnd(0));
    const { control: shadow } = await control.shadowRubric('r1', { rubric: 'ar-egyptian' });
    const { hash } = await findRubric('ar-egyptian');
    expect(shadow).toStrictEqual({ sequence: 1, event: { kind: 'shadow_rubric', rubricHash: hash } });
    expect((await control.stopShadow('r1')).control.event).toStrictEqual({
      kind: 'stop_shadow',
      rubricHash: hash,
    });
    const later = { rubric: 'ar-msa', iteration: 7 };
    expect((await control.shadowRubric('r1', later)).control.event).toMatchObject({ iteration: 7 });
    expect((await control.stopShadow('r1')).control.event).toMatchObject({ iteration: 7 });
    await expect(control.stopShadow('r1')).rejects.toMatchObject({
      code: 'failed_precondition',
      message: 'run r1 has no shadow; "majlis rubric shadow r1 RUBRIC" asks for one',
    });
  });

  it('refuses as a candidate the rubric that is in force', async () => {
    await runIn('running');
    const { hash } = await findRubric('ar-msa');
    await ledger.completeIteration('r1', iterationEnd(0, { rubricHash: hash }));
    await expect(control.shadowRubric('r1', { rubric: 'ar-msa' })).rejects.toMatchObject({
      code: 'invalid_argument',
      input: { source: 'shadow of run r1', place: 'rubric', allowed: 'another rubric than the one in force' },
    });
    expect(await ledger.controlEvents('r1')).toEqual([]);
  });

  it('sends history, heartbeats, then what happens', async () => {
    await runIn('running');
    const items: WatchItem[] = [];
    for await (const item of control.watchRun('r1', 0, new AbortController().signal)) {
      items.push(item);
      if (items.length === 5) await ledger.recordAlarm('r1', 'entropy', 'it fell');
      if (item.kind === 'event' && item.event.payload.kind === 'alarm') break;
    }
    const events = await ledger.events('r1', 0, 9);
    expect(items.slice(0, 3)).toEqual(events.slice(0, 3).map((event) => ({ kind: 'event', event })));
    const heartbeats = items.slice(3, -1);
    expect(heartbeats.length).toBeGreaterThan(1);
    expect(new Set(heartbeats.map((item) => JSON.stringify(item)))).toEqual(
      new Set(['{"kind":"heartbeat","lastSequence":3,"state":"running"}']),
    );
    expect(items.at(-1)).toEqual({ kind: 'event', event: events[3] });
  });

  it('ends a watch after the event that ends the run, also one that begins later', async () => {
    await runIn('running');
    const watching = watched(2, 100);
    await ledger.setRunState('r1', 'completed');
    const items = await watching;
    expect(items.at(-1)).toMatchObject({ event: { payload: { state: 'completed' } } });
    expect(await watched(4, 100)).toEqual([]);
    expect(await watched(3, 100)).toHaveLength(1);
  });

  it('sends a watcher what is durable before it stops, and says that it stops', async () => {
    await runIn('running');
    const sequences: number[] = [];
    let stopped: Promise<void> | undefined;
    const watchToTheEnd = async (): Promise<void> => {
      for await (const item of control.watchRun('r1', 0, new AbortController().signal)) {
        if (item.kind === 'event') sequences.push(item.event.sequence);
        else {
          stopped ??= ledger.recordAlarm('r1', 'entropy', 'it fell').then(() => server.close());
        }
      }
    };
    await expect(watchToTheEnd()).rejects.toMatchObject({ code: 'unavailable' });
    await stopped;
    expect(sequences).toEqual([1, 2, 3, 4]);
  });
});

/** Stores one in the workspace; its hash. */
async function storedAsRetired(): Promise<string> {
  const rubric = { ...(await findRubric('ar-egyptian')), id: 'old', status: 'retired' as const };
  const retired = { ...rubric, hash: rubricHash(rubric) };
  await storeRubric(folder(), retired);
  return retired.hash;
}

async function storedWithFormula(): Promise<string> {
  const composite = { formula: 'register' };
  const rubric = { ...(await findRubric('ar-egyptian')), id: 'formula', composite };
  const stored = { ...rubric, hash: rubricHash(rubric) };
  await storeRubric(folder(), stored);
  return stored.hash;
}

type Ask = (client: RunControlClient) => Promise<unknown>;
const refusals: [what: string, state: RunState, ask: Ask, expected: object][] = [
  ['an unknown run', 'running', (c) => c.describeRun('r2'), { code: 'not_found' }],
  ['a command to an unknown run', 'running', (c) => c.pauseRun('r2'), { code: 'not_found' }],
  ['a run id cut short', 'running', (c) => c.cancelRun('r'), { code: 'not_found' }],
  [
    'a run without a name',
    'running',
    (c) => c.resumeRun(''),
    { code: 'invalid_argument', input: { source: 'message majlis.v1.ResumeRunRequest', place: 'run' } },
  ],
  ['a pause of a queued run', 'queued', (c) => c.pauseRun('r1'), wrongState('queued', 'pause', 'running')],
  ['a second pause', 'pausing', (c) => c.pauseRun('r1'), wrongState('pausing', 'pause', 'running')],
  [
    'resuming what runs',
    'running',
    (c) => c.resumeRun('r1'),
    wrongState('running', 'resume', 'pausing, paused'),
  ],
  [
    'cancelling what has ended',
    'completed',
    (c) => c.cancelRun('r1'),
    wrongState('completed', 'cancel', 'queued, running, pausing, paused, failed'),
  ],
  [
    'a swap in a run that has ended, before its rubric is looked at',
    'cancelled',
    (c) => c.swapRubric('r1', { rubric: 'no-such' }),
    wrongState('cancelled', 'swap_rubric', 'queued, running, pausing, paused, failed'),
  ],
  [
    'a rollback of a queued run',
    'queued',
    (c) => c.rollBackRun('r1', { policyVersion: 0 }),
    wrongState('queued', 'roll_back', 'running, pausing, paused, failed'),
  ],
  [
    'a rubric that nobody knows',
    'running',
    (c) => c.swapRubric('r1', { rubric: 'no-such' }),
    { code: 'invalid_argument', message: expect.stringContaining('one of ar-egyptian, ar-msa') },
  ],
  [
    'the hash of a rubric that was never stored',
    'running',
    (c) => c.swapRubric('r1', { rubric: 'f'.repeat(64) }),
    { code: 'invalid_argument', message: expect.stringContaining('found no rubric ffff') },
  ],
  [
    'a rubric for another language',
    'running',
    (c) => c.swapRubric('r1', { rubric: 'ko-haeyo' }),
    { input: { source: 'rubric ko-haeyo', place: 'locale', found: '"ko-KR"' } },
  ],
  [
    'a rubric that was retired',
    'running',
    async (c) => c.swapRubric('r1', { rubric: await storedAsRetired() }),
    { input: { source: 'rubric old', place: 'status', found: '"retired"' } },
  ],
  [
    'a rubric whose formula its judges cannot be asked about by criterion',
    'running',
    async (c) => c.swapRubric('r1', { rubric: await storedWithFormula() }),
    { code: 'invalid_argument', input: { source: 'rubric formula', place: 'composite' } },
  ],
  [
    'a shadow in an unknown run',
    'running',
    (c) => c.shadowRubric('r2', { rubric: 'x' }),
    { code: 'not_found' },
  ],
  [
    'a shadow in a run that has ended, before its rubric is looked at',
    'completed',
    (c) => c.shadowRubric('r1', { rubric: 'no-such' }),
    wrongState('completed', 'shadow_rubric', 'queued, running, pausing, paused, failed'),
  ],
  [
    'the end of a shadow in a run that has ended',
    'completed',
    (c) => c.stopShadow('r1'),
    wrongState('completed', 'stop_shadow', 'queued, running, pausing, paused, failed'),
  ],
  [
    'a shadow by a rubric that was retired',
    'running',
    async (c) => c.shadowRubric('r1', { rubric: await storedAsRetired() }),
    { input: { source: 'rubric old', place: 'status', found: '"retired"' } },
  ],
  [
    'a shadow for another language',
    'running',
    (c) => c.shadowRubric('r1', { rubric: 'ko-haeyo' }),
    { input: { source: 'rubric ko-haeyo', place: 'locale', found: '"ko-KR"' } },
  ],
  [
    'a policy version that never was',
    'running',
    (c) => c.rollBackRun('r1', { policyVersion: 9 }),
    { input: { place: 'policy version', found: '9', allowed: expect.stringContaining('none yet') } },
  ],
  [
    'a rubric that was never in force',
    'running',
    (c) => c.rollBackRun('r1', { rubricHash: 'abc' }),
    { input: { place: 'rubric', found: '"abc"' } },
  ],
  [
    'going back where there was one rubric only',
    'running',
    (c) => c.rollBackRun('r1', 'previous_rubric'),
    { code: 'failed_precondition', message: expect.stringContaining('one rubric only') },
  ],
];

function wrongState(state: RunState, command: string, allowed: string): object {
  const message = `run r1 is ${state} and takes no ${command}; a run takes it when it is ${allowed}`;
  return { code: 'failed_precondition', message };
}

describe('a refusal over gRPC', () => {
  it.each(refusals)('names what was wrong: %s', async (_what, state, ask, expected) => {
    await runIn(state);
    const before = await ledger.controlEvents('r1');
    await expect(ask(control)).rejects.toMatchObject(expected);
    expect(await ledger.controlEvents('r1')).toEqual(before);
  });

  it('says that there is nothing to pause where nobody is at work, and what to do', async () => {
    await runIn('running');
    atWork.clear();
    await expect(control.pauseRun('r1')).rejects.toMatchObject({
      code: 'failed_precondition',
      message: expect.stringContaining('"majlis run --continue r1" goes on with it'),
    });
  });

  it('ends a watch of an unknown run', async () => {
    await expect(watched(0, 1)).rejects.toMatchObject({ code: 'not_found' });
  });
});

describe('who may ask', () => {
  /** The error of GetRun with this metadata. */
  function refusalWith(metadata: Metadata): Promise<unknown> {
    const client = new CoordinatorServiceClient(server.address, credentials.createInsecure());
    return new Promise((resolve) => {
      client.getRun({ run: 'r1' }, metadata, (error: ServiceError | null) => {
        client.close();
        resolve(error === null ? undefined : fromGrpcStatus(error));
      });
    });
  }

  it('is who shows the token of the process', async () => {
    await runIn('running');
    const address = await readCoordinatorFile(folder());
    expect(await refusalWith(new Metadata())).toMatchObject({ code: 'unauthenticated' });
    expect(await refusalWith(bearerMetadata('guess'))).toMatchObject({ code: 'unauthenticated' });
    expect(await refusalWith(bearerMetadata(address?.token ?? ''))).toBeUndefined();
  });

  it('finds the token in a file of its own user, which is gone when the process stops', async () => {
    expect(statSync(coordinatorFile(folder())).mode & 0o777).toBe(0o600);
    expect(await readCoordinatorFile(folder())).toMatchObject({ address: server.address, pid: process.pid });
    await server.close();
    expect(await readCoordinatorFile(folder())).toBeUndefined();
    expect(await connectToProcess(folder(), systemClock)).toBeUndefined();
  });
});
