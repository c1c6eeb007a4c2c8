import { createWriteStream } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { SluiceError } from '../../../errors/sluice-error.ts';
import type { HdfsSettings } from '../../../settings/hdfs-settings.ts';
import { REQUEST_LIMITS, type RequestLimits, withRetries } from '../retry.ts';
import {
  type Asked,
  brokenOff,
  HdfsError,
  isOfNameNode,
  prospectOf,
  refusal,
  RequestError,
  undefinedIfMissing,
} from './hdfs-failure.ts';
import { bodyOf, type Content, send, type WebRequest } from './web-request.ts';

/** What is known of a file or a folder (WebHDFS, "FileStatus Properties"). */
export interface FileStatus {
  /** Last part of its path; empty where it was asked for by its path. */
  readonly pathSuffix: string;
  readonly type: 'FILE' | 'DIRECTORY' | 'SYMLINK';
  /** The inode's number: never used twice, and kept by a rename. */
  readonly fileId: number;
  readonly length: number;
  /** By the NameNode's clock, in milliseconds: when a file was closed. */
  readonly modificationTime: number;
}

type Parameters = Readonly<Record<string, string>>;

/**
 * HDFS by its REST API (Hadoop 3.4.1, "WebHDFS REST API"). Each method is one piece of work with its retries, at whichever
 * NameNode answers; what fails is an HdfsError. Paths are absolute.
 */
export class WebHdfs {
  readonly #settings: HdfsSettings;
  readonly #limits: RequestLimits;
  readonly #uriOf: (path: string) => string;
  /** Which NameNode answered last. */
  #current = 0;

  /** @param uriOf the path as an error names it */
  constructor(settings: HdfsSettings, uriOf: (path: string) => string, limits: RequestLimits = REQUEST_LIMITS) {
    this.#settings = settings;
    this.#uriOf = uriOf;
    this.#limits = limits;
  }

