import type { HiveView } from '../../plans/audit-hive.ts';
import { partitionName, type PartitionValues } from '../../plans/partition-name.ts';
import {
  type ActualPartition,
  type FileLink,
  type LiveFile,
  publicationSteps,
  type PublicationSteps,
  type WantedPartition,
  wantedPartitions,
} from '../../plans/publication.ts';
import type { TableShape } from '../../plans/table-shape.ts';
import type { MetaData } from '../log/actions.ts';
import { shapeInLog } from '../log/schema.ts';
import { directoryWithin, hiveLocation } from './hive-location.ts';
import { claimsExactStatistics, newPartition, renewed, takesAllColumns } from './hive-table.ts';
import { HiveTable, type TableState } from './hive-table-state.ts';
import { LinkMemory } from './link-memory.ts';
import { type HiveMetastore, refusalOf } from './metastore.ts';
import type { Partition } from './metastore-types.ts';

/** Links made at a time: enough to hide an object store's answer time. */
export const LINKS_AT_ONCE = 16;
/** Times to look again after others have added or dropped the table or its partitions in between. */
export const MAX_ATTEMPTS = 5;

const OVERTAKEN = new Set(['AlreadyExistsException', 'InvalidOperationException', 'NoSuchObjectException']);

/** What a publisher needs of a storage. Paths are relative to its root. */
export interface PublicationStorage {
  /** Gives a file a second path; done already is no error. */
  linkOrCopy(fromPath: string, toPath: string): Promise<void>;
  uriOf(path: string): string;
}

/** A stretch of the log, and all live files of the partitions that it touches, as of its end. */
export interface TouchedPartitions {
  readonly files: readonly LiveFile[];
  /** Partition values of every file that the stretch added or removed. */
  readonly partitions: readonly PartitionValues[];
  /** The stretch is the log's versions above this one (-1 for all of them), */
  readonly afterVersion: number;
  /** up to this one. */
  readonly version: number;
  /** The log's, as of its end. */
  readonly metaData?: MetaData | undefined;
}

/** What a publication did. */
export interface Publication {
  readonly linked: number;
  /** Partition names. */
  readonly added: readonly string[];
  readonly altered: readonly string[];
  readonly dropped: readonly string[];
  /** The version that Hive stands at now; -1 for none. Below the one asked for, versions before it are missing: reconcile. */
  readonly publishedVersion: number;
  /** When it reached that version, in milliseconds since the epoch. */
  readonly publishedAtMs: number | undefined;
}

/** What the metastore says of partitions, by name. */
type ActualState = ReadonlyMap<string, Partition>;

/**
 * Makes Hive's view of one table follow the table's log. Every publication compares with what the metastore says and
 * alters what differs, so any of them can be repeated, by any number of publishers, and none relies on the one before.
 *
 * Methods throw METASTORE_UNREACHABLE and METASTORE_REFUSED, LOG_INCONSISTENT for a path not understood, and what the
 * storage throws. After any of them the publication is to be made again.
 */
export class HivePublisher {
  readonly #metastore: HiveMetastore;
  readonly #storage: PublicationStorage;
  readonly #shape: TableShape;
  readonly #location: string;
  readonly #partitionColumns: readonly string[];
  readonly #table: HiveTable;
  readonly #linked: LinkMemory;
  /** Of the log, as it was published last. */
  #schemaString: string | undefined;

  constructor(options: {
    readonly metastore: HiveMetastore;
    readonly storage: PublicationStorage;
    readonly shape: TableShape;
    readonly maxLinksRemembered?: number;
  }) {
    this.#metastore = options.metastore;
    this.#storage = options.storage;
    this.#shape = options.shape;
    this.#location = hiveLocation(options.storage.uriOf(options.shape.path));
    this.#partitionColumns = options.shape.partitionColumns.map(({ name }) => name);
    this.#table = new HiveTable(options.metastore, options.shape, this.#location);
    this.#linked = new LinkMemory(options.maxLinksRemembered);
  }

  /** Creates database and table where they are missing, adds columns that are new and widens those that have become wider. */
  async ensureTable(): Promise<{ readonly created: boolean; readonly changedColumns: readonly string[] }> {
    return this.#table.ensure();
  }

  /** Where Hive stands; undefined where there is no table, version -1 where nothing is published. */
  async published(): Promise<TableState | undefined> {
    return this.#table.state();
  }

  /** The version of the log that Hive stands at: -1 where nothing is published. */
  async publishedVersion(): Promise<number> {
    return (await this.published())?.version ?? -1;
  }

