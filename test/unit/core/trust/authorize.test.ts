import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fromBinary } from '@bufbuild/protobuf';
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';
import { packageRoot } from '../../../../core/runtime/package-root.js';
import { authorizeBy, authorizeToken, digestOf } from '../../../../core/trust/authorize.js';
import { certificateSubjects } from '../../../../core/trust/certificate-subjects.js';
import { knownMethods, rolesFor } from '../../../../core/trust/role-methods.js';
import type { Role } from '../../../../core/trust/role.js';
import { ROLES } from '../../../../core/trust/role.js';

const SWAP = '/majlis.v1.CoordinatorService/SwapRubric';
const GET = '/majlis.v1.CoordinatorService/GetRun';
const ATTACH = '/majlis.v1.CoordinatorService/AttachWorker';

/** Every method that our services and those of others that we serve have, as gRPC paths. */
function servedMethods(): string[] {
  const bytes = readFileSync(join(packageRoot, 'proto', 'gen', 'descriptors.binpb'));
  return fromBinary(FileDescriptorSetSchema, bytes).file.flatMap((file) =>
    file.service.flatMap(({ name, method }) => method.map((one) => `/${file.package}.${name}/${one.name}`)),
  );
}

const authorize = authorizeBy(() => ({
  tokens: ROLES.map((role) => ({ name: `the ${role}`, role, sha256: digestOf(`token of ${role}`) })),
  certificates: [{ name: 'scaler', role: 'reader', subject: 'keda' }],
}));

describe('the table of methods', () => {
  it('has a list for every method of every service, so that none is served without a decision', () => {
    const decided = servedMethods().filter((method) => !method.startsWith('/grpc.'));
    expect(decided).not.toHaveLength(0);
    expect(decided.filter((method) => rolesFor(method).length === 0)).toEqual([]);
  });

  it('has no method that none of our services has', () => {
    const served = servedMethods();
    const ours = knownMethods().filter((method) => method.startsWith('/majlis.'));
    expect(ours.filter((method) => !served.includes(method))).toEqual([]);
  });

  it.each<[string, readonly Role[]]>([
    [SWAP, ['admin', 'researcher']],
    ['/majlis.v1.CoordinatorService/CancelRun', ['admin', 'researcher']],
    [GET, ['admin', 'researcher', 'reader']],
    [ATTACH, ['admin', 'worker']],
    ['artifacts/put', ['admin', 'worker']],
    ['/majlis.v1.TrainerService/OptimStep', ['admin', 'trainer']],
    ['/majlis.v1.CoordinatorService/Unheard', []],
    ['', []],
  ])('lets %s be called by %j alone', (method, roles) => {
    const allowed = ROLES.filter((role) => {
      try {
        return authorize(`Bearer token of ${role}`, method).role === role;
      } catch (thrown) {
        expect(thrown).toMatchObject({ code: 'permission_denied' });
        return false;
      }
    });
    expect(allowed).toEqual(roles);
  });
});

/** What a call throws. */
function thrownBy(call: () => unknown): unknown {
  try {
    call();
  } catch (thrown) {
    return thrown;
  }
  return undefined;
}

describe('a call', () => {
  it('is refused with the roles that may make it', () => {
    expect(thrownBy(() => authorize('Bearer token of reader', SWAP))).toMatchObject({
      code: 'permission_denied',
      message: `the reader is reader and may not call ${SWAP}; admin or researcher may`,
    });
    expect(() => authorize('Bearer token of admin', '/x/Y')).toThrow('nobody may');
  });

  it.each([
    [undefined, 'shows no token'],
    ['Bearer guess', 'none that is known'],
    ['bearer  token of admin', 'none that is known'],
    ['Basic YTpi', 'no bearer token'],
    ['Bearer ', 'no bearer token'],
    ['', 'no bearer token'],
  ])('with the header %j is unauthenticated: %s', (header, sentence) => {
    expect(thrownBy(() => authorize(header, GET))).toMatchObject({
      code: 'unauthenticated',
      message: expect.stringContaining(sentence),
    });
  });

  it('is of whom its certificate names, unless it shows a token', () => {
    expect(authorize(undefined, GET, ['keda', 'other'])).toEqual({ name: 'scaler', role: 'reader' });
    expect(authorize('Bearer token of admin', GET, ['keda'])).toEqual({ name: 'the admin', role: 'admin' });
    expect(() => authorize('Bearer guess', GET, ['keda'])).toThrow('none that is known');
    expect(() => authorize(undefined, GET, ['somebody'])).toThrow('its certificate (somebody)');
    expect(() => authorize(undefined, SWAP, ['keda'])).toThrow('scaler is reader');
  });

  it('may be of the one who has the only token', () => {
    const only = authorizeToken('secret', { name: 'amina', role: 'admin' });
    expect(only('Bearer secret', SWAP)).toEqual({ name: 'amina', role: 'admin' });
    expect(() => only('Bearer secrets', SWAP)).toThrow('none that is known');
  });
});

describe('the names in a certificate', () => {
  const names = (subject: object, subjectaltname?: string): unknown =>
    certificateSubjects({ subject, subjectaltname } as never);

  it('are its common name and its DNS and URI names', () => {
    expect(names({ CN: 'keda' })).toEqual(['keda']);
    expect(names({ CN: 'keda' }, 'DNS:keda, DNS:keda.svc, IP Address:10.0.0.1, URI:spiffe://a/b')).toEqual([
      'keda',
      'keda.svc',
      'spiffe://a/b',
    ]);
    expect(names({})).toEqual([]);
    expect(certificateSubjects(undefined)).toEqual([]);
  });

  it('leave out what could pass one name off for two', () => {
    expect(names({ CN: ['a', 'b'] }, 'URI:"http://x/, DNS:keda"')).toEqual([]);
  });
});
