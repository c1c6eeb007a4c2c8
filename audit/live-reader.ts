import { SluiceError } from '../errors/sluice-error.ts';
import type { Storage } from '../lake/storage/storage.ts';
import { judgeFileContent, judgeLiveFile } from '../plans/audit-files.ts';
import type { Finding } from '../plans/finding.ts';
import { inGroups, type LiveFile } from './live-files.ts';

/** A file of a group, where an engine can open it. */
export interface OpenedFile extends LiveFile {
  readonly localPath: string;
}

/** Of an engine's failures those that say nothing about the file that it read. */
const NOT_THE_FILE = /out of memory|INTERNAL Error|could not allocate|No space left/i;

/**
 * Reads live files in groups. A file that cannot be read is found out, reported and left out from then on; what the
 * storage or the engine as a whole cannot do is thrown.
 */
export class LiveReader {
  readonly #storage: Storage;
  readonly #table: string;
  readonly #onBroken: (file: LiveFile, finding: Finding) => void;
  readonly #broken = new Set<string>();

  constructor(storage: Storage, table: string, onBroken: (file: LiveFile, finding: Finding) => void) {
    this.#storage = storage;
    this.#table = table;
    this.#onBroken = onBroken;
  }

  /** From now on the file is left out. */
  leaveOut(path: string): void {
    this.#broken.add(path);
  }

  /** Calls `use` for each group of files that can be read. Where it fails it must have had no effect. */
  async read(files: readonly LiveFile[], use: (group: readonly OpenedFile[]) => Promise<void>): Promise<void> {
    const readable = files.filter(({ path }) => !this.#broken.has(path));
    for (const group of inGroups(readable)) {
      try {
        await this.#open(group, use);
      } catch (thrown) {
        if (isGeneral(thrown)) throw thrown;
        for (const file of group) await this.#readAlone(file, use);
      }
    }
  }

  async #readAlone(file: LiveFile, use: (group: readonly OpenedFile[]) => Promise<void>): Promise<void> {
    try {
      await this.#open([file], use);
    } catch (thrown) {
      if (isGeneral(thrown)) throw thrown;
      const isThere = await this.#storage.exists(file.storagePath);
      if (isThere && thrown instanceof SluiceError) throw thrown;
      const failure = thrown instanceof Error ? (thrown.message.split('\n')[0] ?? '') : String(thrown);
      const found = isThere
        ? judgeFileContent(this.#table, file.path, file, { failure })
        : judgeLiveFile(this.#table, file.path, file, undefined);
      this.leaveOut(file.path);
      if (found !== undefined) this.#onBroken(file, found);
    }
  }

  async #open(group: readonly LiveFile[], use: (group: readonly OpenedFile[]) => Promise<void>): Promise<void> {
    const paths = group.map(({ storagePath }) => storagePath);
    await this.#storage.readLocally(paths, (local) =>
      use(group.map((file, index) => ({ ...file, localPath: local[index] ?? '' }))),
    );
  }
}

function isGeneral(thrown: unknown): boolean {
  return thrown instanceof Error && NOT_THE_FILE.test(thrown.message);
}
