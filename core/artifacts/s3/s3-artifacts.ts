import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { MajlisError } from '../../errors.js';
import type { Clock } from '../../runtime/clock.js';
import { sha256 as hashOf } from '../../runtime/content-hash.js';
import { damagedArtifact, isSha256, missingArtifact, requireSha256 } from '../artifact-refusals.js';
import type { ArtifactStore } from '../artifact-store.js';
import type { CollectableStore, StoredArtifact } from '../collectable-store.js';
import { MOST_ARTIFACT_BYTES } from '../largest-artifact.js';
import { tryAgain } from '../try-again.js';
import { isMissing, missingBucket, s3Failure } from './s3-failure.js';

export interface S3ArtifactsOptions {
  readonly bucket: string;
  /** What every key begins with, such as `majlis/`; nothing unless told. */
  readonly prefix?: string;
  /** As the SDK finds it unless told: AWS_REGION, then the profile. */
  readonly region?: string;
  /** Of a server that is not Amazon's. */
  readonly endpoint?: string;
  /** The bucket is part of the path and not of the host name, as servers that are not Amazon's mostly want it. */
  readonly pathStyle?: boolean;
  readonly clock: Clock;
  readonly mostBytes?: number;
  /** Of one request, the first included. */
  readonly attempts?: number;
  /** How long nothing may move on a connection, in milliseconds. */
  readonly idleMs?: number;
}

const CONNECT_MS = 5000;
const IDLE_MS = 30_000;

/**
 * Artifacts in a bucket of Amazon S3 or a server of its API, `<prefix><sha256>` each. Credentials come from the SDK's own
 * chain. What is put carries its sha256, which the server compares with what arrives; what comes back is verified here.
 */
export class S3Artifacts implements ArtifactStore, CollectableStore {
  private readonly client: S3Client;
  private readonly bucket: string;
  private readonly prefix: string;
  private readonly most: number;

  private constructor(private readonly options: S3ArtifactsOptions) {
    const { bucket, prefix = '', region, endpoint, pathStyle, mostBytes, idleMs = IDLE_MS } = options;
    this.bucket = bucket;
    this.prefix = prefix;
    this.most = mostBytes ?? MOST_ARTIFACT_BYTES;
    this.client = new S3Client({
      ...(region === undefined ? {} : { region }),
      ...(endpoint === undefined ? {} : { endpoint }),
      ...(pathStyle === undefined ? {} : { forcePathStyle: pathStyle }),
      // Tried again by us, whose clock tests own.
      maxAttempts: 1,
      // What is put names its sha256, and what comes is verified by it: a second checksum would be for nothing.
      requestChecksumCalculation: 'WHEN_REQUIRED',
      responseChecksumValidation: 'WHEN_REQUIRED',
      requestHandler: { connectionTimeout: CONNECT_MS, socketTimeout: idleMs },
    });
  }

  /** Asks for the bucket first, so that what is wrong with it or the credentials is told at the start. */
  static async open(options: S3ArtifactsOptions): Promise<S3Artifacts> {
    const store = new S3Artifacts(options);
    try {
      await store.patiently('', () => store.requireBucket());
    } catch (thrown) {
      store.close();
      throw thrown;
    }
    return store;
  }

  async put(given: Uint8Array, signal?: AbortSignal): Promise<string> {
    if (given.length > this.most) throw this.tooLong(given.length);
    // A copy, since the caller may reuse its buffer before it is sent.
    const body = Buffer.from(given);
    const sha256 = hashOf(body);
    const command = {
      ...this.at(sha256),
      Body: body,
      ChecksumSHA256: Buffer.from(sha256, 'hex').toString('base64'),
    };
    await this.patiently(
      sha256,
      () => this.client.send(new PutObjectCommand(command), aborting(signal)),
      signal,
    );
    return sha256;
  }

  async get(sha256: string, signal?: AbortSignal): Promise<Uint8Array> {
    requireSha256(sha256);
    const bytes = await this.patiently(sha256, () => this.receive(sha256, signal), signal);
    if (hashOf(bytes) !== sha256) throw damagedArtifact(sha256, this.place(sha256));
    return bytes;
  }

  async has(sha256: string): Promise<boolean> {
    requireSha256(sha256);
    return this.patiently(sha256, async () => {
      try {
        await this.client.send(new HeadObjectCommand(this.at(sha256)));
        return true;
      } catch (thrown) {
        if (isMissing(thrown)) return false;
        throw thrown;
      }
    });
  }

  async *list(): AsyncIterable<StoredArtifact> {
    let from: string | undefined;
    do {
      const page = { Bucket: this.bucket, Prefix: this.prefix, ContinuationToken: from };
      const { Contents = [], NextContinuationToken } = await this.patiently('', () =>
        this.client.send(new ListObjectsV2Command(page)),
      );
      for (const { Key = '', Size = 0, LastModified } of Contents) {
        const sha256 = Key.slice(this.prefix.length);
        // What others keep below the same prefix is theirs, and so is what has no age.
        if (!isSha256(sha256) || LastModified === undefined) continue;
        yield { sha256, bytes: Size, changedAtMs: LastModified.getTime() };
      }
      from = NextContinuationToken;
    } while (from !== undefined);
  }

  async remove(sha256: string): Promise<void> {
    requireSha256(sha256);
    await this.patiently(sha256, () => this.client.send(new DeleteObjectCommand(this.at(sha256))));
  }

  /** Ends the connections that are kept. */
  close(): void {
    this.client.destroy();
  }

  private async requireBucket(): Promise<void> {
    try {
      await this.client.send(new HeadBucketCommand({ Bucket: this.bucket }));
    } catch (thrown) {
      throw isMissing(thrown) ? missingBucket(this.bucket) : thrown;
    }
  }

  private async receive(sha256: string, signal: AbortSignal | undefined): Promise<Uint8Array> {
    try {
      const { Body, ContentLength = 0 } = await this.client.send(
        new GetObjectCommand(this.at(sha256)),
        aborting(signal),
      );
      if (Body === undefined) return new Uint8Array();
      if (ContentLength <= this.most) return await Body.transformToByteArray();
      if ('destroy' in Body) Body.destroy();
      throw this.tooLong(ContentLength);
    } catch (thrown) {
      throw isMissing(thrown) ? missingArtifact(sha256, this.place('')) : thrown;
    }
  }

  private patiently<Result>(
    sha256: string,
    attempt: () => Promise<Result>,
    signal?: AbortSignal,
  ): Promise<Result> {
    const { clock, attempts } = this.options;
    const place = { bucket: this.bucket, key: `${this.prefix}${sha256}` };
    return tryAgain(attempt, { clock, attempts, signal, failureOf: (thrown) => s3Failure(place, thrown) });
  }

  private at(sha256: string): { readonly Bucket: string; readonly Key: string } {
    return { Bucket: this.bucket, Key: `${this.prefix}${sha256}` };
  }

  private place(sha256: string): string {
    return `s3://${this.bucket}/${this.prefix}${sha256}`;
  }

  private tooLong(length: number): MajlisError {
    const sentence = `an artifact of ${length} bytes is more than the ${this.most} that one may have`;
    return new MajlisError(`${this.place('')}: ${sentence}`, { code: 'out_of_range' });
  }
}

function aborting(signal: AbortSignal | undefined): { readonly abortSignal?: AbortSignal } {
  return signal === undefined ? {} : { abortSignal: signal };
}
