import type { ProgressListener, StageProgress } from '../../../../cli/pipeline/progress.js';
import { showProgress } from '../../../../cli/terminal/show-progress.js';
import type { Terminal } from '../../../../cli/terminal/terminal.js';
import { FakeClock } from '../../../support/fake-clock.js';

interface Recorded {
  readonly said: string[];
  readonly drawn: (readonly string[])[];
}

function recorder(isLive: boolean): { terminal: Terminal; recorded: Recorded } {
  const recorded: Recorded = { said: [], drawn: [] };
  const terminal = {
    isLive,
    print: () => undefined,
    say: (text: string) => void recorded.said.push(text),
    redraw: (lines: readonly string[]) => void recorded.drawn.push(lines),
  };
  return { terminal, recorded };
}

const steps = (done: number, all = 100): StageProgress => ({ stage: 'SFT', done, all, unit: 'steps' });

describe('progress on a pipe', () => {
  const clock = (): FakeClock => new FakeClock();

  async function said(
    time: FakeClock,
    events: readonly (readonly [waitMs: number, StageProgress])[],
  ): Promise<string[]> {
    const { terminal, recorded } = recorder(false);
    const listener: ProgressListener = showProgress(terminal, time);
    for (const [waitMs, progress] of events) {
      await time.advance(waitMs);
      listener(progress);
    }
    return recorded.said;
  }

  it('says the first and the last line of a stage, however quick it is', async () => {
    const lines = await said(clock(), [
      [0, steps(1)],
      [1, steps(50)],
      [1, steps(100)],
    ]);
    expect(lines).toEqual(['SFT  1/100 steps', 'SFT  100/100 steps  took 0 s']);
  });

  it('says a line at every tenth of a slow stage', async () => {
    const events = Array.from({ length: 100 }, (_, at) => [200, steps(at + 1)] as const);
    const lines = await said(clock(), events);
    expect(lines.map((line) => /(\d+)\/100/.exec(line)?.[1])).toEqual(
      [1, 10, 20, 30, 40, 50, 60, 70, 80, 90, 100].map(String),
    );
  });

  it('says a line after 5 s where less than 10% was done', async () => {
    const lines = await said(clock(), [
      [0, steps(1, 1000)],
      [4999, steps(2, 1000)],
      [1, steps(3, 1000)],
      [4999, steps(4, 1000)],
    ]);
    expect(lines.map((line) => /(\d+)\/1000/.exec(line)?.[1])).toEqual(['1', '3']);
  });

  it('tells rate, time to go, what it took and the note', async () => {
    const lines = await said(clock(), [
      [0, steps(0)],
      [5000, { ...steps(20), note: 'loss 1.234' }],
      [20_000, steps(100)],
    ]);
    expect(lines.slice(1)).toEqual([
      'SFT  20/100 steps  4 steps/s  ETA 20 s  loss 1.234',
      'SFT  100/100 steps  4 steps/s  took 25 s',
    ]);
  });

  it('never divides by the time of a stage that has just begun', async () => {
    const lines = await said(clock(), [[0, { ...steps(0, 0), stage: 'nothing' }]]);
    expect(lines).toEqual(['nothing  0/0 steps  took 0 s']);
  });
});

describe('progress on a screen', () => {
  it('keeps a line for each stage that runs, and leaves those that are done above', async () => {
    const clock = new FakeClock();
    const { terminal, recorded } = recorder(true);
    const listener = showProgress(terminal, clock);
    listener(steps(1));
    await clock.advance(100);
    listener({ ...steps(5, 10), stage: 'PPO' });
    expect(recorded.drawn.at(-1)).toEqual(['SFT  1/100 steps', 'PPO  5/10 steps']);
    listener(steps(100));
    expect(recorded.drawn.at(-1)).toEqual(['PPO  5/10 steps']);
    expect(recorded.said).toEqual(['SFT  100/100 steps  took 0 s']);
  });

  it('redraws at most ten times a second', async () => {
    const clock = new FakeClock();
    const { terminal, recorded } = recorder(true);
    const listener = showProgress(terminal, clock);
    for (let done = 0; done < 99; done += 1) {
      listener(steps(done));
      await clock.advance(10);
    }
    expect(recorded.drawn).toHaveLength(10);
  });
});
