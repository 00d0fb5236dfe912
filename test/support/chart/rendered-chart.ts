import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../../core/runtime/package-root.js';
import { helm } from './helm.js';
import { readManifests } from './manifest.js';
import type { Manifest } from './manifest.js';

/** The chart's folder. */
export const CHART = join(packageRoot, 'charts/majlis');

/** The name and namespace that tests install under. */
export const RELEASE = { name: 'rel', namespace: 'majlis' } as const;

/** What a cluster has beside Kubernetes' own: KEDA, the Prometheus operator and cert-manager. */
const OPERATORS = ['keda.sh/v1alpha1', 'monitoring.coreos.com/v1', 'cert-manager.io/v1'];

/** The values files that every test of the chart goes through, by name. */
export const CI_FILES: readonly string[] = readdirSync(join(CHART, 'ci')).sort();

const rendered = new Map<string, readonly Manifest[]>();

/** All objects of the chart with a values file of `ci/`, rendered once in a process. Whoever changes one copies it first. */
export function renderedChart(file: string): readonly Manifest[] {
  const before = rendered.get(file);
  if (before !== undefined) return before;
  const { ok, output, errors } = helm(templateArguments(['--values', join(CHART, 'ci', file)]));
  if (!ok) throw new Error(`${file} does not render: ${errors}`);
  const manifests = readManifests(output);
  rendered.set(file, manifests);
  return manifests;
}

/** The words of `helm template` for the release that tests install, with these more. */
export function templateArguments(more: readonly string[], chart = CHART): string[] {
  const operators = OPERATORS.flatMap((version) => ['--api-versions', version]);
  return ['template', RELEASE.name, chart, '--namespace', RELEASE.namespace, ...operators, ...more];
}
