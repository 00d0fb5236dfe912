import type { LedgerState } from '../ledger-facts.js';
import { checkFleet, releaseTimes, resumeTimes, type FleetHistory } from './fleet-checks.js';
import type { Struck } from './nemesis.js';
import type { Happening, PodEvent } from './pod-event.js';

const NOTHING: LedgerState = { failures: [], facts: undefined };

/** Events a second apart, each of one pod. */
function said(...happenings: readonly (readonly [pod: string, happening: Happening])[]): PodEvent[] {
  return happenings.map(([pod, happening], at) => ({ pod, atMs: 1000 * at, happening }));
}

const leased = (task: string, attempt = 1): Happening => ({ what: 'leased', task, attempt });
const publishing = (task: string, dedupeId: string): Happening => ({
  what: 'publishing',
  ...{ task, dedupeId, payloadHash: 'p' },
});
const killed: Struck = { kind: 'worker-killed', atMs: 0, heard: 1, pod: 'worker-0', task: 'a' };

/** The promises that a run which did not end breaks beside that one. */
function brokenBy(events: readonly PodEvent[], history: Partial<FleetHistory> = {}): string[] {
  const all = { state: NOTHING, failure: 'it hung', struck: [], ...history, events };
  return checkFleet(all, undefined)
    .map(({ promise }) => promise)
    .filter((promise) => promise !== 'ends');
}

describe('what is checked after a fleet was struck', () => {
  it('finds an acknowledged task that had to be done again, where this start found it lost', () => {
    const acked: Happening = { what: 'acked', task: 'a' };
    const issued = (again: boolean): Happening => ({ what: 'issued', tasks: ['a'], again });
    const after = ['worker-0', leased('a')] as const;
    expect(brokenBy(said(['worker-0', acked], ['coordinator', issued(true)], after))).toEqual([
      'acknowledged',
    ]);
    expect(brokenBy(said(['worker-0', acked], ['coordinator', issued(false)], after))).toEqual([]);
    expect(brokenBy(said(['coordinator', issued(true)], ['worker-0', acked], after))).toEqual([]);
  });

  it('finds a message id of two results', () => {
    const twice = (task: string): PodEvent[] =>
      said(['worker-0', publishing('a', 'id')], ['worker-1', publishing(task, 'id')]);
    expect(brokenBy(twice('b'))).toEqual(['named']);
    expect(brokenBy(twice('a'))).toEqual([]);
  });

  it('finds a task that was issued again, and given to nobody', () => {
    const issued: Happening = { what: 'issued', tasks: ['a'], again: true };
    expect(brokenBy(said(['worker-0', leased('a')], ['coordinator', issued]))).toEqual(['leased-again']);
    expect(brokenBy(said(['coordinator', issued], ['worker-0', leased('a')]))).toEqual([]);
  });

  it('measures until the task of a killed worker is leased again, and asks for it within ack wait and five seconds', () => {
    const events = said(['worker-0', leased('a')], ['worker-1', leased('x')], ['worker-1', leased('a', 2)]);
    expect(releaseTimes({ struck: [killed], events })).toEqual([2000]);
    const late = [...events.slice(0, 2), { ...events[2], atMs: 6001 }];
    expect(brokenBy(late, { struck: [killed] })).toEqual(['released']);
    expect(brokenBy([], { struck: [killed] })).toEqual(['released']);
    const answered = said(['worker-0', { what: 'stored', task: 'a' }]);
    expect(brokenBy(answered, { struck: [killed] })).toEqual([]);
  });

  it('measures until a killed coordinator works again, and asks for it within five seconds, or as the machine can', () => {
    const struck: Struck[] = [{ kind: 'coordinator-killed', atMs: 500, heard: 1, pod: 'coordinator' }];
    const ready: Happening = { what: 'ready' };
    const events = said(['coordinator', ready], ['coordinator', ready]);
    expect(resumeTimes(events, struck)).toEqual([500]);
    const late = { ...events[1], atMs: 5501 };
    expect(brokenBy([events[0], late], { struck })).toEqual(['resumed']);
    const slowStart: PodEvent = { pod: 'coordinator', atMs: -2000, happening: { what: 'started' } };
    const moved: Struck = { kind: 'coordinator-killed', atMs: 500, heard: 2, pod: 'coordinator' };
    expect(brokenBy([slowStart, events[0], late], { struck: [moved] })).toEqual([]);
  });

  it('finds a result that was refused, unless somebody had changed it', () => {
    const refused = (reason: string): Happening => ({ what: 'refused', reason });
    const changed: Happening = { what: 'did', mischief: 'result-changed' };
    expect(brokenBy(said(['coordinator', refused('unreadable')]))).toEqual(['conflicts']);
    expect(brokenBy(said(['coordinator', refused('conflicting')]))).toEqual(['conflicts']);
    expect(brokenBy(said(['worker-0', changed], ['coordinator', refused('conflicting')]))).toEqual([]);
  });
});
