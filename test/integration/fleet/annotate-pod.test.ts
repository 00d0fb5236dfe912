import { writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { annotatePod } from '../../../cli/fleet/annotate-pod.js';
import { makeAuthority, makeLeaf } from '../../support/certificates.js';
import { useLastingFolder } from '../../support/temporary-folder.js';

describe('an annotation of a pod', () => {
  const folder = useLastingFolder();
  const seen: object[] = [];
  let server: Server;
  let status = 200;

  beforeAll(async () => {
    const authority = makeAuthority('cluster');
    const { certificate, key } = makeLeaf(authority, { commonName: 'api', names: ['DNS:localhost'] });
    writeFileSync(join(folder(), 'ca.crt'), authority.pem);
    writeFileSync(join(folder(), 'token'), 'account-token\n');
    server = createServer({ cert: certificate, key }, (request, response) => {
      const { method, url, headers } = request;
      void text(request).then((body) => {
        const { authorization, 'content-type': type } = headers;
        seen.push({ method, url, authorization, type, body: JSON.parse(body) as unknown });
        response.writeHead(status).end('pods "a" is forbidden');
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });
  afterAll(() => new Promise((resolve) => server.close(resolve)));

  const annotate = (): Promise<void> => {
    const { port } = server.address() as AddressInfo;
    const pods = `https://localhost:${port}/api/v1/namespaces/majlis/pods`;
    return annotatePod({ pods, pod: 'worker-a', annotations: { cost: '8' }, accountFolder: folder() });
  };

  it('is a merge patch of that pod, under the account’s token', async () => {
    await annotate();
    expect(seen).toEqual([
      {
        method: 'PATCH',
        url: '/api/v1/namespaces/majlis/pods/worker-a',
        authorization: 'Bearer account-token',
        type: 'application/merge-patch+json',
        body: { metadata: { annotations: { cost: '8' } } },
      },
    ]);
  });

  it('says who refused it, and is nothing where there is no such pod', async () => {
    status = 403;
    await expect(annotate()).rejects.toMatchObject({
      code: 'permission_denied',
      message: expect.stringMatching(/pods\/worker-a answered 403: pods "a" is forbidden$/),
    });
    status = 404;
    await expect(annotate()).resolves.toBeUndefined();
    status = 503;
    await expect(annotate()).rejects.toMatchObject({ code: 'unavailable' });
  });
});
