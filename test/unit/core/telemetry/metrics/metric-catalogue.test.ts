import { METRIC_CATALOGUE } from '../../../../../core/telemetry/metrics/metric-catalogue.js';
import { prometheusName } from '../../../../../core/telemetry/metrics/prometheus-name.js';
import { namedRows, readPage } from '../../../docs/pages.js';

describe('the catalogue of metrics', () => {
  const rows = namedRows('docs/metrics.md');

  it('has exactly the metrics of docs/metrics.md, in its units', () => {
    const documented = rows.map(([name, , unit]) => [name, unit]).sort();
    const known = Object.entries(METRIC_CATALOGUE).map(([name, { unit }]) => [name, unit]);
    expect(documented).toEqual(known.sort());
  });

  it('gives the Prometheus names of docs/metrics.md', () => {
    const documented = rows.map(([name, prometheus]) => [name, prometheus]);
    const named = rows.map(([name]) => [name, prometheusName(name.replace('<rubric id>', 'greeting')).name]);
    expect(documented).toEqual(named);
    expect(new Set(named.map(([, name]) => name)).size).toBe(named.length);
  });

  it('is matched by advice on every metric in docs/metrics.md', () => {
    const advice = readPage('docs/metrics.md')
      .split('\n')
      .filter((line) => line.startsWith('- `'))
      .flatMap((line) => [...line.split(': ')[0].matchAll(/`([^`]+)`/g)].map(([, name]) => name));
    expect(advice.filter((name) => !name.startsWith('majlis_')).sort()).toEqual(
      Object.keys(METRIC_CATALOGUE).sort(),
    );
  });
});
