/** The Python client at a server that asks for a certificate, as between machines. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '../../../core/runtime/clock.js';
import { packageRoot } from '../../../core/runtime/package-root.js';
import { RecordingLogger } from '../../../core/telemetry/recording-logger.js';
import { authorizeBy, digestOf } from '../../../core/trust/authorize.js';
import { CertificateFiles } from '../../../core/trust/certificate-files.js';
import { startRewardHttp } from '../../../reward/http/start-reward-http.js';
import type { RewardHttp } from '../../../reward/http/start-reward-http.js';
import { makeAuthority, makeLeaf, writeLeaf } from '../../support/certificates.js';
import { describeWithPython, runPythonBeside } from '../../support/python.js';
import { RecordingRewardService } from '../../support/recording-reward-service.js';
import { useLastingFolder } from '../../support/temporary-folder.js';

const TOKEN = 'verl-token';

describeWithPython('the Python client under TLS', () => {
  const folder = useLastingFolder();
  const service = new RecordingRewardService();
  let server: RewardHttp;
  let told: unknown;

  beforeAll(async () => {
    const authority = makeAuthority('a CA');
    const write = (name: string, text: string): string => {
      writeFileSync(join(folder(), name), text);
      return join(folder(), name);
    };
    const ca = write('ca.pem', authority.pem);
    write('other-ca.pem', makeAuthority('another CA').pem);
    write('token', TOKEN);
    writeLeaf(folder(), 'client', makeLeaf(authority, { commonName: 'trl-pod' }));
    const leaf = makeLeaf(authority, { commonName: 'server', names: ['IP:127.0.0.1'] });
    const tls = await CertificateFiles.open(
      { ca, ...writeLeaf(folder(), 'server', leaf) },
      { clock: systemClock },
    );
    const authorize = authorizeBy(() => ({
      tokens: [{ name: 'verl', role: 'trainer', sha256: digestOf(TOKEN) }],
      certificates: [{ name: 'trl', role: 'trainer', subject: 'trl-pod' }],
    }));
    server = await startRewardHttp({ service, log: new RecordingLogger(), tls, authorize });
    const variables = { PYTHONPATH: join(packageRoot, 'reward/clients/python') };
    const script = join(__dirname, 'ask_securely.py');
    told = JSON.parse(await runPythonBeside(script, [server.url, folder()], variables));
  });
  afterAll(() => server.close());

  it('is known by its certificate, by a token in a file, and by one in the address', () => {
    // Two characters over ten.
    expect(told).toMatchObject({ certificate: 0.2, token: 0.2, address: 0.2 });
    expect(service.asked.map(({ context }) => context.caller)).toEqual(['trl', 'verl', 'verl']);
  });

  it('hears at once what no second try mends', () => {
    expect(told).toMatchObject({
      wrong_token: { code: 'unauthenticated', status: 401, retryable: false },
      other_authority: { code: 'unavailable', status: null, retryable: false },
    });
  });

  it('gets nothing without a certificate', () => {
    // Whether the connection ends before the alert that says why can be read is chance.
    expect(told).toMatchObject({ no_certificate: { code: 'unavailable', status: null } });
  });
});
