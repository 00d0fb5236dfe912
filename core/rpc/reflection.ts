import { fromBinary, toBinary } from '@bufbuild/protobuf';
import { FileDescriptorProtoSchema, FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';
import type { DescriptorProto, FileDescriptorProto } from '@bufbuild/protobuf/wkt';
import { status } from '@grpc/grpc-js';
import type { ServerDuplexStream } from '@grpc/grpc-js';
import type * as wire from '../../proto/gen/grpc/reflection/v1/reflection.js';

/**
 * gRPC server reflection from a descriptor set. Every answer that holds a file holds all files that it imports,
 * well-known types included. (@grpc/reflection 1.0.4 loses maps and well-known types: grpc/grpc-node#2958.)
 */
export class Reflection {
  private readonly files = new Map<string, FileDescriptorProto>();
  private readonly fileOfSymbol = new Map<string, FileDescriptorProto>();
  private readonly messages = new Set<string>();

  /** `services` are the fully qualified names that the server really serves. */
  constructor(
    descriptorSet: Uint8Array,
    private readonly services: readonly string[],
  ) {
    for (const file of fromBinary(FileDescriptorSetSchema, descriptorSet).file) this.index(file);
  }

  /** The handler of ServerReflectionInfo; v1 and v1alpha have the same messages. */
  serve(call: ServerDuplexStream<wire.ServerReflectionRequest, wire.ServerReflectionResponse>): void {
    call.on('data', (request: wire.ServerReflectionRequest) => call.write(this.answer(request)));
    call.on('end', () => call.end());
    // A client that goes away mid-stream is owed nothing; without a listener it would end the process.
    call.on('error', () => call.end());
  }

  /** The answer to one request of the stream. */
  answer(request: wire.ServerReflectionRequest): wire.ServerReflectionResponse {
    return {
      validHost: request.host,
      originalRequest: request,
      messageResponse: this.answerTo(request.messageRequest),
    };
  }

  private answerTo(
    request: wire.ServerReflectionRequest['messageRequest'],
  ): NonNullable<wire.ServerReflectionResponse['messageResponse']> {
    switch (request?.$case) {
      case 'listServices':
        return {
          $case: 'listServicesResponse',
          value: { service: this.services.map((name) => ({ name })) },
        };
      case 'fileByFilename':
        return this.fileAnswer(this.files.get(request.value), request.value);
      case 'fileContainingSymbol':
        return this.fileAnswer(this.fileOfSymbol.get(request.value), request.value);
      case 'allExtensionNumbersOfType':
        // proto3 messages of ours have no extensions, so a known message has an empty list.
        return this.messages.has(request.value)
          ? {
              $case: 'allExtensionNumbersResponse',
              value: { baseTypeName: request.value, extensionNumber: [] },
            }
          : refusal(status.NOT_FOUND, `no message ${request.value}`);
      case 'fileContainingExtension':
        return refusal(status.NOT_FOUND, `no extension of ${request.value.containingType}`);
      case undefined:
        return refusal(status.INVALID_ARGUMENT, 'the request asks for nothing');
    }
  }

  private fileAnswer(
    file: FileDescriptorProto | undefined,
    name: string,
  ): NonNullable<wire.ServerReflectionResponse['messageResponse']> {
    if (file === undefined) return refusal(status.NOT_FOUND, `no file or symbol ${name}`);
    const encoded = this.withImports(file).map((one) => toBinary(FileDescriptorProtoSchema, one));
    return { $case: 'fileDescriptorResponse', value: { fileDescriptorProto: encoded } };
  }

  /** The file, then everything that it imports, each once. */
  private withImports(file: FileDescriptorProto): readonly FileDescriptorProto[] {
    const closure = new Set([file]);
    for (const reached of closure) {
      for (const name of reached.dependency) {
        const imported = this.files.get(name);
        if (imported !== undefined) closure.add(imported);
      }
    }
    return [...closure];
  }

  private index(file: FileDescriptorProto): void {
    this.files.set(file.name, file);
    const prefix = file.package === '' ? '' : `${file.package}.`;
    for (const one of file.enumType) this.fileOfSymbol.set(`${prefix}${one.name}`, file);
    for (const one of file.messageType) this.indexMessage(file, prefix, one);
    for (const service of file.service) {
      this.fileOfSymbol.set(`${prefix}${service.name}`, file);
      for (const method of service.method) {
        this.fileOfSymbol.set(`${prefix}${service.name}.${method.name}`, file);
      }
    }
  }

  private indexMessage(file: FileDescriptorProto, prefix: string, descriptor: DescriptorProto): void {
    const name = `${prefix}${descriptor.name}`;
    this.messages.add(name);
    this.fileOfSymbol.set(name, file);
    for (const one of descriptor.enumType) this.fileOfSymbol.set(`${name}.${one.name}`, file);
    for (const one of descriptor.nestedType) this.indexMessage(file, `${name}.`, one);
  }
}

function refusal(
  errorCode: number,
  errorMessage: string,
): NonNullable<wire.ServerReflectionResponse['messageResponse']> {
  return { $case: 'errorResponse', value: { errorCode, errorMessage } };
}
