import { z } from 'zod';
import { nameOf } from './manifest.js';
import type { Manifest } from './manifest.js';

const securitySchema = z.looseObject({
  runAsNonRoot: z.boolean().optional(),
  runAsUser: z.number().optional(),
  privileged: z.boolean().optional(),
  allowPrivilegeEscalation: z.boolean().optional(),
  readOnlyRootFilesystem: z.boolean().optional(),
  capabilities: z
    .object({ drop: z.array(z.string()).default([]), add: z.array(z.string()).default([]) })
    .optional(),
  seccompProfile: z.looseObject({ type: z.string() }).optional(),
});

const probeSchema = z.looseObject({
  periodSeconds: z.number().default(10),
  timeoutSeconds: z.number().default(1),
  failureThreshold: z.number().default(3),
  grpc: z.looseObject({ port: z.number(), service: z.string().optional() }).optional(),
  httpGet: z
    .looseObject({
      port: z.union([z.number(), z.string()]),
      path: z.string().optional(),
      host: z.string().optional(),
    })
    .optional(),
});

const containerSchema = z.looseObject({
  name: z.string(),
  image: z.string(),
  command: z.array(z.string()).default([]),
  args: z.array(z.string()).default([]),
  env: z.array(z.looseObject({ name: z.string(), value: z.string().optional() })).default([]),
  ports: z
    .array(
      z.looseObject({
        name: z.string().optional(),
        containerPort: z.number(),
        hostPort: z.number().optional(),
      }),
    )
    .default([]),
  restartPolicy: z.string().optional(),
  securityContext: securitySchema.optional(),
  resources: z.looseObject({ limits: z.record(z.string(), z.unknown()).default({}) }).optional(),
  startupProbe: probeSchema.optional(),
  livenessProbe: probeSchema.optional(),
  readinessProbe: probeSchema.optional(),
  volumeMounts: z
    .array(z.looseObject({ name: z.string(), mountPath: z.string(), subPath: z.string().optional() }))
    .default([]),
  lifecycle: z
    .looseObject({
      preStop: z.looseObject({ exec: z.looseObject({ command: z.array(z.string()) }).optional() }).optional(),
    })
    .optional(),
});

const podSpecSchema = z.looseObject({
  containers: z.array(containerSchema).min(1),
  initContainers: z.array(containerSchema).default([]),
  volumes: z.array(z.looseObject({ name: z.string() })).default([]),
  securityContext: securitySchema.optional(),
  automountServiceAccountToken: z.boolean().optional(),
  serviceAccountName: z.string().optional(),
  terminationGracePeriodSeconds: z.number().default(30),
  topologySpreadConstraints: z
    .array(z.looseObject({ topologyKey: z.string(), whenUnsatisfiable: z.string() }))
    .default([]),
});

const templateSchema = z.looseObject({
  metadata: z.looseObject({ labels: z.record(z.string(), z.string()).default({}) }),
  spec: podSpecSchema,
});
const ownerSchema = z.looseObject({ spec: z.looseObject({ template: templateSchema }) });

/** A container as rendered. */
export type RenderedContainer = z.infer<typeof containerSchema>;

/** The pods that an object makes, as it writes them. */
export interface RenderedPod {
  /** `Kind/name` of the object. */
  readonly owner: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly component: string;
  readonly spec: z.infer<typeof podSpecSchema>;
}

const OWNERS = new Set(['Deployment', 'StatefulSet', 'DaemonSet', 'Job']);

/** The pods of these objects. */
export function podsOf(manifests: readonly Manifest[]): RenderedPod[] {
  return manifests.flatMap((manifest) => {
    const owner = nameOf(manifest);
    const template =
      manifest.kind === 'Pod'
        ? templateSchema.parse(manifest)
        : OWNERS.has(manifest.kind)
          ? ownerSchema.parse(manifest).spec.template
          : undefined;
    if (template === undefined) return [];
    const { labels } = template.metadata;
    return [{ owner, labels, component: labels['app.kubernetes.io/component'] ?? '', spec: template.spec }];
  });
}

/** Sidecars, then containers. */
export function containersOf({ spec }: RenderedPod): RenderedContainer[] {
  return [...spec.initContainers, ...spec.containers];
}

/** Accelerators that a container is limited to, by resource; nothing where it asks for none. */
export function acceleratorsOf({ resources }: RenderedContainer): Record<string, unknown> {
  const named = Object.entries(resources?.limits ?? {}).filter(([name]) => name.includes('/'));
  return Object.fromEntries(named);
}
