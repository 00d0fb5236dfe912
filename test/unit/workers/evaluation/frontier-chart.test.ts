import { frontierChart } from '../../../../workers/evaluation/report/frontier-chart.js';
import { htmlReport } from '../../../../workers/evaluation/report/html-report.js';
import type { ControlPoint } from '../../../../workers/evaluation/report/report-data.js';
import { textReport } from '../../../../workers/evaluation/report/text-report.js';
import { reportData } from '../../../support/report-data.js';

/** The win rate is ±0.1 wide. */
function point(iteration: number, kl: number, proxy: number, value: number): ControlPoint {
  const control = { value, low: value - 0.1, high: value + 0.1 };
  return { iteration, kl, proxy, control, rewardModelHash: 'model-a' };
}

const CHECKS = [point(0, 0, 0, 0.5), point(8, 1, 1, 0.75), point(16, 4, 2, 0.25)];

function chart(points: readonly ControlPoint[]): string {
  return frontierChart({ title: 'Reward and control', color: '#0b6e4f', points });
}

/** Corners of each line, as [x, y]. */
function lines(svg: string): number[][][] {
  return [...svg.matchAll(/points="([^"]*)"/g)].map(([, corners]) =>
    corners.split(' ').map((corner) => corner.split(',').map(Number)),
  );
}

describe('the chart of reward against control', () => {
  it('draws both over the root of the KL, each on its own scale', () => {
    // 464 wide from 48 on, √KL 0, 1, 2; 180 high from 12 on, reward 0 to 2, win rate 0 to 1.
    const [reward, control] = lines(chart(CHECKS));
    expect(reward).toEqual([
      [48, 192],
      [280, 102],
      [512, 12],
    ]);
    expect(control).toEqual([
      [48, 102],
      [280, 57],
      [512, 147],
    ]);
  });

  it('draws the interval of every check, and a dot on both lines', () => {
    expect(chart(CHECKS)).toContain('<line x1="280.0" x2="280.0" y1="75.0" y2="39.0"');
    expect(chart(CHECKS).match(/<circle/g)).toHaveLength(6);
  });

  it("breaks the reward's line where another reward model came in, and not the control's", () => {
    const swapped = [...CHECKS, { ...point(24, 4, 0, 0.5), rewardModelHash: 'model-b' }];
    expect(lines(chart(swapped)).map(({ length }) => length)).toEqual([3, 1, 4]);
  });

  it('takes an estimate of a KL below 0 for none', () => {
    const [reward] = lines(chart([point(0, -0.2, 0, 0.5), point(8, 1, 1, 0.5)]));
    expect(reward[0][0]).toBe(48);
  });

  it('is empty where nothing was checked', () => {
    expect(chart([])).toBe('');
  });
});

describe('a report', () => {
  it('shows the checks of an arm that was checked, on the page and as text', () => {
    const data = reportData({ checks: CHECKS });
    expect(htmlReport(data)).toContain('Reward and control win rate, rubricA');
    expect(htmlReport(data)).not.toContain('Reward and control win rate, placebo');
    expect(textReport(data)).toContain(
      '    rubricA   iteration 8: KL 1.00 nats, reward 1.00, control win rate 75.0% (65.0 to 85.0)',
    );
  });

  it('says nothing of checks where there were none', () => {
    expect(textReport(reportData({}))).not.toContain('check by check');
    expect(htmlReport(reportData({}))).not.toContain('Reward and control win rate');
  });
});
