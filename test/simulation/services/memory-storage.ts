import { SluiceError } from '../../../errors/sluice-error.ts';
import { pathUsedBefore } from '../../../lake/storage/path.ts';
import type { ListOptions, Storage, StorageEntry } from '../../../lake/storage/storage.ts';
import type { SimulatedProcess } from '../world/process.ts';
import type { StepRequest } from '../world/scheduler.ts';
import type { ObjectStore, StoredObject } from './object-store.ts';

/**
 * Which storage's ways are followed.
 * `file`: names appear by link(2); a call has ended when it returns. An error may come after the effect (fsync of the folder).
 * `s3`: a conditional PUT whose answer is lost is sent again by the client, and settled by asking who wrote what is there;
 * what was given up may still arrive.
 * `hdfs`: a rename without overwrite; what was given up may still arrive. An answer that is lost stays lost, as where every
 * attempt of the real one to settle it by the file's number fails too.
 */
export const STORAGE_KINDS = ['file', 's3', 'hdfs'] as const;
export type StorageKind = (typeof STORAGE_KINDS)[number];

const LISTED_AT_ONCE = 20;
/** Times that a PUT to S3 is tried. */
const PUTS = 3;

/** The lake as one process reaches it. Every call is a step, or several where a real storage takes several. */
export class MemoryStorage implements Storage {
  readonly #process: SimulatedProcess;
  readonly #store: ObjectStore;
  readonly #kind: StorageKind;
  #calls = 0;

  constructor(process: SimulatedProcess, store: ObjectStore, kind: StorageKind) {
    this.#process = process;
    this.#store = store;
    this.#kind = kind;
  }

  uriOf(path: string): string {
    return `file:///lake/${path}`;
  }

  withScratchFolder<T>(use: (folder: string) => Promise<T>): Promise<T> {
    return this.#process.withScratchFolder(use);
  }

  async read(path: string): Promise<Buffer | undefined> {
    return this.#step({
      label: `read ${path}`,
      changes: false,
      effect: () => this.#store.get(path)?.bytes,
      outcome: (bytes) => (bytes === undefined ? 'nothing there' : 'there'),
    });
  }

  async exists(path: string): Promise<boolean> {
    return this.#step({
      label: `look for ${path}`,
      changes: false,
      effect: () => this.#store.get(path) !== undefined,
      outcome: (there) => (there ? 'there' : 'nothing there'),
    });
  }

  async createIfAbsent(path: string, bytes: Uint8Array): Promise<boolean> {
    const own = Buffer.from(bytes);
    if (this.#kind === 's3') return this.#createAndAsk(path, own);
    return this.#step({
      label: `create ${path}`,
      changes: true,
      effect: () => this.#store.create(path, own),
      outcome: (created) => (created ? 'created' : 'there already'),
    });
  }

  async addFiles(files: readonly { readonly localPath: string; readonly path: string }[]): Promise<void> {
    for (const { localPath, path } of files) {
      const bytes = this.#process.scratch.get(localPath);
      if (bytes === undefined) throw new Error(`there is no local file ${localPath}`);
      if (this.#kind === 's3') {
        if (await this.#createAndAsk(path, bytes)) continue;
        throw pathUsedBefore(path);
      }
      await this.#step({
        label: `add ${path}`,
        changes: true,
        effect: () => {
          if (!this.#store.create(path, bytes)) throw failed(`add ${path}`, 'EEXIST');
        },
      });
    }
  }

  async replaceHint(path: string, bytes: Uint8Array): Promise<void> {
    await this.#step({
      label: `replace ${path} by ${Buffer.from(bytes).toString()}`,
      changes: true,
      effect: () => this.#store.replace(path, Buffer.from(bytes)),
    });
  }

  async linkOrCopy(fromPath: string, toPath: string): Promise<void> {
    if (this.#kind !== 'file' && (await this.exists(toPath))) return;
    await this.#step({
      label: `${this.#kind === 'file' ? 'link' : 'copy'} ${fromPath} to ${toPath}`,
      changes: true,
      effect: () => this.#secondPath(this.#require(fromPath), toPath),
      outcome: (made) => (made ? 'done' : 'there already'),
    });
  }

  async readLocally<T>(paths: readonly string[], use: (localPaths: readonly string[]) => Promise<T>): Promise<T> {
    return this.withScratchFolder(async (folder) => {
      const localPaths: string[] = [];
      for (const [index, path] of paths.entries()) {
        const localPath = `${folder}/${index}`;
        const effect = (): Buffer => this.#require(path).bytes;
        this.#process.scratch.set(localPath, await this.#step({ label: `fetch ${path}`, changes: false, effect }));
        localPaths.push(localPath);
      }
      return use(localPaths);
    });
  }

  /** A few names at a time: what comes and goes meanwhile may be seen or not. */
  async *list(folder: string, { after = '', deep = false }: ListOptions = {}): AsyncIterable<StorageEntry> {
    let last = after;
    for (;;) {
      const from = last;
      const page = await this.#step({
        label: `list ${folder}${from === '' ? '' : ` after ${from}`}`,
        changes: false,
        effect: () => this.#store.list(folder, { after: from, deep, maxEntries: LISTED_AT_ONCE }),
        outcome: (found) => `${found.length} objects`,
      });
      for (const [path, { bytes, modifiedAtMs }] of page) yield { path, sizeBytes: bytes.length, modifiedAtMs };
      last = page.at(-1)?.[0] ?? last;
      if (page.length < LISTED_AT_ONCE) return;
    }
  }

  async remove(paths: readonly string[]): Promise<void> {
    for (const path of paths) {
      await this.#step({
        label: `remove ${path}`,
        changes: true,
        effect: () => this.#store.remove(path),
        outcome: (removed) => (removed ? 'removed' : 'nothing there'),
      });
    }
  }

  /** A PUT that is tried again until an answer comes; where something is there, it is asked who wrote it. */
  async #createAndAsk(path: string, bytes: Buffer): Promise<boolean> {
    this.#calls += 1;
    const writer = `${this.#process.name}/${this.#calls}`;
    const request = {
      label: `put ${path} if none is there`,
      changes: true,
      effect: () => this.#store.create(path, bytes, writer),
      outcome: (created: boolean) => (created ? 'created' : 'there already'),
    };
    for (let attempt = 1; ; attempt += 1) {
      try {
        if (await this.#step(request)) return true;
        const effect = (): StoredObject | undefined => this.#store.get(path);
        const there = await this.#step({ label: `ask who wrote ${path}`, changes: false, effect });
        if (there !== undefined) return there.writer === writer;
      } catch (error) {
        if (attempt === PUTS) throw error;
      }
    }
  }

  #secondPath(object: StoredObject, path: string): boolean {
    return this.#kind === 'file' ? this.#store.link(object, path) : this.#store.create(path, object.bytes);
  }

  #require(path: string): StoredObject {
    const object = this.#store.get(path);
    if (object === undefined) throw failed(`read ${path}`, 'there is no such object', path);
    return object;
  }

  #step<T>(request: Omit<StepRequest<T>, 'failure' | 'mayLandLate'>): Promise<T> {
    return this.#process.step({
      ...request,
      failure: (how) => failed(request.label, how),
      mayLandLate: request.changes && this.#kind !== 'file',
    });
  }
}

/** @param missing the path at which nothing is */
function failed(what: string, why: string, missing?: string): SluiceError {
  const details = missing === undefined ? {} : { missing };
  return new SluiceError('LAKE_UNREACHABLE', `The lake failed: could not ${what} (${why}).`, { details });
}
