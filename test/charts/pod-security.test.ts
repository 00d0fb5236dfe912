import { describeWithHelm } from '../support/chart/helm.js';
import { CI_FILES, renderedChart } from '../support/chart/rendered-chart.js';
import { containersOf, podsOf } from '../support/chart/rendered-pod.js';
import type { RenderedPod } from '../support/chart/rendered-pod.js';
import { restrictedViolations } from '../support/chart/restricted-violations.js';

/** Ways to take a protection away, by the rule that has to see it. */
const OF_POD: readonly (readonly [string, Readonly<Record<string, unknown>>])[] = [
  ['hostNetwork', { hostNetwork: true }],
  ['hostPID', { hostPID: true }],
  ['hostPath', { volumes: [{ name: 'node', hostPath: { path: '/' } }] }],
  ['automountServiceAccountToken', { automountServiceAccountToken: undefined }],
  ['seccompProfile', { securityContext: { runAsNonRoot: true } }],
  ['runAsNonRoot', { securityContext: { seccompProfile: { type: 'RuntimeDefault' } } }],
];
const OF_CONTAINER: readonly (readonly [string, Readonly<Record<string, unknown>>])[] = [
  ['privileged', { privileged: true }],
  ['allowPrivilegeEscalation', { allowPrivilegeEscalation: undefined }],
  ['capabilities.drop', { capabilities: { drop: [], add: [] } }],
  ['capabilities.add', { capabilities: { drop: ['ALL'], add: ['NET_ADMIN'] } }],
  ['runAsUser', { runAsUser: 0 }],
  ['readOnlyRootFilesystem', { readOnlyRootFilesystem: false }],
];

describeWithHelm('the pods of the chart', () => {
  it.each(CI_FILES)('meet Pod Security restricted, every one of them, with %s', (file) => {
    const pods = podsOf(renderedChart(file));
    expect(pods.length).toBeGreaterThanOrEqual(3);
    expect(pods.flatMap(restrictedViolations)).toEqual([]);
  });

  it.each(OF_POD)('would be refused for %s', (rule, damage) => {
    const pod = aPod();
    Object.assign(pod.spec, damage);
    expect(restrictedViolations(pod).join('\n')).toContain(rule);
  });

  it.each(OF_CONTAINER)('would be refused for %s of a container', (rule, damage) => {
    const pod = aPod();
    for (const container of containersOf(pod)) {
      container.securityContext = { ...container.securityContext, ...damage };
    }
    expect(restrictedViolations(pod).join('\n')).toContain(rule);
  });
});

function aPod(): RenderedPod {
  const [pod] = podsOf(renderedChart('production-values.yaml'));
  if (pod === undefined) throw new Error('the chart renders no pod');
  return pod;
}