  /** What the metastore says of the whole table; undefined where it has none. Changes nothing. */
  async view(): Promise<HiveView | undefined> {
    const { database, table } = this.#shape;
    const described = await this.#table.describe();
    if (described === undefined) return undefined;
    const actual = await this.#read(await this.#metastore.getPartitionNames(database, table));
    return { ...described, partitions: this.#actualPartitions(actual, () => false) };
  }

  /** Brings the partitions that a stretch of the log touched to its end. Files of other partitions are ignored. */
  async publish(touched: TouchedPartitions): Promise<Publication> {
    this.#follow(touched.metaData);
    const names = new Map(
      touched.partitions.map((values) => [this.#keyOf(values), partitionName(values, this.#partitionColumns)]),
    );
    const files = touched.files.filter(({ partitionValues }) => names.has(this.#keyOf(partitionValues)));
    const wanted = wantedPartitions(files, this.#partitionColumns);
    const done = await this.#apply(wanted, () => this.#read([...names.values()]), claimsExactStatistics);
    return { ...done, ...(await this.#raise(touched.version, touched.afterVersion)) };
  }

  /** Compares the whole table: `files` are all its live files at `version`, with this `metaData`. Trusts nothing remembered. */
  async reconcile(files: readonly LiveFile[], version: number, metaData?: MetaData): Promise<Publication> {
    this.#linked.clear();
    this.#follow(metaData);
    const wanted = wantedPartitions(files, this.#partitionColumns);
    const { database, table } = this.#shape;
    const readAll = async (): Promise<ActualState> =>
      this.#read(await this.#metastore.getPartitionNames(database, table));
    const done = await this.#apply(wanted, readAll, () => false);
    return { ...done, ...(await this.#raise(version, undefined)) };
  }

  /** What files hold follows from the log, not from the definition that this publisher was made with, which may be older. */
  #follow(metaData: MetaData | undefined): void {
    if (metaData === undefined || metaData.schemaString === this.#schemaString) return;
    this.#schemaString = metaData.schemaString;
    this.#table.follow(shapeInLog(this.#shape, metaData));
  }

  /** Tells partitions apart, cheaply: every live file of the table may have to be asked. */
  #keyOf(values: PartitionValues): string {
    let key = '';
    for (const column of this.#partitionColumns) key += `${values[column] ?? ''}\n`;
    return key;
  }

  async #apply(
    wanted: readonly WantedPartition[],
    read: () => Promise<ActualState>,
    outdated: (partition: Partition) => boolean,
  ): Promise<Pick<Publication, 'linked' | 'added' | 'altered' | 'dropped'>> {
    let linked = 0;
    for (let attempt = 1; ; attempt += 1) {
      try {
        await this.#table.ensureOnce();
        const actual = await read();
        const steps = publicationSteps(wanted, this.#actualPartitions(actual, outdated));
        linked += await this.#link(steps.link);
        await this.#alter(steps, actual);
        return { linked, added: namesOf(steps.add), altered: namesOf(steps.alter), dropped: steps.drop };
      } catch (error) {
        this.#table.distrust();
        if (attempt === MAX_ATTEMPTS || !mayBeOvertaken(error)) throw error;
      }
    }
  }

  async #read(names: readonly string[]): Promise<ActualState> {
    const { database, table } = this.#shape;
    const partitions = await this.#metastore.getPartitionsByNames(database, table, names);
    const keys = this.#partitionColumns;
    const named = partitions.map((partition) => {
      const values = Object.fromEntries(keys.map((key, index) => [key, partition.values?.[index] ?? null]));
      return [partitionName(values, keys), partition] as const;
    });
    return new Map(named);
  }

  #actualPartitions(actual: ActualState, outdated: (partition: Partition) => boolean): ActualPartition[] {
    return [...actual].map(([name, partition]) => ({
      name,
      directory: directoryWithin(this.#location, partition.sd?.location),
      descriptionHolds: takesAllColumns(partition, this.#table.shape) && !outdated(partition),
    }));
  }

  async #link(links: readonly FileLink[]): Promise<number> {
    const missing = links.filter((link) => !this.#linked.has(link));
    for (let start = 0; start < missing.length; start += LINKS_AT_ONCE) {
      await Promise.all(missing.slice(start, start + LINKS_AT_ONCE).map((link) => this.#linkOne(link)));
    }
    return missing.length;
  }

  async #linkOne(link: FileLink): Promise<void> {
    await this.#storage.linkOrCopy(`${this.#shape.path}/${link.from}`, `${this.#shape.path}/${link.to}`);
    this.#linked.add(link);
  }

  async #alter(steps: PublicationSteps, actual: ActualState): Promise<void> {
    const { database, table: name } = this.#shape;
    if (steps.add.length + steps.alter.length > 0) {
      const table = await this.#table.read();
      const locationOf = ({ directory }: WantedPartition): string => `${this.#location}/${directory}`;
      const additions = steps.add.map((wanted) => newPartition(table, wanted.values, locationOf(wanted)));
      const alterations = steps.alter.map((wanted) =>
        renewed(actual.get(wanted.name) ?? {}, table, locationOf(wanted)),
      );
      await this.#metastore.addPartitions(database, name, additions);
      await this.#metastore.alterPartitions(database, name, alterations);
    }
    for (const dropped of steps.drop) {
      await this.#metastore.dropPartition(database, name, actual.get(dropped)?.values ?? []);
    }
  }

  async #raise(
    version: number,
    afterVersion: number | undefined,
  ): Promise<Pick<Publication, 'publishedVersion' | 'publishedAtMs'>> {
    const state = await this.#table.raise(version, afterVersion);
    return { publishedVersion: state.version, publishedAtMs: state.atMs };
  }
}

/** Partitions, or the table, have been added or dropped by others since they were looked at: look again. */
function mayBeOvertaken(error: unknown): boolean {
  return OVERTAKEN.has(refusalOf(error) ?? '');
}

function namesOf(partitions: readonly WantedPartition[]): string[] {
  return partitions.map(({ name }) => name);
}
