/** What values say together, where a schema cannot tell: each is refused by a sentence that begins with the value to change. */
import { join } from 'node:path';
import { describeWithHelm, helm } from '../support/chart/helm.js';
import { CHART, templateArguments } from '../support/chart/rendered-chart.js';

const REFUSED: readonly (readonly [title: string, over: string, set: readonly string[], sentence: string])[] =
  [
    ['a name that streams cannot begin with', 'minimal', ['release=a.b'], 'release: "a.b"'],
    [
      'servers of its own beside others',
      'minimal',
      ['externalNats.urls={nats://nats:4222}'],
      'externalNats.urls: there are NATS servers of this release',
    ],
    [
      'callers whom nobody asks',
      'minimal',
      ['tls.callers[0].name=a', 'tls.callers[0].role=reader', 'tls.callers[0].subject=a'],
      'tls.callers: in plaintext',
    ],
    [
      'artifacts in two places',
      'production',
      ['artifacts.existingClaim=claim'],
      'artifacts.existingClaim: artifacts are in the bucket',
    ],
    [
      'fewer at least than at most',
      'production',
      ['rollout.pools.spot.autoscaling.minReplicas=13'],
      'rollout.pools.spot.autoscaling.minReplicas: 13',
    ],
    [
      'a second pool that takes the same tasks by demand',
      'external-nats',
      ['rollout.pools.more.autoscaling.enabled=true'],
      'rollout.pools.spot.autoscaling.enabled: all pools',
    ],
    [
      'a queue that is counted nowhere',
      'external-nats',
      ['externalNats.monitorEndpoint='],
      'externalNats.monitorEndpoint: KEDA counts',
    ],
    [
      'a worker’s server without a model',
      'production',
      ['rollout.defaults.engine.model='],
      'rollout.pools.full.engine.model: name',
    ],
    [
      'a server without a claim with models',
      'production',
      ['models.existingClaim='],
      'models.existingClaim: the engine',
    ],
    [
      'SGLang in the image of vLLM',
      'production',
      ['rollout.pools.spot.engine.kind=sglang'],
      'rollout.pools.spot.engine.image.repository: vllm',
    ],
    [
      'an engine of the coordinator that is embedded',
      'minimal',
      ['engine.enabled=true'],
      'engine.kind: the coordinator',
    ],
    [
      'an engine that sees no policies',
      'production',
      ['runs.existingClaim=', 'trainer.enabled=false'],
      'runs.existingClaim: the engine',
    ],
    [
      'a trainer that sees no models',
      'minimal',
      ['trainer.enabled=true'],
      'models.existingClaim: the trainer',
    ],
    [
      'a trainer that shares no folders',
      'own-secrets',
      ['runs.existingClaim='],
      'runs.existingClaim: trainer',
    ],
    ['a trainer without a model', 'own-secrets', ['trainer.model='], 'trainer.model: name'],
    [
      'a trainer without a token under mTLS',
      'own-secrets',
      ['trainer.tokenSecret='],
      'trainer.tokenSecret: with tls.mode mtls',
    ],
    [
      'a gateway without a token',
      'production',
      ['gateway.tokenSecret='],
      'gateway.tokenSecret: whoever asks',
    ],
    [
      'a gateway without judges',
      'minimal',
      ['gateway.enabled=true', 'gateway.tokenSecret=t'],
      'gateway.config.judges: a gateway',
    ],
    [
      'reward servers without rewards',
      'minimal',
      ['rewards.enabled=true'],
      'rewards.config.rewards: a server',
    ],
    [
      'fewer reward servers at least than at most',
      'minimal',
      ['rewards.enabled=true', 'rewards.replicas.min=2', 'rewards.config.rewards.active.rubric=ar-msa'],
      'rewards.replicas.min: 2 is above max, 1.',
    ],
  ];

describeWithHelm('values that contradict each other', () => {
  it.each(REFUSED)('are refused: %s', (_, over, set, sentence) => {
    const sets = set.flatMap((one) => ['--set', one]);
    const values = ['--values', join(CHART, 'ci', `${over}-values.yaml`), ...sets];
    const { ok, errors } = helm(templateArguments(values));
    expect({ ok, errors }).toEqual({ ok: false, errors: expect.stringContaining(sentence) });
  });

  it('let a coordinator sleep over its workspace, so that a ledger can be restored', () => {
    const { ok, output } = helm(
      templateArguments([
        '--set',
        'coordinator.maintenance=true',
        '--show-only',
        'templates/coordinator/statefulset.yaml',
      ]),
    );
    expect(ok).toBe(true);
    expect(output).toContain('command: [sleep, infinity]');
    expect(output).toContain('mountPath: /var/lib/majlis\n');
    expect(output).not.toMatch(/Probe:|majlis, coordinator/);
  });

  it('let whoever wants them have policies of their own', () => {
    const { ok, output } = helm(templateArguments(['--set', 'networkPolicy.enabled=false']));
    expect({ ok, policies: output.match(/kind: NetworkPolicy/g) }).toEqual({ ok: true, policies: null });
  });

  it('would be let through by a cluster without KEDA, which the notes then tell', () => {
    const set = ['--set', 'rollout.pools.default.autoscaling.enabled=true'];
    const { output } = helm(['install', 'rel', CHART, '--dry-run=client', ...set]);
    const notes = output.slice(output.indexOf('NOTES:'));
    expect(notes).toContain('rollout.pools.default.autoscaling.enabled is true and this cluster has no KEDA');
    expect(notes).toContain('exec rel-majlis-coordinator-0 -- majlis run examples/arabic/run.yaml --queue');
  });
});
