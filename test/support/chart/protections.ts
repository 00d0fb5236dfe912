import { z } from 'zod';
import { nameOf } from './manifest.js';
import type { Manifest } from './manifest.js';
import { valueAt } from './manifest-paths.js';
import { acceleratorsOf, containersOf, podsOf } from './rendered-pod.js';
import type { RenderedPod } from './rendered-pod.js';

/** Something that users of other charts complain about, and what keeps it from happening here. */
export interface Protection {
  readonly title: string;
  /** What is unprotected, a sentence each. */
  readonly check: (manifests: readonly Manifest[]) => string[];
  /** Changes that take a protection away: of which objects, where, and what stands there then (undefined: nothing). */
  readonly removals: readonly (readonly [kind: string, name: RegExp, path: string, value: unknown])[];
  /** The values file with most of it; production unless told. */
  readonly file?: string;
}

const TEMPLATE = 'spec.template.spec';
const ENGINES = /engine|rollout-(ondemand|spot|full)$/;

/** The ten of them. Numbers of seconds are what loading a large model, or a busy engine, takes. */
export const PROTECTIONS: readonly Protection[] = [
  {
    title: '1: an update waits for a GPU that the pod which it replaces still holds',
    check: (manifests) =>
      manifests
        .filter((manifest) => manifest.kind === 'Deployment')
        .filter((manifest) => podsOf([manifest]).some(hasAccelerator))
        .filter(
          (manifest) =>
            valueAt(manifest, 'spec.strategy.type') !== 'Recreate' &&
            valueAt(manifest, 'spec.strategy.rollingUpdate.maxSurge') !== 0,
        )
        .map((manifest) => `${nameOf(manifest)} needs a GPU more to update`),
    removals: [
      ['Deployment', ENGINES, 'spec.strategy', undefined],
      ['Deployment', ENGINES, 'spec.strategy.rollingUpdate.maxSurge', 1],
    ],
  },
  {
    title: '2: scaling down kills workers that are at work',
    check: (manifests) => [
      ...podsOf(manifests)
        .filter(({ component }) => component === 'rollout')
        .flatMap((pod) => {
          const words = containersOf(pod).flatMap(({ args }) => args);
          const drain = words.find((word) => word.startsWith('--drain-timeout='))?.match(/\d+/)?.[0];
          const isTold = drain !== undefined || words.includes('--short-notice');
          const enough = pod.spec.terminationGracePeriodSeconds >= Number(drain ?? 0) + 10;
          return isTold && enough ? [] : [`${pod.owner} is killed before it has drained`];
        }),
      ...scaledObjects(manifests).flatMap((scaled) => {
        const down = 'spec.advanced.horizontalPodAutoscalerConfig.behavior.scaleDown';
        const isSlow = Number(valueAt(scaled, `${down}.stabilizationWindowSeconds`)) >= 600;
        const isSingle =
          valueAt(scaled, `${down}.policies.0.type`) === 'Pods' &&
          valueAt(scaled, `${down}.policies.0.value`) === 1;
        const stays = valueAt(scaled, 'spec.fallback.behavior') === 'currentReplicas';
        return isSlow && isSingle && stays ? [] : [`${nameOf(scaled)} may take workers away at once`];
      }),
    ],
    removals: [
      ['Deployment', /rollout/, `${TEMPLATE}.terminationGracePeriodSeconds`, undefined],
      ['ScaledObject', /./, 'spec.fallback', undefined],
      ['ScaledObject', /./, 'spec.advanced.horizontalPodAutoscalerConfig.behavior.scaleDown', undefined],
      [
        'ScaledObject',
        /./,
        'spec.advanced.horizontalPodAutoscalerConfig.behavior.scaleDown.policies.0.value',
        100,
      ],
    ],
  },
  {
    title: '3: a fleet never comes to rest, or an upgrade undoes what the autoscaler chose',
    check: (manifests) => [
      ...scaledObjects(manifests).flatMap((scaled) => {
        const target = manifests.find(
          ({ kind, metadata }) =>
            kind === 'Deployment' && metadata.name === valueAt(scaled, 'spec.scaleTargetRef.name'),
        );
        if (target === undefined) return [`${nameOf(scaled)} scales nothing`];
        const fixed = valueAt(target, 'spec.replicas');
        const rests = valueAt(scaled, 'spec.minReplicaCount') === 0;
        return [
          ...(fixed === undefined
            ? []
            : [`${nameOf(target)} has ${JSON.stringify(fixed)} workers after every upgrade`]),
          ...(rests ? [] : [`${nameOf(scaled)} keeps workers for nothing`]),
        ];
      }),
      ...manifests
        .filter(({ kind }) => kind === 'PodDisruptionBudget')
        .filter((budget) => valueAt(budget, 'spec.maxUnavailable') === undefined)
        .map((budget) => `${nameOf(budget)} holds up the drain of a node with the last pod on it`),
    ],
    removals: [
      ['Deployment', /rollout-spot/, 'spec.replicas', 3],
      ['ScaledObject', /./, 'spec.minReplicaCount', 1],
      ['PodDisruptionBudget', /./, 'spec', { minAvailable: 1 }],
    ],
  },
  {
    title: '4: whoever loses the control plane loses the run',
    check: (manifests: readonly Manifest[]): string[] => {
      const coordinators = manifests.filter(
        ({ kind, metadata }) => kind === 'StatefulSet' && metadata.name.endsWith('-coordinator'),
      );
      const lost = coordinators.filter((coordinator) => {
        const claim = 'spec.volumeClaimTemplates.0';
        const mounts = podsOf([coordinator])
          .flatMap(containersOf)
          .flatMap(({ volumeMounts }) => volumeMounts);
        const workspace = mounts.find(({ name }) => name === valueAt(coordinator, `${claim}.metadata.name`));
        const folder = podsOf([coordinator])
          .flatMap(containersOf)
          .flatMap(({ env }) => env)
          .find(({ name }) => name === 'MAJLIS_WORKSPACE');
        return (
          valueAt(coordinator, 'spec.replicas') !== 1 ||
          valueAt(coordinator, `${claim}.spec.accessModes.0`) !== 'ReadWriteOncePod' ||
          valueAt(coordinator, 'spec.persistentVolumeClaimRetentionPolicy.whenDeleted') !== 'Retain' ||
          workspace === undefined ||
          workspace.mountPath !== folder?.value
        );
      });
      return [
        ...lost.map((manifest) => `${nameOf(manifest)} may lose its ledger, or share it`),
        ...(coordinators.length === 1 ? [] : ['there is not one coordinator']),
      ];
    },
    removals: [
      ['StatefulSet', /coordinator/, 'spec.replicas', 2],
      ['StatefulSet', /coordinator/, 'spec.volumeClaimTemplates', undefined],
      ['StatefulSet', /coordinator/, 'spec.volumeClaimTemplates.0.spec.accessModes.0', 'ReadWriteMany'],
      ['StatefulSet', /coordinator/, 'spec.persistentVolumeClaimRetentionPolicy', undefined],
      ['StatefulSet', /coordinator/, `${TEMPLATE}.containers.0.env`, []],
    ],
  },
  {
    title: '5: KEDA reads a wrong number from JetStream, and asks for all GPUs or for none',
    file: 'external-nats-values.yaml',
    check: (manifests) =>
      scaledObjects(manifests).flatMap((scaled) => {
        const trigger = (key: string): string => {
          const value = valueAt(scaled, `spec.triggers.0.${key}`);
          return typeof value === 'string' ? value : '';
        };
        if (trigger('type') === 'external-push') {
          return trigger('metadata.scalerAddress') === '' ? [`${nameOf(scaled)} asks nobody`] : [];
        }
        const slots = slotsOf(manifests, String(valueAt(scaled, 'spec.scaleTargetRef.name')));
        const holds: readonly (readonly [string, boolean])[] = [
          [
            'is not told by each server',
            trigger('metadata.natsServerMonitoringEndpoint').includes('headless'),
          ],
          ['names no account', trigger('metadata.account') !== ''],
          ['wakes nobody for one task', trigger('metadata.activationLagThreshold') === '0'],
          ['grows while nothing waits', Number(trigger('metadata.lagThreshold')) >= slots],
          [
            'drops to none when NATS cannot be asked',
            valueAt(scaled, 'spec.fallback.behavior') === 'currentReplicas',
          ],
        ];
        return holds.filter(([, isSo]) => !isSo).map(([what]) => `${nameOf(scaled)} ${what}`);
      }),
    removals: [
      [
        'ScaledObject',
        /./,
        'spec.triggers.0.metadata.natsServerMonitoringEndpoint',
        'nats.nats.svc.cluster.local:8222',
      ],
      ['ScaledObject', /./, 'spec.triggers.0.metadata.account', undefined],
      ['ScaledObject', /./, 'spec.triggers.0.metadata.lagThreshold', '1'],
      ['ScaledObject', /./, 'spec.triggers.0.metadata.activationLagThreshold', '10'],
    ],
  },
  {
    title: '6: requests under way are dropped on shutdown, because the engine goes first',
    check: (manifests) =>
      podsOf(manifests).flatMap((pod) => {
        const engines = containersOf(pod).filter(({ command }) => command.join(' ').match(/vllm|sglang/));
        const beside = engines.filter(
          (engine) => pod.spec.containers.includes(engine) && pod.spec.containers.length > 1,
        );
        const sidecars = pod.spec.initContainers.filter(({ restartPolicy }) => restartPolicy !== 'Always');
        const calls = pod.spec.containers.some(({ args }) =>
          args.some((word) => word.startsWith('--engine=')),
        );
        return [
          ...beside.map(({ name }) => `${pod.owner} stops ${name} with its worker`),
          ...sidecars.map(({ name }) => `${pod.owner} waits for ${name} to end`),
          ...(calls && engines.length === 0 ? [`${pod.owner} calls an engine that is not there`] : []),
          ...(pod.component === 'nats' && valueAtStop(pod) === ''
            ? [`${pod.owner} does not tell clients that it goes`]
            : []),
        ];
      }),
    removals: [
      ['Deployment', /rollout-spot/, `${TEMPLATE}.initContainers.0.restartPolicy`, undefined],
      ['Deployment', /rollout-spot/, `${TEMPLATE}.initContainers`, undefined],
      ['StatefulSet', /nats/, `${TEMPLATE}.containers.0.lifecycle`, undefined],
    ],
  },
  {
    title: '7: ready before the model is loaded, and killed while it loads or is busy',
    check: (manifests) =>
      podsOf(manifests).flatMap((pod) =>
        containersOf(pod)
          .filter((container) => hasAccelerator(pod) && Object.keys(acceleratorsOf(container)).length > 0)
          .flatMap(({ name, startupProbe: start, livenessProbe: lives }) => {
            const budget = start === undefined ? 0 : start.periodSeconds * start.failureThreshold;
            const patience = lives === undefined ? Infinity : lives.periodSeconds * lives.failureThreshold;
            const isLenient = patience >= 60 && (lives?.timeoutSeconds ?? 10) >= 5;
            return [
              ...(budget >= 2700 ? [] : [`${pod.owner} ${name} has ${budget} s to load its model`]),
              ...(isLenient ? [] : [`${pod.owner} ${name} is killed when it is busy`]),
            ];
          }),
      ),
    removals: [
      ['Deployment', /rollout-spot/, `${TEMPLATE}.initContainers.0.startupProbe`, undefined],
      ['Deployment', /rollout-spot/, `${TEMPLATE}.initContainers.0.startupProbe.failureThreshold`, 60],
      ['Deployment', /rollout-spot/, `${TEMPLATE}.initContainers.0.livenessProbe.timeoutSeconds`, 1],
      ['StatefulSet', /trainer/, `${TEMPLATE}.containers.0.startupProbe`, undefined],
    ],
  },
  {
    title: '8: JetStream is stuck or empty after restarts',
    check: (manifests) =>
      natsSets(manifests).flatMap((servers) => {
        const claim = valueAt(servers, 'spec.volumeClaimTemplates.0.metadata.name');
        const [pod] = podsOf([servers]);
        const server = pod?.spec.containers.find(({ name }) => name === 'nats');
        const store = /store_dir: "([^"]+)"/.exec(natsConf(manifests))?.[1];
        const start = server?.startupProbe;
        const replicas = Number(valueAt(servers, 'spec.replicas'));
        const zones = pod?.spec.topologySpreadConstraints.find(
          ({ topologyKey }) => topologyKey === 'topology.kubernetes.io/zone',
        );
        const budget = manifests.find(
          ({ kind, metadata }) => kind === 'PodDisruptionBudget' && metadata.name === servers.metadata.name,
        );
        const isKept =
          server?.volumeMounts.some(({ name, mountPath }) => name === claim && mountPath === store) === true;
        const holds: readonly (readonly [string, boolean])[] = [
          ['keep streams on a claim of their own', isKept],
          [
            'wait for each other before they start',
            valueAt(servers, 'spec.podManagementPolicy') === 'Parallel',
          ],
          [
            'have time to read their store',
            start !== undefined && start.periodSeconds * start.failureThreshold >= 600,
          ],
          ['stand in zones of their own', replicas === 1 || zones?.whenUnsatisfiable === 'DoNotSchedule'],
          ['go one at a time', valueAt(budget, 'spec.maxUnavailable') === 1],
        ];
        return holds.filter(([, isSo]) => !isSo).map(([what]) => `NATS servers do not: ${what}`);
      }),
    removals: [
      ['StatefulSet', /nats/, 'spec.volumeClaimTemplates', undefined],
      ['StatefulSet', /nats/, `${TEMPLATE}.containers.0.volumeMounts.0.mountPath`, '/elsewhere'],
      ['StatefulSet', /nats/, 'spec.podManagementPolicy', 'OrderedReady'],
      ['StatefulSet', /nats/, `${TEMPLATE}.containers.0.startupProbe`, undefined],
      ['StatefulSet', /nats/, `${TEMPLATE}.topologySpreadConstraints`, undefined],
      ['PodDisruptionBudget', /nats/, 'spec.maxUnavailable', 2],
    ],
  },
  {
    title: '9: what was acknowledged is not on the disk',
    check: (manifests) =>
      natsSets(manifests).flatMap((servers) => {
        const replicas = Number(valueAt(servers, 'spec.replicas'));
        const copies = podsOf(manifests)
          .flatMap(containersOf)
          .flatMap(({ args }) => args.filter((word) => word.startsWith('--bus-replicas=')));
        return [
          ...(/^\s*sync_interval: always$/m.test(natsConf(manifests))
            ? []
            : ['servers write to disk minutes later']),
          ...(copies.includes(`--bus-replicas=${replicas}`)
            ? []
            : [`streams are not kept by all ${replicas} servers`]),
        ];
      }),
    removals: [
      ['ConfigMap', /nats$/, 'data', { 'nats.conf': 'jetstream { store_dir: "/data" }' }],
      ['StatefulSet', /coordinator/, `${TEMPLATE}.containers.0.args`, []],
    ],
  },
  {
    title:
      '10: the chart says one thing and does another: images that change, half GPUs that vanish, custom resources that age',
    check: (manifests) => [
      ...podsOf(manifests).flatMap((pod) =>
        containersOf(pod).flatMap((container) => [
          ...(/@sha256:[0-9a-f]{64}$|:v?\d[\w.-]*$/.test(container.image)
            ? []
            : [`${pod.owner} runs ${container.image}`]),
          ...Object.entries(acceleratorsOf(container))
            .filter(([, count]) => !(Number.isInteger(count) && Number(count) > 0))
            .map(([name, count]) => `${pod.owner} asks for ${String(count)} ${name}`),
        ]),
      ),
      ...manifests
        .filter(({ kind }) => kind === 'CustomResourceDefinition')
        .map((manifest) => `${nameOf(manifest)} is never upgraded`),
    ],
    removals: [
      ['StatefulSet', /coordinator/, `${TEMPLATE}.containers.0.image`, 'majlis/majlis:latest'],
      [
        'Deployment',
        /rollout-spot/,
        `${TEMPLATE}.initContainers.0.resources.limits`,
        { 'nvidia.com/gpu': 0.5 },
      ],
      ['ConfigMap', /nats$/, 'kind', 'CustomResourceDefinition'],
    ],
  },
];

