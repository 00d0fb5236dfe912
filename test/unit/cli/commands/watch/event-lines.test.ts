import { EventLines } from '../../../../../cli/commands/watch/event-lines.js';
import type { RunEventPayload } from '../../../../../core/domain/run.js';

const START = Date.UTC(2026, 10, 22, 10, 0, 0);

function iteration(at: number, metrics: Record<string, number> = {}): RunEventPayload {
  const hashes = { policyHash: '0123456789ab', rubricHash: 'fedcba987654' };
  return { kind: 'iteration_finished', iteration: at, policyVersion: at + 1, ...hashes, metrics };
}

/** Lines of payloads at these seconds. */
function linesOf(...happened: (readonly [seconds: number, payload: RunEventPayload])[]): string[] {
  const lines = new EventLines();
  return happened.map(([seconds, payload], place) =>
    lines.lineOf({ run: 'r', sequence: place + 1, atMs: START + seconds * 1000, payload }),
  );
}

const paces = (lines: string[]): (string | undefined)[] =>
  lines.map((line) => /([\d.]+) s\/iteration/.exec(line)?.[1]);

describe('a line of a watch', () => {
  it('says when, which event, and the figures that there are', () => {
    const [line] = linesOf([0, iteration(3, { 'objective/kl': 2.34567 })]);
    expect(line).toBe('2026-11-22T10:00:00Z  #1  iteration 3  KL 2.346  policy 4 01234567  rubric fedcba98');
  });

  it('says why a run is in its state, and what was asked', () => {
    const control = { sequence: 1, event: { kind: 'pause' as const, reason: 'lunch' }, effectiveAt: 4 };
    const lines = linesOf(
      [0, { kind: 'state_changed', state: 'failed', reason: 'the disk was full' }],
      [1, { kind: 'control_requested', control }],
      [2, { kind: 'control_took_effect', control }],
      [3, { kind: 'alarm', alarm: 'entropy', message: 'it fell' }],
    );
    expect(lines.map((line) => line.split('  ').slice(2).join('  '))).toEqual([
      'failed: the disk was full',
      'asked: pause (lunch)',
      'in force from iteration 4: pause (lunch)',
      'alarm entropy: it fell',
    ]);
  });

  it('says what a candidate rubric made of an iteration', () => {
    const [line] = linesOf([
      0,
      {
        kind: 'shadow_scored',
        ...{ iteration: 3, rubricId: 'ar-msa', rubricHash: 'fedcba987654', rewardModelHash: 'm' },
        metrics: { 'shadow/agreement': 0.75, 'shadow/scores': -1.23456, 'shadow/excluded_share': 0 },
        differences: [],
      },
    ]);
    expect(line.split('  ').slice(2)).toEqual([
      ...['iteration 3', 'shadow ar-msa fedcba98', 'reward -1.235', 'agreement 0.75', 'excluded 0'],
    ]);
  });

  it('tells the pace over the last five iterations', () => {
    const lines = linesOf(...[0, 10, 20, 30, 40, 50, 51].map((at, place) => [at, iteration(place)] as const));
    // The last: from 10 s to 51 s are five iterations.
    expect(paces(lines)).toEqual([undefined, '10', '10', '10', '10', '10', '8.2']);
  });

  it('begins the pace anew after a pause', () => {
    const lines = linesOf(
      [0, iteration(0)],
      [10, iteration(1)],
      [1000, { kind: 'state_changed', state: 'running' }],
      [1004, iteration(2)],
      [1007, iteration(3)],
    );
    expect(paces(lines)).toEqual([undefined, '10', undefined, undefined, '3']);
  });
});
