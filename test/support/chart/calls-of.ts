import { z } from 'zod';
import type { Manifest } from './manifest.js';
import { containersOf } from './rendered-pod.js';
import type { RenderedPod } from './rendered-pod.js';

const serviceSchema = z.looseObject({
  metadata: z.looseObject({ name: z.string(), namespace: z.string() }),
  spec: z.looseObject({
    clusterIP: z.string().optional(),
    selector: z.record(z.string(), z.string()),
    // A headless one may stand for names alone.
    ports: z
      .array(
        z.looseObject({
          name: z.string().optional(),
          port: z.number(),
          targetPort: z.union([z.number(), z.string()]).optional(),
        }),
      )
      .default([]),
  }),
});
const configSchema = z.looseObject({ data: z.record(z.string(), z.string()).default({}) });

/** Ports of a pod that a Service with an address of its own stands before. */
export function servedPorts(pod: RenderedPod, manifests: readonly Manifest[]): Set<number> {
  const before = servicesOf(manifests).filter(
    ({ spec }) => spec.clusterIP !== 'None' && isSelected(spec.selector, pod),
  );
  return new Set(before.flatMap(({ spec }) => spec.ports.map((entry) => targetOf(entry, pod))));
}

function servicesOf(manifests: readonly Manifest[]): z.infer<typeof serviceSchema>[] {
  return manifests.filter(({ kind }) => kind === 'Service').map((service) => serviceSchema.parse(service));
}

function isSelected(selector: Readonly<Record<string, string>>, { labels }: RenderedPod): boolean {
  return Object.entries(selector).every(([key, value]) => labels[key] === value);
}

/** An address of the release that a pod is told to call: whom it finds there, and on which port of theirs. */
export interface Call {
  readonly address: string;
  readonly to: RenderedPod | undefined;
  readonly port: number;
}

/** Every address `SERVICE.NAMESPACE.svc…:PORT` in a pod's arguments, environment and mounted ConfigMaps, and who is there. */
export function callsOf(
  pod: RenderedPod,
  pods: readonly RenderedPod[],
  manifests: readonly Manifest[],
): Call[] {
  const services = servicesOf(manifests);
  const texts = containersOf(pod).flatMap(({ command, args, env }) => [
    ...command,
    ...args,
    ...env.map(({ value = '' }) => value),
  ]);
  const found = [...texts, ...mountedTexts(pod, manifests)].flatMap((text) => [
    ...text.matchAll(/(?<service>[a-z0-9-]+)\.(?<namespace>[a-z0-9-]+)\.svc[a-z.]*:(?<port>\d+)/g),
  ]);
  return found.map(({ 0: address, groups = {} }) => {
    const service = services.find(
      ({ metadata }) => metadata.name === groups['service'] && metadata.namespace === groups['namespace'],
    );
    const entry = service?.spec.ports.find(({ port }) => port === Number(groups['port']));
    const to =
      service === undefined || entry === undefined
        ? undefined
        : pods.find((candidate) => isSelected(service.spec.selector, candidate));
    return { address, to, port: targetOf(entry, to) };
  });
}

function targetOf(
  entry: { port: number; targetPort?: number | string | undefined } | undefined,
  to: RenderedPod | undefined,
): number {
  const target = entry?.targetPort ?? entry?.port ?? -1;
  if (typeof target === 'number') return target;
  const ports = to === undefined ? [] : containersOf(to).flatMap((container) => container.ports);
  return ports.find(({ name }) => name === target)?.containerPort ?? -1;
}

function mountedTexts({ spec }: RenderedPod, manifests: readonly Manifest[]): string[] {
  const names = new Set(
    spec.volumes.flatMap(({ configMap }) => {
      const named = z.object({ name: z.string() }).safeParse(configMap);
      return named.success ? [named.data.name] : [];
    }),
  );
  return manifests
    .filter(({ kind, metadata }) => kind === 'ConfigMap' && names.has(metadata.name))
    .flatMap((config) => Object.values(configSchema.parse(config).data));
}
