import { Metadata } from '@grpc/grpc-js';

/** Where a call's token stands. */
export const AUTHORIZATION_KEY = 'authorization';

/** The metadata by which a client shows its token. */
export function bearerMetadata(token: string): Metadata {
  const metadata = new Metadata();
  metadata.set(AUTHORIZATION_KEY, `Bearer ${token}`);
  return metadata;
}
