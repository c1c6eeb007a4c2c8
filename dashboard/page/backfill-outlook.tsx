import type { JSX } from 'preact';
import type { OutlookReport } from '../api/backfill-wire.ts';
import { bytes, count, duration, many } from '../quantities.ts';

const MAX_RANGES_SHOWN = 6;
const MAX_PARTITIONS_SHOWN = 6;

const SOURCES: Readonly<Record<OutlookReport['source'], string>> = {
  kafka: 'Kafka, which holds all of them',
  archive: 'the table’s archive, which holds all of them',
  files: 'the files',
};

/** What a backfill would do, in words. */
export function Outlook({ outlook }: { outlook: OutlookReport }): JSX.Element {
  const { offsets, units, ranges, sourceBytes, estimatedMs, replaced, topic, source, leavesOutToMs } = outlook;
  return (
    <div class="outlook">
      <p>
        Up to <b>{many(Number(offsets), 'record')}</b> of the topic {topic}, from {SOURCES[source]}, in{' '}
        {many(units, 'unit')}: {bytes(sourceBytes)} to read, about {duration(Math.max(1000, estimatedMs), 'whole')}.
      </p>
      <ul>
        {ranges.slice(0, MAX_RANGES_SHOWN).map(({ partition, startOffset, endOffset }) => (
          <li key={`${partition}/${startOffset}`}>
            Kafka partition {partition}: offsets {startOffset} to {String(BigInt(endOffset) - 1n)}
          </li>
        ))}
        {ranges.length > MAX_RANGES_SHOWN && <li>and {many(ranges.length - MAX_RANGES_SHOWN, 'more range')}</li>}
      </ul>
      {replaced.map(({ table, partitions, files, rows, sizeBytes, names }) => (
        <details key={table}>
          <summary>
            Of <b>{table}</b>, {many(partitions, 'partition')} may hold them: {many(files, 'file')}, {many(rows, 'row')}
            , {bytes(sizeBytes)}, replaced where they do.
          </summary>
          <ul>
            {names.slice(0, MAX_PARTITIONS_SHOWN).map((name) => (
              <li key={name}>
                <code>{name}</code>
              </li>
            ))}
            {partitions > MAX_PARTITIONS_SHOWN && <li>and {count(partitions - MAX_PARTITIONS_SHOWN)} more</li>}
          </ul>
        </details>
      ))}
      {leavesOutToMs !== null && (
        <p>
          What retention has dropped, up to {new Date(leavesOutToMs).toISOString().slice(0, 16)} UTC, is not derived
          again.
        </p>
      )}
    </div>
  );
}
