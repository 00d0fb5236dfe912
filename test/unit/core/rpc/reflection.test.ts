import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fromBinary } from '@bufbuild/protobuf';
import { FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt';
import type {
  ServerReflectionRequest,
  ServerReflectionResponse,
} from '../../../../proto/gen/grpc/reflection/v1/reflection.js';
import { Reflection } from '../../../../core/rpc/reflection.js';
import { packageRoot } from '../../../../core/runtime/package-root.js';

const descriptors = readFileSync(join(packageRoot, 'proto', 'gen', 'descriptors.binpb'));
const reflection = new Reflection(descriptors, ['majlis.v1.RewardService']);

function ask(
  messageRequest: ServerReflectionRequest['messageRequest'],
): ServerReflectionResponse['messageResponse'] {
  return reflection.answer({ host: 'h', messageRequest }).messageResponse;
}

/** Names of the files in the answer. */
function filesFor(messageRequest: ServerReflectionRequest['messageRequest']): string[] {
  const answer = ask(messageRequest);
  if (answer?.$case !== 'fileDescriptorResponse') throw new Error(`no files but ${answer?.$case}`);
  return answer.value.fileDescriptorProto.map((bytes) => fromBinary(FileDescriptorProtoSchema, bytes).name);
}

describe('reflection', () => {
  it('lists the services that it was given', () => {
    expect(ask({ $case: 'listServices', value: '' })).toEqual({
      $case: 'listServicesResponse',
      value: { service: [{ name: 'majlis.v1.RewardService' }] },
    });
  });

  it.each([
    'majlis.v1.CoordinatorService',
    'majlis.v1.CoordinatorService.GetRun',
    'majlis.v1.Iteration',
    'majlis.v1.Iteration.MetricsEntry',
    'majlis.v1.RunState',
  ])('finds the file of %s with all that it imports', (value) => {
    expect(filesFor({ $case: 'fileContainingSymbol', value })).toEqual([
      'majlis/v1/coordinator.proto',
      'google/protobuf/timestamp.proto',
      'majlis/v1/messages.proto',
    ]);
  });

  it('finds a file by its name', () => {
    const name = 'health/v1/health.proto';
    expect(filesFor({ $case: 'fileByFilename', value: name })).toEqual([name]);
  });

  it('says that a known message has no extensions', () => {
    expect(ask({ $case: 'allExtensionNumbersOfType', value: 'majlis.v1.Task' })).toEqual({
      $case: 'allExtensionNumbersResponse',
      value: { baseTypeName: 'majlis.v1.Task', extensionNumber: [] },
    });
  });

  it.each<[number, ServerReflectionRequest['messageRequest']]>([
    [5, { $case: 'fileContainingSymbol', value: 'majlis.v1.Nobody' }],
    [5, { $case: 'fileByFilename', value: 'nowhere.proto' }],
    [5, { $case: 'allExtensionNumbersOfType', value: 'majlis.v1.Nobody' }],
    [
      5,
      { $case: 'fileContainingExtension', value: { containingType: 'majlis.v1.Task', extensionNumber: 1 } },
    ],
    [3, undefined],
  ])('answers with status %i to %j', (errorCode, request) => {
    expect(ask(request)).toMatchObject({ $case: 'errorResponse', value: { errorCode } });
  });

  it('repeats the request in its answer', () => {
    const request: ServerReflectionRequest = { host: 'h', messageRequest: undefined };
    expect(reflection.answer(request)).toMatchObject({ validHost: 'h', originalRequest: request });
  });
});