  async status(path: string): Promise<FileStatus | undefined> {
    return this.#retried('look for', path, async () => {
      const body = await this.#askNameNode('GET', path, 'GETFILESTATUS');
      return (JSON.parse(body) as { FileStatus: FileStatus }).FileStatus;
    }).catch(undefinedIfMissing);
  }

  /** A file's bytes; undefined where there is none. */
  async read(path: string): Promise<Buffer | undefined> {
    return this.#retried('read', path, async (avoided) => {
      const answer = await this.#open(path, true, avoided);
      return this.#received('DataNode', bodyOf(answer));
    }).catch(undefinedIfMissing);
  }

  /** Writes a file's bytes to a local file; before anything is written, `admit` is given its size and may throw. */
  async download(path: string, localPath: string, admit: (sizeBytes: number) => void): Promise<void> {
    await this.#retried('read', path, async (avoided) => {
      const answer = await this.#open(path, false, avoided);
      try {
        admit(Number(answer.headers['content-length'] ?? 0));
        await this.#received('DataNode', pipeline(answer, createWriteStream(localPath)));
      } finally {
        answer.destroy();
      }
    });
  }

  /**
   * Writes a new file, on the DataNodes' disks when it returns. Each attempt has a path of its own, so that none can write
   * into another's file.
   * @param pathOf the path of the n-th attempt, never used before
   */
  async write(pathOf: (attempt: number) => string, content: Content): Promise<string> {
    const small = content instanceof Uint8Array;
    return this.#retried('write', pathOf(1), async (avoided, attempt) => {
      const path = pathOf(attempt);
      const parameters = { overwrite: 'false', createflag: 'CREATE,SYNC_BLOCK', ...avoided };
      const { location } = await this.#redirected('PUT', path, 'CREATE', parameters);
      const answer = await this.#exchange('DataNode', { method: 'PUT', url: location, content, small });
      await this.#received('DataNode', bodyOf(answer));
      return path;
    });
  }

  /** Renames once, without a retry: what a lost answer means is for the caller to find out. @throws RequestError */
  async renameOnce(path: string, destination: string, option: 'NONE' | 'OVERWRITE'): Promise<void> {
    const body = await this.#askNameNode('PUT', path, 'RENAME', { destination, renameoptions: option });
    // With options there is no body; a server that leaves them out answers as without: {"boolean": …}.
    if (body === '') return;
    throw new SluiceError('SETTINGS_INVALID', `What answers at ${this.#nameNode} does not know rename’s options.`, {
      remedy: 'Set HDFS_WEBHDFS_URL to WebHDFS of the NameNodes themselves: HttpFS does not keep to these options.',
    });
  }

  /** Runs what asks once, with retries. */
  async retried<T>(what: string, path: string, ask: () => Promise<T>): Promise<T> {
    return this.#retried(what, path, ask);
  }

  async makeFolder(path: string): Promise<void> {
    await this.#retried('make the folder', path, () => this.#askNameNode('PUT', path, 'MKDIRS'));
  }

  /** What lies in a folder, page by page, ordered by the names' bytes as signed numbers (INode.compareTo); nothing where there is no such folder. */
  async *list(path: string, after = ''): AsyncIterable<FileStatus> {
    let startAfter = after;
    for (let remaining = 1; remaining > 0;) {
      const parameters = startAfter === '' ? {} : { startAfter };
      const body = await this.#retried('list', path, () =>
        this.#askNameNode('GET', path, 'LISTSTATUS_BATCH', parameters),
      ).catch(undefinedIfMissing);
      if (body === undefined) return;
      const { partialListing, remainingEntries } = (JSON.parse(body) as { DirectoryListing: DirectoryListing })
        .DirectoryListing;
      const page = partialListing.FileStatuses.FileStatus;
      // A file lists itself, without a name.
      yield* page.filter(({ pathSuffix }) => pathSuffix !== '');
      startAfter = page.at(-1)?.pathSuffix ?? '';
      remaining = startAfter === '' ? 0 : remainingEntries;
    }
  }

  /** Deletes a file, or a folder that is empty; nothing there is no error. */
  async remove(path: string): Promise<void> {
    await this.#retried('delete', path, () => this.#askNameNode('DELETE', path, 'DELETE', { recursive: 'false' }));
  }

  async #open(path: string, small: boolean, avoided: Parameters): Promise<IncomingMessage> {
    const { location } = await this.#redirected('GET', path, 'OPEN', avoided);
    return this.#exchange('DataNode', { method: 'GET', url: location, small });
  }

  async #askNameNode(
    method: WebRequest['method'],
    path: string,
    operation: string,
    parameters: Parameters = {},
  ): Promise<string> {
    const url = this.#urlOf(path, operation, parameters);
    const answer = await this.#exchange('NameNode', { method, url, small: true });
    return (await this.#received('NameNode', bodyOf(answer))).toString();
  }

  /** Where the NameNode says that the bytes are, or are to go. */
  async #redirected(
    method: WebRequest['method'],
    path: string,
    operation: string,
    parameters: Parameters,
  ): Promise<{ location: string }> {
    const body = await this.#askNameNode(method, path, operation, { ...parameters, noredirect: 'true' });
    const { Location } = JSON.parse(body) as { Location: string };
    return { location: Location };
  }

  /** @throws RequestError for any answer but success */
  async #exchange(asked: Asked, request: WebRequest): Promise<IncomingMessage> {
    const answer = await this.#received(asked, send(request, this.#limits), new URL(request.url).host);
    const status = answer.statusCode ?? 0;
    if (status >= 200 && status < 300) return answer;
    const body = await this.#received(asked, bodyOf(answer));
    throw new RequestError(refusal(asked, status, body.toString()));
  }

  async #received<T>(asked: Asked, receiving: Promise<T>, host?: string): Promise<T> {
    try {
      return await receiving;
    } catch (thrown) {
      if (thrown instanceof SluiceError) throw thrown;
      throw new RequestError(brokenOff(asked, thrown), host);
    }
  }

  #urlOf(path: string, operation: string, parameters: Parameters): string {
    const query = new URLSearchParams({ op: operation, 'user.name': this.#settings.user, ...parameters });
    return `${this.#nameNode}/webhdfs/v1${path.split('/').map(encodeURIComponent).join('/')}?${query.toString()}`;
  }

  get #nameNode(): string {
    return this.#settings.nameNodes[this.#current % this.#settings.nameNodes.length] ?? '';
  }

  /** A DataNode that could not be reached is not asked for in the attempt that follows. */
  async #retried<T>(what: string, path: string, ask: (avoided: Parameters, attempt: number) => Promise<T>): Promise<T> {
    let avoided: Parameters = {};
    try {
      return await withRetries(this.#limits.maxAttempts, prospectOf, async (attempt) => {
        const asked = this.#current;
        try {
          return await ask(avoided, attempt);
        } catch (thrown) {
          avoided = {};
          if (thrown instanceof RequestError) {
            const { failure, cause } = thrown;
            if (failure.asked === 'DataNode' && typeof cause === 'string') avoided = { excludedatanodes: cause };
            // Several requests may fail at once: the first one is enough to move on.
            if (isOfNameNode(failure) && this.#current === asked) this.#current += 1;
          }
          throw thrown;
        }
      });
    } catch (thrown) {
      throw thrown instanceof RequestError ? new HdfsError(thrown.failure, what, this.#uriOf(path)) : thrown;
    }
  }
}

interface DirectoryListing {
  readonly partialListing: { readonly FileStatuses: { readonly FileStatus: readonly FileStatus[] } };
  readonly remainingEntries: number;
}
