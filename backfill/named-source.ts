import type { TableDefinition } from '../definition/table-definition.ts';
import type { KafkaCluster } from '../kafka/cluster.ts';
import { sampleRecordSize } from '../kafka/record-size.ts';
import type { Storage } from '../lake/storage/storage.ts';
import { archiveSource, filesSource, type ProposedSource } from './record-source.ts';

/** A source as somebody names it. */
export type NamedSource =
  | { readonly kind: 'kafka' | 'archive' }
  /** A file or a folder on this machine. */
  | { readonly kind: 'files'; readonly path: string };

const FILES = 'files:';

/** Reads `kafka`, `archive` or `files:PATH`; undefined where it is none of them. */
export function sourceNamed(text: string): NamedSource | undefined {
  if (text === 'kafka' || text === 'archive') return { kind: text };
  if (text.startsWith(FILES) && text.length > FILES.length) return { kind: 'files', path: text.slice(FILES.length) };
  return undefined;
}

/** What a source is opened with. */
export interface SourceParts {
  readonly storage: Storage;
  /** Opens what the source itself closes. */
  readonly openCluster: () => KafkaCluster;
}

/** Opens a source for as long as `use` takes. @throws SluiceError BACKFILL_REFUSED, and what the source throws */
export async function withSource<T>(
  { storage, openCluster }: SourceParts,
  definition: TableDefinition,
  source: NamedSource,
  use: (source: ProposedSource) => Promise<T>,
): Promise<T> {
  if (source.kind === 'archive') return use(await archiveSource(storage, definition));
  if (source.kind === 'files') {
    const { path } = source;
    return storage.withScratchFolder(async (folder) => use(await filesSource(storage, definition, path, folder)));
  }
  const cluster = openCluster();
  try {
    return await use({
      kind: 'kafka',
      offsets: cluster,
      recordSizeBytes: (topicId, { partition, startOffset, endOffset }, signal) => {
        const range = { partition, startOffset: BigInt(startOffset), endOffset: BigInt(endOffset) };
        return sampleRecordSize(cluster, topicId, range, signal);
      },
    });
  } finally {
    await cluster.close();
  }
}
