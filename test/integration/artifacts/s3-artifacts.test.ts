import { createHash, randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import type { IncomingHttpHeaders, RequestListener, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { S3Artifacts } from '../../../core/artifacts/s3/s3-artifacts.js';
import { systemClock } from '../../../core/runtime/clock.js';

const sha256 = (bytes: string | Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** What a server of the S3 API may do, over real HTTP; that it works at all is tested on one in test/contract. */
describe('artifacts in a bucket', () => {
  const bytes = randomBytes(50_000);
  const key = sha256(bytes);
  let server: Server;
  let store: S3Artifacts;
  let answer: RequestListener;
  let waits: number[];
  let seen: { readonly url: string | undefined; readonly headers: IncomingHttpHeaders }[];

  const clock = { ...systemClock, sleep: async (milliseconds: number) => void waits.push(milliseconds) };
  const open = (idleMs = 30_000): Promise<S3Artifacts> => {
    const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    return S3Artifacts.open({
      ...{ bucket: 'b', prefix: 'p/', region: 'eu-west-1', endpoint, pathStyle: true },
      ...{ clock, attempts: 3, mostBytes: 100_000, idleMs },
    });
  };

  const refuse =
    (status: number, code: string): RequestListener =>
    (_request, response) => {
      response.writeHead(status, { 'content-type': 'application/xml' });
      response.end(`<?xml version="1.0"?><Error><Code>${code}</Code><Message>no</Message></Error>`);
    };
  const ok = (response: ServerResponse): void => void response.writeHead(200).end();

  beforeAll(async () => {
    process.env['AWS_ACCESS_KEY_ID'] = 'testing';
    process.env['AWS_SECRET_ACCESS_KEY'] = 'testing';
    process.env['AWS_EC2_METADATA_DISABLED'] = 'true';
    server = createServer((request, response) => {
      seen.push({ url: request.url, headers: request.headers });
      request.resume();
      answer(request, response);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });

  beforeEach(async () => {
    waits = [];
    seen = [];
    answer = (_request, response) => ok(response);
    store = await open();
    seen = [];
  });

  afterEach(() => store.close());

  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });

  it('are put with their sha256, for the server to compare with what arrives', async () => {
    await store.put(bytes);
    expect(seen[0]?.url).toBe(`/b/p/${key}?x-id=PutObject`);
    expect(seen[0]?.headers).toMatchObject({
      'content-length': '50000',
      'x-amz-checksum-sha256': createHash('sha256').update(bytes).digest('base64'),
    });
  });

  it.each([
    [403, 'AccessDenied', 'permission_denied', 'they need s3:GetObject, s3:PutObject and s3:ListBucket'],
    [404, 'NoSuchBucket', 'failed_precondition', 'there is no bucket b: create it'],
    [403, 'InvalidAccessKeyId', 'unauthenticated', 'the access key is none that is known there'],
    [403, 'SignatureDoesNotMatch', 'unauthenticated', 'the secret key is not that of the access key'],
    [400, 'ExpiredToken', 'unauthenticated', 'the credentials have expired'],
    [301, 'PermanentRedirect', 'failed_precondition', 'b is in another region: name it with ?region='],
    [400, 'BadDigest', 'data_loss', 'not those that were sent'],
    [413, 'EntityTooLarge', 'out_of_range', 'larger than the server takes'],
    [400, 'SomethingElse', 'failed_precondition', 'the server answered 400 SomethingElse: no'],
  ])('tell a %d %s once, as %s with the next step', async (status, name, code, sentence) => {
    answer = refuse(status, name);
    await expect(store.put(bytes)).rejects.toMatchObject({
      code,
      message: expect.stringContaining(sentence),
    });
    expect(seen).toHaveLength(1);
  });

  it.each([
    [503, 'SlowDown'],
    [500, 'InternalError'],
  ])('wait and try again after a %d %s, until it is too often', async (status, name) => {
    answer = (request, response) =>
      seen.length < 3 ? refuse(status, name)(request, response) : ok(response);
    expect(await store.put(bytes)).toBe(key);
    expect(waits).toEqual([200, 400]);

    answer = refuse(status, name);
    await expect(store.get(key)).rejects.toMatchObject({
      code: 'unavailable',
      message: `s3://b/p/${key}: the server cannot be asked at present (${name})`,
    });
  });

  it('are fetched again where an answer was cut', async () => {
    answer = (_request, response) => {
      response.writeHead(200, { 'content-length': bytes.length });
      if (seen.length > 1) response.end(bytes);
      else response.write(bytes.subarray(0, 10), () => setImmediate(() => response.destroy()));
    };
    expect(Buffer.from(await store.get(key)).equals(bytes)).toBe(true);
    expect(waits).toEqual([200]);
  });

  it('are data_loss where other bytes come', async () => {
    answer = (_request, response) => response.end('other bytes');
    await expect(store.get(key)).rejects.toMatchObject({
      code: 'data_loss',
      message: `artifact ${key} is damaged: s3://b/p/${key} holds other bytes`,
    });
  });

  it('are refused by their announced length where no artifact is that long', async () => {
    answer = (_request, response) => void response.writeHead(200, { 'content-length': 5e9 }).write('x');
    await expect(store.get(key)).rejects.toMatchObject({
      code: 'out_of_range',
      message: expect.stringContaining('5000000000 bytes is more than the 100000'),
    });
    expect(seen).toHaveLength(1);
  });

  it('are listed page after page, but for what others put below the prefix', async () => {
    const page = (hash: string, next: string): string =>
      `<?xml version="1.0"?><ListBucketResult><IsTruncated>${next !== ''}</IsTruncated>${next}` +
      `<Contents><Key>p/${hash}</Key><Size>7</Size><LastModified>2026-01-02T03:04:05Z</LastModified></Contents>` +
      '<Contents><Key>p/notes.txt</Key><Size>1</Size><LastModified>2026-01-02T03:04:05Z</LastModified></Contents>' +
      '</ListBucketResult>';
    answer = ({ url = '' }, response) => {
      const isSecond = url.includes('continuation-token=second');
      const next = '<NextContinuationToken>second</NextContinuationToken>';
      response.writeHead(200, { 'content-type': 'application/xml' });
      response.end(isSecond ? page(sha256('b'), '') : page(sha256('a'), next));
    };
    const listed = [];
    for await (const artifact of store.list()) listed.push(artifact);
    const changedAtMs = Date.UTC(2026, 0, 2, 3, 4, 5);
    expect(listed).toEqual([
      { sha256: sha256('a'), bytes: 7, changedAtMs },
      { sha256: sha256('b'), bytes: 7, changedAtMs },
    ]);
  });

  it('are given up where an answer stands still', async () => {
    store.close();
    store = await open(50);
    answer = (_request, response) => void response.writeHead(200, { 'content-length': 10 }).write('x');
    await expect(store.get(key)).rejects.toMatchObject({ code: 'unavailable' });
    expect(waits).toEqual([200, 400]);
  });

  it('end at once when they are told to', async () => {
    const stop = new AbortController();
    answer = () => stop.abort();
    await expect(store.get(key, stop.signal)).rejects.toMatchObject({ name: 'AbortError' });
    expect(seen).toHaveLength(1);
  });

  it('say at the start that there are no credentials', async () => {
    delete process.env['AWS_ACCESS_KEY_ID'];
    process.env['AWS_SHARED_CREDENTIALS_FILE'] = '/nowhere';
    process.env['AWS_CONFIG_FILE'] = '/nowhere';
    await expect(open()).rejects.toMatchObject({
      code: 'unauthenticated',
      message: expect.stringContaining('there are no credentials: set AWS_ACCESS_KEY_ID'),
    });
  });
});
