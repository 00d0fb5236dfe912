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

  it('draws one line for each arm in each chart', () => {
    expect(htmlReport(reportData({})).match(/<polyline/g)).toHaveLength(6);
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
