import { archiveSource, filesSource, type ProposedSource } from '../backfill/record-source.ts';
import type { TableDefinition } from '../definition/table-definition.ts';
import { SluiceError } from '../errors/sluice-error.ts';
import { KafkaCluster } from '../kafka/cluster.ts';
import { sampleRecordSize } from '../kafka/record-size.ts';
import { openStorage } from '../lake/storage/open-storage.ts';
import type { Settings } from '../settings/settings.ts';

const FILES = 'files:';

/** Opens what `--source` names for as long as `use` takes. */
export async function withSource(
  settings: Settings,
  definition: TableDefinition,
  source: string,
  use: (source: ProposedSource) => Promise<void>,
): Promise<void> {
  const storage = openStorage(settings);
  if (source === 'archive') return use(await archiveSource(storage, definition));
  if (source.startsWith(FILES) && source.length > FILES.length) {
    return storage.withScratchFolder(async (folder) =>
      use(await filesSource(storage, definition, source.slice(FILES.length), folder)),
    );
  }
  if (source !== 'kafka') {
    throw new SluiceError('USAGE', `--source takes kafka, archive or files:PATH, not "${source}".`);
  }
  const cluster = new KafkaCluster(settings.kafka, 'sluice-cli');
  try {
    await use({
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
