import { htmlReport } from '../../../../workers/evaluation/report/html-report.js';
import { textReport } from '../../../../workers/evaluation/report/text-report.js';
import { claimOf } from '../../../../workers/evaluation/report/claim.js';
import { escapeHtml } from '../../../../workers/evaluation/report/escape-html.js';
import { reportData } from '../../../support/report-data.js';

describe('report page', () => {
  it('escapes what a policy wrote', () => {
    const page = htmlReport(reportData({ after: '<script>alert("1")</script>' }));
    expect(page).not.toContain('<script');
    expect(page).toContain('&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;');
  });

  it('shows bidi controls instead of obeying them', () => {
    expect(escapeHtml('a\u202eb')).toBe('a[U+202E]b');
  });

  it('isolates foreign text in its own direction and language', () => {
    expect(htmlReport(reportData({ after: 'مرحبا' }))).toContain('<bdi lang="ar" dir="auto">مرحبا</bdi>');
  });

  it('needs nothing from outside the file', () => {
    expect(htmlReport(reportData({}))).not.toMatch(/(?:src|href)=|url\(|@import/);
  });

  it('has a row for every group, in the text and on the page', () => {
    const figures = [
      '70.0% (65.0 to 75.0, n = 240)',
      'none was scored',
      '0.25 (0.20 to 0.30)',
      '1.50 (1.45 to 1.55)',
    ];
    for (const report of [htmlReport(reportData({})), textReport(reportData({}))]) {
      for (const figure of ['rubricA, ar/food', ...figures]) expect(report).toContain(figure);
    }
    const alone = { ...reportData({}), groups: [] };
    expect(htmlReport(alone) + textReport(alone)).not.toContain('Group by group');
  });

  it('draws one line for each arm in each chart', () => {
    expect(htmlReport(reportData({})).match(/<polyline/g)).toHaveLength(6);
  });
});

describe('the claim of a report', () => {
  it('names every rubric that was in force at first, one for each locale', () => {
    expect(claimOf(reportData({}))).toMatch(/^Under ar-msa, judged by/);
    const several = { ...reportData({}), startedUnder: ['ar-msa', 'ko-haeyo'] };
    expect(claimOf(several)).toMatch(/^Under ar-msa and ko-haeyo, judged by/);
  });
});

describe('a candidate that was scored beside the rubric in force', () => {
  const difference = { taskId: 't', index: 0, promptId: 'p', prompt: 'سؤال', active: 1, shadow: -0.5 };
  const shadow = {
    ...{ arm: 'rubricA' as const, rubricId: 'ar-egyptian', rubricHash: '0123456789abcdef' },
    ...{ iterations: [2, 3, 5], means: { agreement: 0.75, score_shift: -0.1234 } },
    differences: [{ ...difference, answer: '<b>جواب</b>' }],
  };
  const data = { ...reportData({}), shadows: [shadow] };
  const heading =
    'Shadow ar-egyptian (0123456789ab) in arm rubricA, iterations 2 to 5; nothing was learned from it';

  it('stands on the page with its id, its figures and the answers on which they differ most', () => {
    const page = htmlReport(data);
    expect(page).toContain(`<h2>${heading}</h2>`);
    expect(page).toContain('<th>pairs of a prompt that both order alike</th><td>75.0%</td>');
    expect(page).toContain('<th>mean score less the active one</th><td>-0.123</td>');
    expect(page).toContain('&lt;b&gt;جواب&lt;/b&gt;</bdi></td><td>1.00 → -0.50</td>');
  });

  it('stands in the text, and leaves no trace where there was none', () => {
    expect(textReport(data).split('\n')).toEqual(
      expect.arrayContaining([
        heading,
        '    pairs of a prompt that both order alike  75.0%',
        '    1.00 → -0.50  <b>جواب</b>',
      ]),
    );
    expect(htmlReport(reportData({}))).not.toContain('Shadow');
    expect(textReport(reportData({}))).not.toContain('Shadow');
  });
});

describe('claim', () => {
  it('says that the interval excludes zero only where it does', () => {
    expect(claimOf(reportData({ differenceLow: 0.05 }))).toContain('which excludes zero');
    expect(claimOf(reportData({ differenceLow: -0.01 }))).toContain('which does not exclude zero');
  });

  it('never speaks of AI feedback where rules judged', () => {
    expect(textReport(reportData({}))).toContain('judged by rule judges');
    expect(textReport(reportData({}))).not.toContain('AI feedback');
  });
});
