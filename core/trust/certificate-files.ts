import { MajlisError } from '../errors.js';
import type { Clock } from '../runtime/clock.js';
import type { CertificatePaths, Certificates } from './read-certificates.js';
import { readCertificates } from './read-certificates.js';
import { watchFiles } from './watch-files.js';

/** How they are kept up to date. */
export interface CertificateFilesOptions {
  readonly clock: Clock;
  /** Told a sentence about each thing that should not stay so, when the files are read. */
  onWarning?(sentence: string): void;
  /** Told when other files than before were taken up. */
  onRotated?(): void;
  /** Told why files that changed were not taken up; those from before stay in use. */
  onRefused?(failure: MajlisError): void;
  /** How often the files are looked at while somebody uses them. */
  readonly everyMs?: number;
}

/**
 * Certificates that follow their files: whoever listens gets what the files hold now, and again when they change. Files
 * that changed to something unusable (half a rotation, an expired certificate) are not taken up: those from before
 * stay, and the next change is looked at again. The files are watched only while somebody listens.
 */
export class CertificateFiles {
  private readonly listeners = new Set<(certificates: Certificates) => void>();
  private stopWatching: (() => void) | undefined;
  /** Reads one after the other, so that the last state of the files is what stays. */
  private reading: Promise<void> = Promise.resolve();

  private constructor(
    private readonly paths: CertificatePaths,
    private certificates: Certificates,
    private readonly options: CertificateFilesOptions,
  ) {}

  /** Reads them; what cannot be used is a BadInputError with the file's name. */
  static async open(paths: CertificatePaths, options: CertificateFilesOptions): Promise<CertificateFiles> {
    const certificates = await readCertificates(paths, options.clock);
    for (const warning of certificates.warnings) options.onWarning?.(warning);
    return new CertificateFiles(paths, certificates, options);
  }

  /** What the files held when they were last usable. */
  get current(): Certificates {
    return this.certificates;
  }

  /** Calls the listener whenever other certificates are taken up, until the returned function is called. */
  listen(listener: (certificates: Certificates) => void): () => void {
    this.listeners.add(listener);
    if (this.stopWatching === undefined) {
      const paths = Object.values<string>({ ...this.paths });
      this.stopWatching = watchFiles(paths, () => this.readSoon(), this.options.everyMs);
      // What changed while nobody listened.
      this.readSoon();
    }
    return () => {
      this.listeners.delete(listener);
      if (this.listeners.size > 0) return;
      this.stopWatching?.();
      this.stopWatching = undefined;
    };
  }

  private readSoon(): void {
    this.reading = this.reading.then(() => this.readAgain());
  }

  private async readAgain(): Promise<void> {
    let read: Certificates;
    try {
      read = await readCertificates(this.paths, this.options.clock);
    } catch (thrown) {
      this.options.onRefused?.(MajlisError.from(thrown));
      return;
    }
    if (isSame(read, this.certificates)) return;
    for (const warning of read.warnings) this.options.onWarning?.(warning);
    this.certificates = read;
    for (const listener of this.listeners) listener(read);
    this.options.onRotated?.();
  }
}

function isSame(one: Certificates, other: Certificates): boolean {
  const bytes = ({ ca, identity }: Certificates): string =>
    [ca, identity?.certificate, identity?.privateKey].map((part) => part?.toString('base64')).join(' ');
  return bytes(one) === bytes(other);
}
