import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describeWithHelm } from '../support/chart/helm.js';
import { callsOf, servedPorts } from '../support/chart/calls-of.js';
import { nameOf } from '../support/chart/manifest.js';
import type { Manifest } from '../support/chart/manifest.js';
import { mayCall, openPorts, policiesFor, policiesOf } from '../support/chart/network-policies.js';
import { CHART, CI_FILES, renderedChart } from '../support/chart/rendered-chart.js';
import { containersOf, podsOf } from '../support/chart/rendered-pod.js';
import type { RenderedPod } from '../support/chart/rendered-pod.js';

/** What is wrong with who may reach whom, a sentence each. */
function networkComplaints(manifests: readonly Manifest[]): string[] {
  const pods = podsOf(manifests);
  const policies = policiesOf(manifests);
  return pods.flatMap((pod) => {
    const complaints: string[] = [];
    const denies = policiesFor(policies, pod).filter(({ spec }) => spec.policyTypes.length === 2);
    if (denies.length === 0) complaints.push(`${pod.owner} may be reached by everybody`);
    const isNamed = policiesFor(policies, pod).some(({ spec }) =>
      spec.egress.some(({ ports, to }) => to === undefined && ports?.some(({ port }) => port === 53)),
    );
    if (!isNamed) complaints.push(`${pod.owner} cannot look names up`);
    for (const { address, to, port } of callsOf(pod, pods, manifests)) {
      if (to === undefined) complaints.push(`${pod.owner} calls ${address}, where nobody is`);
      else if (to.owner !== pod.owner && !mayCall(policies, pod, to, port)) {
        complaints.push(`${pod.owner} may not call ${to.owner} at ${address}`);
      }
    }
    const open = openPorts(policies, pod);
    for (const port of neededPorts(pod, manifests)) {
      if (!open.has(port)) complaints.push(`nobody may reach port ${port} of ${pod.owner}`);
    }
    const own = containersOf(pod).flatMap(({ ports }) => ports.map(({ containerPort }) => containerPort));
    const stray = [...open].filter((port) => !own.includes(port));
    return [...complaints, ...stray.map((port) => `a policy opens port ${port}, which ${pod.owner} has not`)];
  });
}

/**
 * Ports that need an edge: what a Service stands before, and what no probe asks: a kubelet reaches its pods through any policy.
 * Metrics without a monitor need none, and a sidecar's ports are its pod's own.
 */
function neededPorts(pod: RenderedPod, manifests: readonly Manifest[]): number[] {
  const isMonitored = manifests.some(({ kind }) => kind === 'PodMonitor' || kind === 'ServiceMonitor');
  const served = servedPorts(pod, manifests);
  return pod.spec.containers.flatMap((container) => {
    const probes = [container.startupProbe, container.livenessProbe, container.readinessProbe];
    const probed = probes.map((probe) => probe?.grpc?.port ?? probe?.httpGet?.port);
    return container.ports
      .filter(({ name }) => isMonitored || name !== 'metrics')
      .filter(({ name, containerPort }) => {
        return served.has(containerPort) || !(probed.includes(containerPort) || probed.includes(name));
      })
      .map(({ containerPort }) => containerPort);
  });
}

describeWithHelm('the network policies of the chart', () => {
  const guarded = CI_FILES.filter((file) => policiesOf(renderedChart(file)).length > 0);

  it.each(guarded)('let through what the release needs and nothing else, with %s', (file) => {
    expect(networkComplaints(renderedChart(file))).toEqual([]);
  });

  it('are there unless values turn them off', () => {
    const open = CI_FILES.filter((file) => !guarded.includes(file));
    for (const file of open) {
      const values = readFileSync(join(CHART, 'ci', file), 'utf8');
      expect(values).toMatch(/networkPolicy:\s*\{?\s*enabled: false/);
    }
  });

  it('never open the engine beside a worker, whose calls ask for no password', () => {
    const manifests = renderedChart('production-values.yaml');
    const workers = podsOf(manifests).filter(({ spec }) => spec.initContainers.length > 0);
    expect(workers.length).toBeGreaterThan(0);
    for (const pod of workers) {
      const engine = pod.spec.initContainers.flatMap(({ ports }) => ports.map((port) => port.containerPort));
      expect(engine.length).toBeGreaterThan(0);
      expect(engine.filter((port) => openPorts(policiesOf(manifests), pod).has(port))).toEqual([]);
    }
  });

  it('let whoever is told of a receiver of traces reach it, the judge gateway and the rewards among them', () => {
    const manifests = renderedChart('production-values.yaml');
    const tracing = podsOf(manifests).filter((pod) =>
      containersOf(pod).some(({ env }) => env.some(({ name }) => name === 'OTEL_EXPORTER_OTLP_ENDPOINT')),
    );
    expect(tracing.map(({ owner }) => owner).join(' ')).toMatch(
      /(?=.*gateway)(?=.*rewards)(?=.*coordinator)/,
    );
    const cut = tracing.filter((pod) =>
      policiesFor(policiesOf(manifests), pod).every(({ spec }) =>
        spec.egress.every(
          ({ ports, to }) => to !== undefined || ports?.every(({ port }) => port !== 4318) === true,
        ),
      ),
    );
    expect(cut.map(({ owner }) => owner)).toEqual([]);
  });

  it('are each missed when it is taken away', () => {
    const manifests = renderedChart('production-values.yaml');
    const policies = manifests.filter(({ kind }) => kind === 'NetworkPolicy');
    expect(policies.length).toBeGreaterThanOrEqual(6);
    const unmissed = policies.filter(
      (policy) => networkComplaints(manifests.filter((manifest) => manifest !== policy)).length === 0,
    );
    expect(unmissed.map(nameOf)).toEqual([]);
  });
});
