import { CreateBucketCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { S3Artifacts } from '../../core/artifacts/s3/s3-artifacts.js';
import { systemClock } from '../../core/runtime/clock.js';
import { describeWithMoto, startMotoServer } from '../support/moto-server.js';
import type { MotoServer } from '../support/moto-server.js';
import { describeDurableStore } from './artifact-store.contract.js';
import { describeCollectableStore } from './collectable-store.contract.js';

const BUCKET = 'artifacts';

describeWithMoto('on a server of the S3 API', () => {
  let server: MotoServer;
  let client: S3Client;
  let prefixes = 0;
  const opened: S3Artifacts[] = [];

  const place = () => ({ region: 'us-east-1', endpoint: server.url });

  async function open(prefix: string, bucket = BUCKET): Promise<S3Artifacts> {
    const store = await S3Artifacts.open({ bucket, prefix, ...place(), pathStyle: true, clock: systemClock });
    opened.push(store);
    return store;
  }

  beforeAll(async () => {
    process.env['AWS_ACCESS_KEY_ID'] = 'testing';
    process.env['AWS_SECRET_ACCESS_KEY'] = 'testing';
    server = await startMotoServer();
    client = new S3Client({ ...place(), forcePathStyle: true });
    await client.send(new CreateBucketCommand({ Bucket: BUCKET }));
  });

  afterAll(async () => {
    for (const store of opened) store.close();
    client.destroy();
    await server.stop();
  });

  describeDurableStore('the S3 store', async () => {
    prefixes += 1;
    const prefix = `majlis/${prefixes}/`;
    return {
      store: await open(prefix),
      reopen: () => open(prefix),
      damage: async (sha256) => {
        const command = { Bucket: BUCKET, Key: `${prefix}${sha256}`, Body: 'other bytes' };
        await client.send(new PutObjectCommand(command));
      },
      many: 20,
      close: async () => undefined,
    };
  });

  describeCollectableStore('the S3 store', () => {
    prefixes += 1;
    return open(`majlis/${prefixes}/`);
  });

  it('lists nothing of what others keep below its prefix', async () => {
    const store = await open('shared/');
    await (await open('shared/of/others/')).put(Buffer.from('not ours'));
    await client.send(new PutObjectCommand({ Bucket: BUCKET, Key: 'shared/notes.txt', Body: 'not ours' }));
    const ours = await store.put(Buffer.from('ours'));
    const listed = [];
    for await (const { sha256 } of store.list()) listed.push(sha256);
    expect(listed).toEqual([ours]);
  });

  it('says at the start that there is no such bucket, and what to do', async () => {
    await expect(open('', 'nowhere')).rejects.toMatchObject({
      code: 'failed_precondition',
      message: 's3://nowhere: there is no bucket nowhere: create it, or name one that exists',
    });
  });
});
