import { z } from 'zod';
import { ROLES } from '../trust/role.js';

/**
 * What the two ends of a connection trust, as files. Paths are relative to the file that names them, or to the working
 * folder where flags do.
 */
const file = z.string().min(1);

/** A client's side: whom it believes, and what it shows. All are PEM files. */
export const clientTlsSchema = z
  .strictObject({
    /** The CA that the server's certificate comes from. */
    ca: file,
    certificate: file.exactOptional(),
    key: file.exactOptional(),
  })
  .refine(({ certificate, key }) => (certificate === undefined) === (key === undefined), {
    message: 'certificate and key together, or neither',
  });

const name = z.string().regex(/^[^\p{Cc}\s]{1,128}$/u, 'a name of 1 to 128 characters without spaces');
const role = z.enum(ROLES);

/** Workers are named by it with a slash behind: with slashes of its own, one could stand for another's. */
function isNamedPlainly({ name: called, role: has }: { name: string; role: string }): boolean {
  return has !== 'worker' || !called.includes('/');
}
const PLAIN = { message: "a worker's name without slashes", path: ['name'] };

const tokenSchema = z
  .strictObject({
    /** What the audit log calls whoever shows it. */
    name,
    role,
    /** Of the token, in hexadecimal. */
    sha256: z
      .string()
      .regex(/^[0-9a-f]{64}$/i, 'the sha256 of the token in 64 hexadecimal digits')
      .exactOptional(),
    /** A file that holds the token itself, relative to the tokens file. */
    tokenFile: file.exactOptional(),
  })
  .refine(({ sha256, tokenFile }) => (sha256 === undefined) !== (tokenFile === undefined), {
    message: 'one of sha256 and tokenFile',
  })
  .refine(isNamedPlainly, PLAIN);

/** Everybody who may call: by token, or by the name in a client certificate that the server's CA has signed. */
export const tokensFileSchema = z.strictObject({
  tokens: z.array(tokenSchema).default([]),
  certificates: z
    .array(
      z
        .strictObject({
          name,
          role,
          /** The certificate's common name, or one of its DNS or URI names. */
          subject: z.string().min(1),
        })
        .refine(isNamedPlainly, PLAIN),
    )
    .default([]),
});

export type TokensFile = z.infer<typeof tokensFileSchema>;
