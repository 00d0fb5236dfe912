import { containersOf } from './rendered-pod.js';
import type { RenderedContainer, RenderedPod } from './rendered-pod.js';

const VOLUMES = new Set([
  'configMap',
  'csi',
  'downwardAPI',
  'emptyDir',
  'ephemeral',
  'persistentVolumeClaim',
  'projected',
  'secret',
]);

/**
 * What Kubernetes' Pod Security standard `restricted` (kubernetes.io/docs/concepts/security/pod-security-standards) has against
 * pods on Linux, and two rules of this chart: a root file system that cannot be written, and no token of the API server.
 */
export function restrictedViolations(pod: RenderedPod): string[] {
  const { spec } = pod;
  const found: string[] = [];
  for (const key of ['hostNetwork', 'hostPID', 'hostIPC']) if (spec[key] === true) found.push(key);
  for (const { name, ...sources } of spec.volumes) {
    const kinds = Object.keys(sources).filter((kind) => !VOLUMES.has(kind));
    found.push(...kinds.map((kind) => `volume ${name}: ${kind}`));
  }
  if (spec.automountServiceAccountToken !== false) found.push('automountServiceAccountToken');
  for (const container of containersOf(pod)) {
    found.push(...containerViolations(pod, container).map((rule) => `container ${container.name}: ${rule}`));
  }
  return found.map((rule) => `${pod.owner}: ${rule}`);
}

function containerViolations({ spec }: RenderedPod, container: RenderedContainer): string[] {
  const own = container.securityContext ?? {};
  const { capabilities } = own;
  const seccomp = own.seccompProfile ?? spec.securityContext?.seccompProfile;
  const rules: readonly (readonly [string, boolean])[] = [
    ['privileged', own.privileged !== true],
    ['allowPrivilegeEscalation', own.allowPrivilegeEscalation === false],
    ['capabilities.drop', capabilities?.drop.includes('ALL') === true],
    ['capabilities.add', (capabilities?.add ?? []).every((name) => name === 'NET_BIND_SERVICE')],
    ['runAsNonRoot', (own.runAsNonRoot ?? spec.securityContext?.runAsNonRoot) === true],
    ['runAsUser', (own.runAsUser ?? spec.securityContext?.runAsUser) !== 0],
    ['seccompProfile', ['RuntimeDefault', 'Localhost'].includes(seccomp?.type ?? '')],
    ['hostPort', container.ports.every(({ hostPort }) => hostPort === undefined)],
    ['procMount', own['procMount'] === undefined],
    ['seLinuxOptions', own['seLinuxOptions'] === undefined],
    ['readOnlyRootFilesystem', own.readOnlyRootFilesystem === true],
  ];
  return rules.filter(([, holds]) => !holds).map(([rule]) => rule);
}
