/** Of one artifact that goes over a network, in bytes, unless told. Directories travel in parts that are much smaller. */
export const MOST_ARTIFACT_BYTES = 64 * 1024 * 1024;
