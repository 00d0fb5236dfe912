import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { makeAccounts } from '../../cli/commands/nats/make-accounts.js';
import { parseScaledObject } from '../../coordinator/rpc/external-scaler-requests.js';
import { CONSUMER, NatsNames } from '../../core/bus/nats/nats-names.js';
import { rolloutQueueNames } from '../../core/bus/subjects.js';
import { parseInput } from '../../core/config/parse-input.js';
import { tokensFileSchema } from '../../core/config/trust-options.js';
import { gatewayConfigSchema } from '../../reward/gateway/gateway-config.js';
import { servingConfigSchema } from '../../reward/serving/serving-config.js';
import { resolveRubric } from '../../reward/rubric/resolve-rubric.js';
import { commandComplaints } from '../support/chart/command-complaints.js';
import { describeWithHelm } from '../support/chart/helm.js';
import { nameOf } from '../support/chart/manifest.js';
import type { Manifest } from '../support/chart/manifest.js';
import { CI_FILES, renderedChart } from '../support/chart/rendered-chart.js';
import { containersOf, podsOf } from '../support/chart/rendered-pod.js';
import type { RenderedPod } from '../support/chart/rendered-pod.js';
import { makeAuthority, makeLeaf, writeLeaf } from '../support/certificates.js';
import { describeWithNats, natsConfigComplaint } from '../support/nats-server.js';
import { useTemporaryFolder } from '../support/temporary-folder.js';

const configSchema = z.looseObject({ data: z.record(z.string(), z.string()) });
const scaledSchema = z.looseObject({
  spec: z.looseObject({
    triggers: z
      .array(z.looseObject({ type: z.string(), metadata: z.record(z.string(), z.string()) }))
      .length(1),
  }),
});

/** All texts under a key of ConfigMaps, with the object's name. */
function textsOf(
  manifests: readonly Manifest[],
  isKey: (key: string, name: string) => boolean,
): [string, string][] {
  return manifests
    .filter(({ kind }) => kind === 'ConfigMap')
    .flatMap((manifest) =>
      Object.entries(configSchema.parse(manifest).data)
        .filter(([key]) => isKey(key, manifest.metadata.name))
        .map(([key, text]): [string, string] => [`${nameOf(manifest)} ${key}`, text]),
    );
}

/** The flag's value where a pod of the component is started with it. */
function flagOf(pods: readonly RenderedPod[], component: string, flag: string): string | undefined {
  const words = pods
    .filter((pod) => pod.component === component)
    .flatMap(containersOf)
    .flatMap(({ args }) => args);
  return words.find((word) => word.startsWith(`${flag}=`))?.slice(flag.length + 1);
}

