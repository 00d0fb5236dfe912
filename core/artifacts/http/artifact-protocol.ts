/** Where an artifact is, below a server's address: its sha256 follows. */
export const ARTIFACTS_PATH = '/v1/artifacts/';
