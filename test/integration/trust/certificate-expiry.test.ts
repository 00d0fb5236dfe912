/** A server's certificate that is about to expire: who is told, and how often. */
import { offerCertificateGauge } from '../../../cli/telemetry/coordinator-gauges.js';
import { openServerTrust } from '../../../cli/trust/server-trust-flags.js';
import { ProcessRegistry } from '../../../core/telemetry/metrics/process-registry.js';
import { FakeClock } from '../../support/fake-clock.js';
import { makeAuthority, makeLeaf, writeLeaf } from '../../support/certificates.js';
import { useTemporaryFolder } from '../../support/temporary-folder.js';

const folder = useTemporaryFolder();
const DAY_MS = 86_400_000;
const NOW = Date.UTC(2026, 0, 1);

it('is told at once where it has less than two weeks, else from then on, once a day, and shown to scrapes', async () => {
  const said: string[] = [];
  const clock = new FakeClock(NOW);
  const to = new Date(NOW + 15.5 * DAY_MS);
  const leaf = makeLeaf(makeAuthority('our CA'), { commonName: 'c', from: new Date(NOW - DAY_MS), to });
  const { certificate: tlsCert, key: tlsKey } = writeLeaf(folder(), 'server', leaf);
  const context = { clock, say: (sentence: string) => said.push(sentence) };
  const trust = await openServerTrust({ tlsCert, tlsKey }, context);
  await clock.advance(DAY_MS);
  expect(said).toEqual([]);
  await clock.advance(2 * DAY_MS);
  expect(said).toEqual([
    `majlis: ${tlsCert} is a certificate that expires on 2026-01-16, in 13 days; next: write a new one to this path, it is taken up without a restart`,
    expect.stringContaining('in 12 days'),
  ]);
  const later = await openServerTrust({ tlsCert, tlsKey }, context);
  expect(said).toHaveLength(3);
  const metrics = new ProcessRegistry();
  offerCertificateGauge(metrics, trust.tls);
  expect(await metrics.text()).toContain(
    `majlis_certificate_expiry_timestamp_seconds ${to.getTime() / 1000}`,
  );
  later.close();
  trust.close();
  expect(clock.sleeping).toBe(0);
});
