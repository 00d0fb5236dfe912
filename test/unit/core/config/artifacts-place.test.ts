import { resolve } from 'node:path';
import { parseArtifactsPlace } from '../../../../core/config/artifacts-place.js';

describe('where artifacts are kept', () => {
  it.each([
    ['shared/objects', { kind: 'folder', folder: resolve('shared/objects') }],
    ['/mnt/objects', { kind: 'folder', folder: '/mnt/objects' }],
    ['s3://bucket', { kind: 's3', bucket: 'bucket', prefix: '' }],
    ['s3://my.bucket-1/', { kind: 's3', bucket: 'my.bucket-1', prefix: '' }],
    ['s3://bucket/team/majlis', { kind: 's3', bucket: 'bucket', prefix: 'team/majlis/' }],
    ['s3://bucket/team%20one/', { kind: 's3', bucket: 'bucket', prefix: 'team one/' }],
    [
      's3://b-1/p?region=eu-central-1&endpoint=http://minio:9000&pathStyle=true',
      {
        ...{ kind: 's3', bucket: 'b-1', prefix: 'p/' },
        ...{ region: 'eu-central-1', endpoint: 'http://minio:9000', pathStyle: true },
      },
    ],
  ])('%s', (text, place) => {
    expect(parseArtifactsPlace(text, '--artifacts')).toEqual(place);
  });

  it.each([
    ['', 'a folder, or s3://BUCKET/PREFIX'],
    ['s3://', 'a folder, or s3://BUCKET/PREFIX'],
    ['s3://a', 'a folder, or s3://BUCKET/PREFIX'],
    ['https://host/objects', 'a folder, or s3://BUCKET/PREFIX'],
    ['s3://key:secret@bucket', '--artifacts: found "s3://…@bucket"; allowed: a folder'],
    ['s3://bucket?zone=1', 'the keys region, endpoint, pathStyle'],
    ['s3://bucket?pathStyle=yes', '"true", "false"'],
    ['s3://bucket?endpoint=minio:9000', 'an http or https URL'],
  ])('is refused as %j', (text, allowed) => {
    expect(() => parseArtifactsPlace(text, '--artifacts')).toThrow(allowed);
  });
});
