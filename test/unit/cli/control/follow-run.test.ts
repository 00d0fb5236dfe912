import { followRun, type FollowOptions } from '../../../../cli/control/follow-run.js';
import type { RunControlClient } from '../../../../cli/control/run-control-client.js';
import type { RunEvent } from '../../../../core/domain/run.js';
import type { RunState } from '../../../../core/domain/run-state.js';
import { MajlisError, type ErrorCode } from '../../../../core/errors.js';
import type { Clock } from '../../../../core/runtime/clock.js';
import type { WatchItem } from '../../../../coordinator/control/run-control.js';
import { FakeClock } from '../../../support/fake-clock.js';

const event = (sequence: number): WatchItem => ({
  kind: 'event',
  event: { run: 'r', sequence, atMs: 0, payload: { kind: 'alarm', alarm: 'a', message: '' } },
});
const heartbeat = (lastSequence: number, state: RunState): WatchItem => ({
  kind: 'heartbeat',
  lastSequence,
  state,
});

type Script = readonly (WatchItem | ErrorCode | 'silence')[];

/** A client whose watch goes by a script and notes from where it was asked. */
function scripted(
  script: Script,
  asked: number[],
  over: RunControlClient['over'] = 'process',
): RunControlClient {
  async function* watchRun(_: string, after: number, signal: AbortSignal): AsyncGenerator<WatchItem> {
    asked.push(after);
    for (const step of script) {
      if (step === 'silence') await new Promise((resolve) => signal.addEventListener('abort', resolve));
      else if (typeof step === 'string') throw new MajlisError('cut', { code: step });
      else yield step;
    }
  }
  const client: Partial<RunControlClient> = { over, watchRun, close: async () => undefined };
  return client as RunControlClient;
}

/** A clock that moves by itself whenever somebody sleeps. */
function movingClock(): Clock {
  const clock = new FakeClock();
  const sleep = async (milliseconds: number, signal?: AbortSignal): Promise<void> => {
    const slept = clock.sleep(milliseconds, signal);
    void clock.advance(milliseconds);
    await slept;
  };
  const alarm = clock.alarm.bind(clock);
  return { now: () => clock.now(), monotonic: () => clock.monotonic(), sleep, alarm };
}

interface Followed {
  readonly sequences: number[];
  readonly asked: number[];
  readonly interruptions: string[];
  readonly failure?: unknown;
}

/** Follows through these connections; `undefined` stands for a moment in which nobody answers. */
async function follow(
  scripts: readonly (Script | undefined)[],
  options: Partial<FollowOptions> = {},
): Promise<Followed> {
  const sequences: number[] = [];
  const asked: number[] = [];
  const interruptions: string[] = [];
  const [first, ...others] = scripts.map((script) => script && scripted(script, asked));
  const events = followRun({
    run: 'r',
    after: 0,
    first: first ?? scripted([], asked),
    reconnect: async () => others.shift(),
    clock: movingClock(),
    signal: new AbortController().signal,
    onInterruption: (sentence) => interruptions.push(sentence),
    ...options,
  });
  try {
    for await (const { sequence } of events as AsyncIterable<RunEvent>) sequences.push(sequence);
    return { sequences, asked, interruptions };
  } catch (failure) {
    return { sequences, asked, interruptions, failure };
  }
}

describe('following a run', () => {
  it.each(['unavailable', 'cancelled', 'internal', 'deadline_exceeded'] as const)(
    'goes on after the last event when a connection ends as %s',
    async (code) => {
      const { sequences, asked, failure } = await follow([
        [event(1), event(2), code],
        undefined,
        undefined,
        [event(3), heartbeat(3, 'running'), event(4)],
      ]);
      expect(failure).toBeUndefined();
      expect(sequences).toEqual([1, 2, 3, 4]);
      expect(asked).toEqual([0, 2]);
    },
  );

  it('cuts a connection that has gone silent, and asks again', async () => {
    const clock = new FakeClock();
    const asked: number[] = [];
    const done = follow([[event(1), 'silence']], {
      clock,
      silenceMs: 1000,
      reconnect: async () => scripted([event(2)], asked),
    });
    await clock.advance(999);
    expect(asked).toEqual([]);
    await clock.advance(1000);
    expect((await done).sequences).toEqual([1, 2]);
    expect(asked).toEqual([1]);
  });

  it('says once per interruption that it waits', async () => {
    const { interruptions } = await follow([
      [event(1), 'unavailable'],
      undefined,
      ['unavailable'],
      ['unavailable'],
      [event(2), 'unavailable'],
      [],
    ]);
    expect(interruptions).toEqual([
      'watch interrupted after event 1 (cut); waiting for a process that runs it',
      'watch interrupted after event 2 (cut); waiting for a process that runs it',
    ]);
  });

  it.each([
    ['a gap', [event(1), event(3)]],
    ['an event again', [event(1), event(1)]],
  ])('refuses %s, which no reconnect explains', async (_, script) => {
    const { sequences, failure } = await follow([script, [event(2)]]);
    expect(failure).toMatchObject({ code: 'data_loss' });
    expect(sequences).toEqual([1]);
  });

  it('believes a server that fails the same way again and again', async () => {
    const { failure, asked } = await follow([['internal'], ['internal'], ['internal'], [event(1)]]);
    expect(failure).toMatchObject({ code: 'internal' });
    expect(asked).toEqual([0, 0, 0]);
  });

  it('passes a refusal on at once', async () => {
    const { failure, asked } = await follow([['not_found'], [event(1)]]);
    expect(failure).toMatchObject({ code: 'not_found' });
    expect(asked).toEqual([0]);
  });

  it.each<[RunState, number[]]>([
    ['failed', [1]],
    ['running', [1, 2]],
  ])('when a run is %s and nobody serves, has seen the events %j', async (state, expected) => {
    const { sequences } = await follow([
      [event(1), heartbeat(1, state), 'unavailable'],
      undefined,
      [event(2)],
    ]);
    expect(sequences).toEqual(expected);
  });

  it('ends by the signal', async () => {
    const stop = new AbortController();
    const reconnect = async (): Promise<undefined> => {
      stop.abort();
      return undefined;
    };
    const { failure } = await follow([['unavailable']], { signal: stop.signal, reconnect });
    expect(failure).toMatchObject({ name: 'AbortError' });
  });
});
