/** Values that no file of ci/ changes: each, set to something that nothing else says, is in what is rendered. */
import { join } from 'node:path';
import { describeWithHelm, helm } from '../support/chart/helm.js';
import { CHART, templateArguments } from '../support/chart/rendered-chart.js';

/** Path, value, and the text that only this value puts there. */
const USED: readonly (readonly [path: string, value: string, text: string])[] = [
  ['image.digest', '', 'image: own.example/own/majlis:own-tag'],
  ['image.registry', 'own.example', 'image: own.example/own/majlis:own-tag'],
  ['image.repository', 'own/majlis', 'image: own.example/own/majlis:own-tag'],
  ['image.tag', 'own-tag', 'image: own.example/own/majlis:own-tag'],
  ['pool', 'gpus', '--pool=gpus'],
  ['clusterDomain', 'own.local', 'majlis-nats-headless.majlis.svc.own.local:8222'],
  ['coordinator.startupSeconds', '4110', 'failureThreshold: 411\n'],
  ['rollout.defaults.drainSeconds', '217', '--drain-timeout=217s'],
  ['rollout.defaults.startupSeconds', '4120', 'failureThreshold: 412\n'],
  ['rollout.defaults.autoscaling.minReplicas', '5', 'minReplicaCount: 5\n'],
  ['rollout.defaults.autoscaling.trigger', 'nats-jetstream', 'type: nats-jetstream'],
  ['rollout.defaults.autoscaling.lagThreshold', '29', 'lagThreshold: "29"'],
  ['rollout.defaults.engine.image.registry', 'engines.example', 'engines.example/vllm/vllm-openai:v0.33.0'],
  ['rollout.defaults.engine.image.pullPolicy', 'Never', 'imagePullPolicy: Never'],
  ['rollout.defaults.engine.loraRank', '67', '--max-lora-rank=67'],
  ['rollout.defaults.engine.resources.requests.cpu', '4130m', 'cpu: 4130m'],
  ['rollout.defaults.engine.shmSize', '413Mi', 'sizeLimit: 413Mi'],
  ['rollout.defaults.engine.startupSeconds', '4140', 'failureThreshold: 414\n'],
  ['engine.pod.labels.own', 'engine-pod', 'own: engine-pod'],
  ['trainer.image.registry', 'trainers.example', 'trainers.example/own/trainer@sha256:3333'],
  ['trainer.image.repository', 'own/trainer', 'trainers.example/own/trainer@sha256:3333'],
  ['trainer.image.digest', `sha256:${'3'.repeat(64)}`, 'trainers.example/own/trainer@sha256:3333'],
  ['trainer.passTokens', '4150', '--pass-tokens=4150'],
  ['trainer.accelerator', 'gaudi', 'habana.ai/gaudi: 8'],
  ['trainer.resources.limits.memory', '416Gi', 'memory: 416Gi'],
  ['trainer.shmSize', '417Gi', 'sizeLimit: 417Gi'],
  ['trainer.startupSeconds', '4180', 'failureThreshold: 418\n'],
  ['trainer.pod.labels.own', 'trainer-pod', 'own: trainer-pod'],
  ['gateway.resources.limits.memory', '419Mi', 'memory: 419Mi'],
  ['gateway.persistence.size', '420Gi', 'storage: 420Gi'],
  ['gateway.persistence.storageClassName', 'own-class', 'storageClassName: own-class'],
  ['gateway.pod.labels.own', 'gateway-pod', 'own: gateway-pod'],
  ['rewards.replicas.cpuPercent', '43', 'averageUtilization: 43\n'],
  ['rewards.threads', '7', '--threads=7\n'],
  ['rewards.startupSeconds', '4210', 'failureThreshold: 421\n'],
  ['rewards.resources.limits.memory', '422Mi', 'memory: 422Mi'],
  ['rewards.pod.labels.own', 'rewards-pod', 'own: rewards-pod'],
  ['nats.image.registry', 'nats.example', 'nats.example/own/nats:own-nats'],
  ['nats.image.repository', 'own/nats', 'nats.example/own/nats:own-nats'],
  ['nats.image.tag', 'own-nats', 'nats.example/own/nats:own-nats'],
  ['nats.exporter.image.tag', 'own-exporter', 'natsio/prometheus-nats-exporter:own-exporter'],
  ['nats.pod.labels.own', 'nats-pod', 'own: nats-pod'],
  ['tls.certManager.issuer', '', 'commonName'],
  ['tls.secrets.coordinator', 'own-coordinator', 'secretName: own-coordinator'],
  ['tls.secrets.worker', 'own-worker', 'secretName: own-worker'],
  ['tls.secrets.scaler', 'own-scaler', 'name: own-scaler'],
  ['tls.secrets.trainer', 'own-trainer', 'secretName: own-trainer'],
  ['tls.secrets.nats', 'own-nats', 'secretName: own-nats'],
  ['tls.secrets.gateway', 'own-gateway', 'secretName: own-gateway'],
  ['tls.secrets.rewards', 'own-rewards', 'secretName: own-rewards'],
  ['networkPolicy.monitoringNamespace', 'own-monitoring', 'kubernetes.io/metadata.name: own-monitoring'],
  ['monitoring.dashboardLabels.own', 'board', 'own: board'],
];

/** Said by taking something away. */
const ABSENT = new Set(['commonName']);

describeWithHelm('values that no example changes', () => {
  it('are each in what is rendered', () => {
    const sets = USED.flatMap(([path, value]) => ['--set', `${path}=${value}`]);
    const values = ['--values', join(CHART, 'ci/production-values.yaml'), ...sets];
    const { ok, output, errors } = helm(templateArguments(values));
    expect({ ok, errors }).toEqual({ ok: true, errors: '' });
    const unused = USED.filter(([, , text]) => output.includes(text) === ABSENT.has(text));
    expect(unused).toEqual([]);
  });
});
