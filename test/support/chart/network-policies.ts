import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import type { Manifest } from './manifest.js';
import type { RenderedPod } from './rendered-pod.js';

const selectorSchema = z.strictObject({ matchLabels: z.record(z.string(), z.string()).default({}) });
const peerSchema = z.looseObject({ podSelector: selectorSchema.optional() });
const portSchema = z.looseObject({ port: z.union([z.number(), z.string()]) });
const portsSchema = z.array(portSchema).optional();
const specSchema = z.strictObject({
  podSelector: selectorSchema,
  policyTypes: z.array(z.enum(['Ingress', 'Egress'])),
  ingress: z.array(z.strictObject({ ports: portsSchema, from: z.array(peerSchema).min(1) })).default([]),
  egress: z.array(z.strictObject({ ports: portsSchema, to: z.array(peerSchema).optional() })).default([]),
});
const policySchema = z.looseObject({
  metadata: z.looseObject({ name: z.string() }),
  spec: specSchema.refine(namesPorts, 'ports, but for the ranks of one trainer, which draw theirs'),
});

/** Without ports a rule opens all of them: to pods of the same component only. */
function namesPorts({ podSelector, ingress, egress }: z.infer<typeof specSchema>): boolean {
  const rules = [
    ...ingress.map(({ ports, from }) => ({ ports, peers: from })),
    ...egress.map(({ ports, to = [{}] }) => ({ ports, peers: to })),
  ];
  return rules.every(
    ({ ports, peers }) =>
      ports !== undefined || peers.every((peer) => isDeepStrictEqual(peer, { podSelector })),
  );
}

/** A NetworkPolicy as rendered. Ingress without ports or without peers, which would open everything, is no such policy. */
export type RenderedPolicy = z.infer<typeof policySchema>;

/** The network policies among these objects; throws where one opens more than named ports to named peers. */
export function policiesOf(manifests: readonly Manifest[]): RenderedPolicy[] {
  return manifests.filter(({ kind }) => kind === 'NetworkPolicy').map((policy) => policySchema.parse(policy));
}

/** The policies that hold for a pod. */
export function policiesFor(policies: readonly RenderedPolicy[], { labels }: RenderedPod): RenderedPolicy[] {
  return policies.filter(({ spec }) => matches(spec.podSelector, labels));
}

/** Ports of a pod, by number, that some peer may reach. */
export function openPorts(policies: readonly RenderedPolicy[], pod: RenderedPod): Set<number> {
  const own = pod.spec.containers.flatMap(({ ports }) => ports.map(({ containerPort: port }) => ({ port })));
  const rules = policiesFor(policies, pod).flatMap(({ spec }) => spec.ingress);
  return new Set(rules.flatMap(({ ports = own }) => ports.map(({ port }) => portNumber(pod, port))));
}

/** Whether policies let a pod of the release call another one's port: out of the one, and into the other. */
export function mayCall(
  policies: readonly RenderedPolicy[],
  from: RenderedPod,
  to: RenderedPod,
  port: number,
): boolean {
  const isTo = (target: RenderedPod) => (peer: z.infer<typeof peerSchema>) =>
    peer.podSelector !== undefined && matches(peer.podSelector, target.labels);
  const hasPort = ({
    ports,
  }: {
    readonly ports?: readonly z.infer<typeof portSchema>[] | undefined;
  }): boolean => ports === undefined || ports.some((named) => portNumber(to, named.port) === port);
  const leaves = policiesFor(policies, from).some(({ spec }) =>
    spec.egress.some((rule) => hasPort(rule) && (rule.to ?? []).some(isTo(to))),
  );
  const enters = policiesFor(policies, to).some(({ spec }) =>
    spec.ingress.some((rule) => hasPort(rule) && rule.from.some(isTo(from))),
  );
  return leaves && enters;
}

function matches(
  selector: z.infer<typeof selectorSchema>,
  labels: Readonly<Record<string, string>>,
): boolean {
  return Object.entries(selector.matchLabels).every(([key, value]) => labels[key] === value);
}

/** A port that a policy names is the container's of that name; -1 where no container has it. */
function portNumber({ spec }: RenderedPod, port: number | string): number {
  if (typeof port === 'number' || /^\d+$/.test(port)) return Number(port);
  const ports = [...spec.initContainers, ...spec.containers].flatMap((container) => container.ports);
  return ports.find(({ name }) => name === port)?.containerPort ?? -1;
}
