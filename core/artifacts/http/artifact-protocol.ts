/** Where an artifact is, below a server's address: its sha256 follows. */
export const ARTIFACTS_PATH = '/v1/artifacts/';

/** Of one artifact, in bytes, unless told. Directories travel in parts that are much smaller. */
export const MOST_ARTIFACT_BYTES = 64 * 1024 * 1024;