function hasAccelerator(pod: RenderedPod): boolean {
  return containersOf(pod).some((container) => Object.keys(acceleratorsOf(container)).length > 0);
}

function scaledObjects(manifests: readonly Manifest[]): Manifest[] {
  return manifests.filter(({ kind }) => kind === 'ScaledObject');
}

function natsSets(manifests: readonly Manifest[]): Manifest[] {
  return manifests.filter(({ kind, metadata }) => kind === 'StatefulSet' && metadata.name.endsWith('-nats'));
}

function natsConf(manifests: readonly Manifest[]): string {
  const configs = manifests.filter(({ kind }) => kind === 'ConfigMap').map((manifest) => manifest['data']);
  for (const data of configs) {
    const read = z.looseObject({ 'nats.conf': z.string() }).safeParse(data);
    if (read.success) return read.data['nats.conf'];
  }
  return '';
}

function slotsOf(manifests: readonly Manifest[], deployment: string): number {
  const pod = podsOf(manifests).find(({ owner }) => owner === `Deployment/${deployment}`);
  const words = pod === undefined ? [] : containersOf(pod).flatMap(({ args }) => args);
  return Number(words.find((word) => word.startsWith('--slots='))?.slice('--slots='.length) ?? Infinity);
}

function valueAtStop({ spec }: RenderedPod): string {
  return spec.containers.flatMap(({ lifecycle }) => lifecycle?.preStop?.exec?.command ?? []).join(' ');
}
