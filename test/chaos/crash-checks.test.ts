import type { RunEvent, RunEventPayload } from '../../core/domain/run.js';
import type { IterationRecord, TaskRecord, TaskState } from '../../core/ledger/ledger.js';
import { checkEnd, checkStart } from './crash-checks.js';
import type { LedgerFacts, LedgerState } from './ledger-facts.js';

const finishedEvent = (iteration: number): RunEventPayload => ({
  kind: 'iteration_finished',
  ...{ iteration, policyVersion: 0, policyHash: 'p', rubricHash: 'r', metrics: {} },
});

const epochEvent = (epoch: number): RunEventPayload => ({ kind: 'epoch_began', epoch });

const numbered = (payloads: readonly RunEventPayload[]): RunEvent[] =>
  payloads.map((payload, at) => ({ run: 'run', sequence: at + 1, atMs: 0, payload }));

const record = (iteration: number): IterationRecord => ({
  ...{ iteration, policyVersion: 0, rubricHash: 'r', rewardModelHash: 'm', inputsHash: 'i' },
  ...{ controlSequence: 0, metrics: {} },
});

const task = (id: string, state: TaskState): TaskRecord => ({
  id,
  state,
  iteration: 0,
  issue: 1,
  deadlineMs: 0,
});

const SIX = [0, 1, 2, 3, 4, 5];

function stateOf(changes: Partial<LedgerFacts> & { epoch?: number } = {}): LedgerState {
  const { epoch = 1, ...others } = changes;
  const names = { id: 'run', name: 'run', seed: 1, config: '{}', configHash: 'c', fingerprints: {} };
  const facts: LedgerFacts = {
    run: { ...names, state: 'completed', epoch, createdAtMs: 0 },
    tasks: [task('a', 'consumed'), task('b', 'dropped')],
    payloads: new Map([['a', 'payload of a']]),
    events: numbered([epochEvent(1), ...SIX.map(finishedEvent)]),
    iterations: SIX.map(record),
    policyHash: 'p',
    ...others,
  };
  return { failures: [], facts };
}

const nothing: LedgerState = { failures: [], facts: undefined };
const promisesOf = (violations: readonly { readonly promise: string }[]): string[] =>
  violations.map(({ promise }) => promise);

describe('what is checked after a kill', () => {
  const start = { before: nothing, after: stateOf(), diary: [{ what: 'began epoch', epoch: 1 }] } as const;

  it('finds nothing in a ledger that is well', () => {
    expect(checkStart(start)).toEqual([]);
    expect(checkStart({ ...start, diary: [] })).toEqual([]);
    expect(checkStart({ before: nothing, after: nothing, diary: [] })).toEqual([]);
  });

  it('finds a check of the ledger that failed', () => {
    const after = { ...stateOf(), failures: ['payloads: one is missing'] };
    expect(promisesOf(checkStart({ ...start, after }))).toEqual(['verifies']);
  });

  it('finds an acknowledged result that is not stored, or with another payload', () => {
    const acknowledged = (id: string, payloadHash: string): ReturnType<typeof checkStart> =>
      checkStart({ ...start, diary: [{ what: 'acknowledged', task: id, payloadHash }] });
    expect(acknowledged('a', 'payload of a')).toEqual([]);
    expect(promisesOf(acknowledged('a', 'another'))).toEqual(['acknowledged']);
    expect(promisesOf(acknowledged('b', 'payload of b'))).toEqual(['acknowledged']);
  });

  it.each([
    ['was not raised', 1, [epochEvent(1)], [{ what: 'began epoch', epoch: 1 }]],
    ['was raised twice', 3, [epochEvent(1), epochEvent(2), epochEvent(3)], []],
    [
      'is not the one that was worked in',
      2,
      [epochEvent(1), epochEvent(2)],
      [{ what: 'began epoch', epoch: 1 }],
    ],
    ['has no event', 2, [epochEvent(1)], [{ what: 'began epoch', epoch: 2 }]],
  ] as const)('finds an epoch that %s', (_, epoch, payloads, diary) => {
    const before = stateOf({ events: numbered([epochEvent(1)]) });
    const after = stateOf({ epoch, events: numbered(payloads) });
    expect(promisesOf(checkStart({ before, after, diary }))).toContain('epochs');
  });

  it('finds an event that was lost, changed or misnumbered', () => {
    const [first, ...others] = stateOf().facts?.events ?? [];
    const after = (events: readonly RunEvent[]): string[] =>
      promisesOf(checkStart({ before: stateOf(), after: stateOf({ events }), diary: [] }));
    expect(after([first, ...others])).toEqual([]);
    expect(after([first, ...others.slice(0, -1)])).toEqual(['events']);
    expect(after([{ ...first, atMs: 1 }, ...others])).toEqual(['events']);
    expect(after([first, ...others, { ...first, sequence: 99 }])).toContain('events');
  });
});

describe('what is checked after the end', () => {
  const broken = (changes: Parameters<typeof stateOf>[0]): string[] =>
    promisesOf(checkEnd(stateOf(changes), 'p'));

  it('finds nothing in a run that is well', () => {
    expect(broken({})).toEqual([]);
  });

  it('finds a run that is not completed, or not there', () => {
    const { facts } = stateOf();
    expect(broken(facts === undefined ? {} : { run: { ...facts.run, state: 'running' } })).toEqual(['ends']);
    expect(promisesOf(checkEnd(nothing, 'p'))).toEqual(['ends']);
  });

  it('finds tasks that did not end, and a run without any', () => {
    expect(broken({ tasks: [task('a', 'outstanding'), task('b', 'accepted')] })).toEqual(['tasks', 'tasks']);
    expect(broken({ tasks: [] })).toEqual(['tasks']);
  });

  it('finds an iteration that was finished twice or never', () => {
    const events = numbered([epochEvent(1), ...SIX.map(finishedEvent), finishedEvent(5)]);
    expect(broken({ events })).toEqual(['iterations']);
    expect(broken({ iterations: SIX.slice(1).map(record) })).toEqual(['iterations']);
  });

  it('finds another policy', () => {
    expect(broken({ policyHash: 'q' })).toEqual(['policy']);
  });
});