describeWithHelm('what the chart configures', () => {
  const folder = useTemporaryFolder();
  const withNats = CI_FILES.filter((file) =>
    renderedChart(file).some(({ metadata }) => metadata.labels['app.kubernetes.io/component'] === 'nats'),
  );

  it.each(CI_FILES)(
    'starts processes only with commands and flags that the command line has, with %s',
    (file) => {
      const started = podsOf(renderedChart(file)).flatMap((pod) =>
        containersOf(pod)
          .filter(({ command }) => command[0] === 'majlis')
          .map(({ command, args }) => ({ owner: pod.owner, words: [...command.slice(1), ...args] })),
      );
      expect(started.length).toBeGreaterThanOrEqual(3);
      for (const { owner, words } of started) {
        expect({ owner, complaints: commandComplaints(words) }).toEqual({ owner, complaints: [] });
      }
    },
  );

  it.each(CI_FILES)(
    'lets no process listen for others without certificates or saying so, with %s',
    (file) => {
      for (const pod of podsOf(renderedChart(file))) {
        for (const { command, args } of containersOf(pod)) {
          const listens = args.some((word) => /^--(listen|host)=0\.0\.0\.0/.test(word));
          if (command[0] !== 'majlis' || !listens) continue;
          const isTrusted =
            args.includes('--insecure') || args.some((word) => word.startsWith('--tls-cert='));
          expect({ owner: pod.owner, isTrusted }).toEqual({ owner: pod.owner, isTrusted: true });
        }
      }
    },
  );

  it('would be told of a flag that the command line has no more, lacks or refuses', () => {
    const worker = ['worker', 'rollout', '--bus=nats://nats:4222'];
    expect(commandComplaints(worker)).toEqual([]);
    expect(commandComplaints([...worker, '--gpu-count=2'])).toEqual(['there is no flag --gpu-count=2']);
    expect(commandComplaints([...worker, '--slots=none'])).toEqual([expect.stringContaining('--slots')]);
    expect(commandComplaints([...worker, '--short-notice=yes'])).toEqual(['--short-notice takes no value']);
    expect(commandComplaints(['trainer', 'torch'])).toEqual(['--model <directory> is missing']);
  });

  it('is a gateway file, rewards, callers and rubrics that their readers take', async () => {
    const all = CI_FILES.flatMap((file) => [...renderedChart(file)]);
    const gateways = textsOf(all, (key) => key === 'gateway.yaml');
    for (const [source, text] of gateways) parseInput(gatewayConfigSchema, parse(text), { source });
    const rewards = textsOf(all, (key) => key === 'rewards.yaml');
    for (const [source, text] of rewards) parseInput(servingConfigSchema, parse(text), { source });
    const callers = textsOf(all, (key) => key === 'tokens.yaml');
    for (const [source, text] of callers) parseInput(tokensFileSchema, parse(text), { source });
    const rubrics = textsOf(all, (_, name) => name.endsWith('-rubrics'));
    mkdirSync(folder(), { recursive: true });
    for (const [index, [, text]] of rubrics.entries()) {
      const path = join(folder(), `rubric-${index}.yaml`);
      writeFileSync(path, text);
      await resolveRubric(path);
    }
    for (const found of [gateways, rewards, callers, rubrics]) expect(found.length).toBeGreaterThanOrEqual(1);
  });

  it('tells KEDA the pool, stream and consumer that the coordinator has', () => {
    const triggers = CI_FILES.flatMap((file) => {
      const manifests = renderedChart(file);
      const pods = podsOf(manifests);
      const scaled = manifests
        .filter(({ kind }) => kind === 'ScaledObject')
        .map((one) => scaledSchema.parse(one));
      return scaled.flatMap(({ spec }) => spec.triggers.map((trigger) => ({ trigger, pods })));
    });
    expect(new Set(triggers.map(({ trigger }) => trigger.type))).toEqual(
      new Set(['external-push', 'nats-jetstream']),
    );
    for (const { trigger, pods } of triggers) {
      const { type, metadata } = trigger;
      const pool = flagOf(pods, 'coordinator', '--pool') ?? 'default';
      const release = flagOf(pods, 'coordinator', '--release') ?? 'majlis';
      if (type === 'external-push') {
        expect(parseScaledObject({ scalerMetadata: metadata }, [pool])).toMatchObject({ pool });
      } else {
        const { stream } = new NatsNames(release).queue(rolloutQueueNames(pool).tasks);
        expect(metadata).toMatchObject({ stream, consumer: CONSUMER });
      }
    }
  });

  it.each(CI_FILES)('is the same pool, release and bus in coordinator and workers, with %s', (file) => {
    const pods = podsOf(renderedChart(file));
    for (const flag of ['--pool', '--release', '--bus']) {
      expect(flagOf(pods, 'coordinator', flag)).toBeDefined();
      expect(flagOf(pods, 'rollout', flag)).toBe(flagOf(pods, 'coordinator', flag));
    }
  });

  it.each(CI_FILES)(
    'mounts only volumes that the pod has, and reads only objects that are there, with %s',
    (file) => {
      const manifests = renderedChart(file);
      const configs = new Set(
        manifests.filter(({ kind }) => kind === 'ConfigMap').map(({ metadata }) => metadata.name),
      );
      const claims = z.looseObject({
        spec: z.looseObject({
          volumeClaimTemplates: z
            .array(z.looseObject({ metadata: z.looseObject({ name: z.string() }) }))
            .default([]),
        }),
      });
      for (const pod of podsOf(manifests)) {
        const owner = manifests.find((manifest) => nameOf(manifest) === pod.owner);
        const templates = pod.owner.startsWith('StatefulSet')
          ? claims.parse(owner).spec.volumeClaimTemplates
          : [];
        const has = [
          ...pod.spec.volumes.map(({ name }) => name),
          ...templates.map(({ metadata }) => metadata.name),
        ];
        const used = containersOf(pod).flatMap(({ volumeMounts }) => volumeMounts.map(({ name }) => name));
        expect({ owner: pod.owner, used: [...new Set(used)].sort() }).toEqual({
          ...{ owner: pod.owner, used: [...new Set(has)].sort() },
        });
        const named = pod.spec.volumes.flatMap(({ configMap }) => {
          const read = z.object({ name: z.string() }).safeParse(configMap);
          return read.success ? [read.data.name] : [];
        });
        expect(named.filter((name) => !configs.has(name))).toEqual([]);
      }
    },
  );

  describeWithNats('2.14', 'NATS', () => {
    it.each(withNats)('is started with a file that a real server takes, with %s', async (file) => {
      const [[, text] = ['', '']] = textsOf(renderedChart(file), (key) => key === 'nats.conf');
      const tls = join(folder(), 'tls');
      const accounts = join(folder(), 'accounts');
      for (const made of [tls, accounts]) mkdirSync(made, { recursive: true });
      const authority = makeAuthority('majlis');
      const leaf = writeLeaf(tls, 'tls', makeLeaf(authority, { commonName: 'nats', names: ['DNS:nats'] }));
      writeFileSync(join(tls, 'ca.crt'), authority.pem);
      const { json } = await makeAccounts({
        release: 'prod',
        pools: ['default'],
        keys: join(folder(), 'keys'),
      });
      writeFileSync(join(accounts, 'accounts.conf'), z.object({ config: z.string() }).parse(json).config);
      const conf = join(folder(), 'nats.conf');
      writeFileSync(
        conf,
        text
          .replaceAll('/etc/nats/tls/tls.crt', leaf.certificate)
          .replaceAll('/etc/nats/tls/tls.key', leaf.key)
          .replaceAll('/etc/nats/tls/', `${tls}/`),
      );
      expect(natsConfigComplaint(conf, { POD_NAME: 'nats-0' })).toBe('');
      writeFileSync(conf, text.replace('sync_interval', 'sync_intervall'));
      expect(natsConfigComplaint(conf, { POD_NAME: 'nats-0' })).toContain('unknown field "sync_intervall"');
    });
  });
});
