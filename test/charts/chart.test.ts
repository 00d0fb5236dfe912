import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { describeWithHelm, helm } from '../support/chart/helm.js';
import { nameOf } from '../support/chart/manifest.js';
import {
  CHART,
  CI_FILES,
  RELEASE,
  renderedChart,
  templateArguments,
} from '../support/chart/rendered-chart.js';
import { typeComplaints } from '../support/chart/type-complaints.js';

/** Values that must not install, over a file of `ci/`, and the value that the refusal has to name. */
const REFUSED: readonly {
  readonly title: string;
  readonly over: string;
  readonly set: string;
  readonly named: string;
}[] = [
  { title: 'half a GPU', over: 'production', set: 'rollout.pools.ondemand.engine.gpus=0.5', named: 'gpus' },
  {
    title: 'a number of workers beside autoscaling',
    over: 'production',
    set: 'rollout.pools.spot.replicas=3',
    named: 'rollout.pools.spot.replicas',
  },
  {
    title: 'a target below what a worker has in work',
    over: 'production',
    set: 'rollout.pools.spot.autoscaling.targetPerWorker=15',
    named: 'rollout.pools.spot.autoscaling.targetPerWorker',
  },
  {
    title: 'a lag threshold below what a worker has in work',
    over: 'production',
    set: 'rollout.pools.spot.autoscaling.trigger="nats-jetstream"',
    named: 'rollout.pools.spot.autoscaling.lagThreshold',
  },
  {
    title: 'mutual TLS without certificates',
    over: 'minimal',
    set: 'tls.mode="mtls"',
    named: 'tls.secrets.coordinator',
  },
  {
    title: 'a grace period that is not above the drain time',
    over: 'production',
    set: 'rollout.pools.spot.terminationGracePeriodSeconds=300',
    named: 'rollout.pools.spot.terminationGracePeriodSeconds',
  },
  { title: 'an unknown value', over: 'minimal', set: 'coordinator.replicas=2', named: 'replicas' },
  {
    title: 'an unknown value of a pool',
    over: 'minimal',
    set: 'rollout.pools.default.slot=2',
    named: 'slot',
  },
  { title: 'no bus at all', over: 'minimal', set: 'nats.enabled=false', named: 'externalNats.urls' },
];

describeWithHelm('the chart', () => {
  it.each(CI_FILES)('passes helm lint --strict with %s', (file) => {
    const { ok, output, errors } = helm(['lint', '--strict', CHART, '--values', join(CHART, 'ci', file)]);
    expect({ ok, said: ok ? '' : output + errors }).toEqual({ ok: true, said: '' });
  });

  it('renders only what Kubernetes, KEDA, cert-manager and the Prometheus operator have types for', () => {
    const all = CI_FILES.flatMap((file) => [...renderedChart(file)]);
    expect(new Set(all.map(({ kind }) => kind)).size).toBeGreaterThanOrEqual(10);
    expect(typeComplaints(all)).toEqual([]);
  });

  it.each(CI_FILES)(
    'gives every object of %s a name of its own in the namespace, and the standard labels',
    (file) => {
      const manifests = renderedChart(file);
      expect(new Set(manifests.map(nameOf)).size).toBe(manifests.length);
      for (const manifest of manifests) {
        const { metadata } = manifest;
        const at = nameOf(manifest);
        expect({ at, namespace: metadata['namespace'] ?? RELEASE.namespace }).toEqual({
          at,
          namespace: 'majlis',
        });
        expect(metadata.labels).toMatchObject({
          'app.kubernetes.io/name': 'majlis',
          'app.kubernetes.io/instance': RELEASE.name,
          'app.kubernetes.io/managed-by': 'Helm',
          'helm.sh/chart': expect.stringMatching(/^majlis-\d/),
        });
      }
    },
  );

  it('makes no role, no cluster-wide right and no secret of its own', () => {
    const kinds = new Set(CI_FILES.flatMap((file) => renderedChart(file).map(({ kind }) => kind)));
    for (const kind of ['ClusterRole', 'ClusterRoleBinding', 'Secret']) expect(kinds).not.toContain(kind);
  });

  it.each(REFUSED)('refuses $title in a sentence that names the value', ({ over, set, named }) => {
    const values = ['--values', join(CHART, 'ci', `${over}-values.yaml`), '--set-json', set];
    const { ok, errors } = helm(templateArguments(values));
    expect({ ok, errors }).toEqual({ ok: false, errors: expect.stringContaining(named) });
  });

  it('renders the alerts for its own namespace, word for word as the file has them', () => {
    const rule = renderedChart('production-values.yaml').find(({ kind }) => kind === 'PrometheusRule');
    const file = readFileSync(join(CHART, 'alerts.yaml'), 'utf8');
    expect(rule?.['spec']).toEqual(parse(file.replaceAll('RELEASE_NAMESPACE', RELEASE.namespace)));
  });

  it('hands the dashboards to Grafana as the files are', () => {
    const boards = renderedChart('production-values.yaml').filter(
      ({ kind, metadata }) => kind === 'ConfigMap' && metadata.labels['grafana_dashboard'] === '1',
    );
    expect(boards).toHaveLength(4);
    for (const { data } of boards) {
      const [[name, text] = []] = Object.entries(data as Record<string, string>);
      const file = readFileSync(join(CHART, 'dashboards', String(name).replace('majlis-', '')), 'utf8');
      expect(JSON.parse(String(text))).toEqual(JSON.parse(file));
    }
  });

  it('renders no kind of an operator that the cluster lacks', () => {
    const values = join(CHART, 'ci/production-values.yaml');
    const { output } = helm(['template', RELEASE.name, CHART, '--values', values]);
    expect(output).not.toMatch(/apiVersion: (keda\.sh|monitoring\.coreos\.com)/);
  });
});
