import { TablePublication } from '../../../activities/publication.ts';
import { loadDefinition } from '../../../definition/load.ts';
import { SluiceError } from '../../../errors/sluice-error.ts';
import { commitRewrite, type RewriteOutcome } from '../../../lake/commit-rewrite.ts';
import { TableLog } from '../../../lake/log/table-log.ts';
import type { DataFile } from '../../../plans/batch.ts';
import { decodedPath, rewriteFilePath } from '../../../plans/file-place.ts';
import { partitionName } from '../../../plans/partition-name.ts';
import { partitionEndMs } from '../../../plans/partition-time.ts';
import { COMPACTION_ID_PREFIX, type Rewrite, rewriteBase, type RewriteKind } from '../../../plans/rewrite.ts';
import { mainTable, rejectedTable } from '../../../plans/table-shape.ts';
import { type Row, rowStatistics } from '../services/row-engine.ts';
import type { TableWatch } from '../promises/table-watch.ts';
import type { SimulatedProcess } from '../world/process.ts';
import type { World } from '../world/world.ts';
import { partsOf, type WorkerParts } from './worker.ts';

const TRIES = 3;

type Values = Readonly<Record<string, string>>;

/** Rows of a file that is live at the rewrite's base. */
interface TakenFile {
  readonly path: string;
  readonly values: Values;
  readonly rows: readonly Row[];
}

/** What a rewrite makes of the files that it takes: rows by partition. */
interface Outcome {
  readonly taken: readonly TakenFile[];
  readonly rows: ReadonlyMap<string, { readonly values: Values; readonly rows: readonly Row[] }>;
}

/**
 * Makes one rewrite of any files, worth it or not: the rules of the commit must hold whatever is chosen. Compaction takes
 * some files of a partition, or all; retention drops some or all.
 */
export async function rewriteOnce(
  world: World,
  process: SimulatedProcess,
  watch: TableWatch,
  { tablePath, kind }: { readonly tablePath: string; readonly kind: Exclude<RewriteKind, 'backfill'> },
): Promise<void> {
  const parts = partsOf(world, process);
  const log = new TableLog(parts.storage, tablePath, parts.log);
  await log.refresh();
  const files = [...log.snapshot.files.values()];
  if (files.length === 0) return;
  const columns = log.snapshot.metaData?.partitionColumns ?? [];
  const { random } = world.scheduler;
  const live = inOnePartition(files, columns, random.pick(files));
  const wanted = live.filter(() => world.chooses(0.7));
  const outcome = kept(kind, await readRows(parts, tablePath, wanted), live.length, columns);
  if (outcome.taken.length === 0) return;
  const values = [...outcome.rows.values()].map((partition) => partition.values);
  const base = rewriteBase(
    log.snapshot,
    columns,
    outcome.taken.map(({ path }) => path),
    values,
  );
  const prefix = kind === 'compaction' ? COMPACTION_ID_PREFIX : 'r';
  const rewriteId = `${prefix}${parts.attemptName()}`;
  const attempt = { baseVersion: base.version, rewriteId, attempt: parts.attemptName() };
  const written = await write(
    parts,
    process,
    tablePath,
    [...outcome.rows].map(([partition, { values: of, rows }], index) => {
      return { path: rewriteFilePath(partition, attempt, index), values: of, rows };
    }),
  );
  const isDrop = kind === 'retention' && written.length === 0;
  const droppedToMs = Math.max(...outcome.taken.map((file) => partitionEndMs(file.values) ?? 0));
  const done = await committed(log, {
    ...{ id: attempt.rewriteId, kind, base, files: written },
    ...(isDrop ? { droppedToMs } : {}),
  });
  world.scheduler.trace.add(process.name, `${kind} from version ${base.version}: ${done.kind}`);
  world.heardRewrite(process, tablePath, attempt.rewriteId, done.kind === 'committed');
  await log.checkpointIfDue();
  await publish(parts, watch, tablePath);
}

/** Whoever rewrites shows what has become of it. */
async function publish(parts: WorkerParts, watch: TableWatch, tablePath: string): Promise<void> {
  const definition = loadDefinition(parts.tablesFolder, watch.topic.name);
  const shape = [mainTable(definition), rejectedTable(definition)].find(({ path }) => path === tablePath);
  if (shape === undefined) throw new Error(`${tablePath} is not of ${definition.table}`);
  await new TablePublication(parts, shape).stop();
}

/** Tries again where no answer came, as a step that is repeated does. */
async function committed(log: TableLog, rewrite: Rewrite): Promise<RewriteOutcome> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await commitRewrite(log, rewrite);
    } catch (error) {
      const unanswered = error instanceof SluiceError && error.code === 'LAKE_UNREACHABLE';
      if (!unanswered || attempt === TRIES) throw error;
    }
  }
}

interface Live {
  readonly path: string;
  readonly partitionValues: Values;
}

function inOnePartition<F extends Live>(
  files: readonly F[],
  columns: readonly string[],
  { partitionValues }: Live,
): F[] {
  const name = partitionName(partitionValues, columns);
  return files.filter((file) => partitionName(file.partitionValues, columns) === name);
}

async function readRows(parts: WorkerParts, tablePath: string, files: readonly Live[]): Promise<TakenFile[]> {
  return Promise.all(
    files.map(async ({ path, partitionValues }) => {
      const missing = `${tablePath}/${decodedPath(path)}`;
      const bytes = await parts.storage.read(missing);
      if (bytes === undefined)
        throw new SluiceError('LAKE_UNREACHABLE', `${path} is not there`, { details: { missing } });
      return { path, values: partitionValues, rows: JSON.parse(bytes.toString()) as Row[] };
    }),
  );
}

/** All rows in one file, or none; none at all still needs a file where the partition keeps others. */
function kept(kind: RewriteKind, taken: readonly TakenFile[], liveFiles: number, columns: readonly string[]): Outcome {
  const [first] = taken;
  const rows = kind === 'retention' ? [] : taken.flatMap((file) => file.rows);
  const nothing = rows.length === 0 && taken.length === liveFiles;
  if (first === undefined || nothing) return { taken, rows: new Map() };
  return { taken, rows: new Map([[partitionName(first.values, columns), { values: first.values, rows }]]) };
}

async function write(
  { storage }: WorkerParts,
  process: SimulatedProcess,
  tablePath: string,
  files: readonly { readonly path: string; readonly values: Values; readonly rows: readonly Row[] }[],
): Promise<DataFile[]> {
  return storage.withScratchFolder(async (folder) => {
    const written = files.map(({ path, values, rows }, index) => {
      const bytes = Buffer.from(JSON.stringify(rows));
      const localPath = `${folder}/${index}`;
      process.scratch.set(localPath, bytes);
      const stats = rowStatistics(rows);
      return { localPath, path, partitionValues: values, sizeBytes: bytes.length, rows: rows.length, stats };
    });
    await storage.addFiles(written.map(({ localPath, path }) => ({ localPath, path: `${tablePath}/${path}` })));
    return written;
  });
}
