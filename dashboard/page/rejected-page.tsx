import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { RejectedGroup, RejectedReport, RejectedSample, ShownBytes } from '../api/wire.ts';
import { bytes, count, many } from '../quantities.ts';
import { tablePath } from './address.ts';
import { BackfillButton } from './backfill-dialog.tsx';
import { useLoaded } from './loaded.ts';
import { rejectionWords } from './rejection-words.ts';
import { Ago, Moment } from './table-figures.tsx';

const REFRESH_MS = 10_000;

/** What a table could not take, by reason, with the bytes as they came. */
export function RejectedPage({ table }: { table: string }): JSX.Element {
  const { value, error } = useLoaded<RejectedReport>(
    `/api/v1/tables/${encodeURIComponent(table)}/rejected`,
    REFRESH_MS,
  ).value;
  return (
    <article class="rejected-page" data-table={table}>
      <a class="back" href={tablePath(table)}>
        ← {table}
      </a>
      {error !== undefined && (
        <p class="problem" role="alert">
          {error.message} {error.remedy}
        </p>
      )}
      {value === undefined ? (
        error === undefined && <p class="loading">Reading the rejected records…</p>
      ) : (
        <Groups report={value} />
      )}
    </article>
  );
}

function Groups({ report }: { report: RejectedReport }): JSX.Element {
  const { groups, recordsRead, recordsTotal, rejectedTable, table } = report;
  return (
    <>
      <section class="headline">
        <h1>
          {recordsTotal === 0
            ? `No record of ${table} was rejected.`
            : `${many(recordsTotal, 'record')} rejected, for ${many(groups.length, 'reason')}.`}
        </h1>
        {recordsTotal === 0 ? (
          <p>What the table cannot take would stand here, with its own bytes and the reason.</p>
        ) : (
          <p>
            Nothing is lost: each is in <code>{rejectedTable}</code>, byte for byte.
            {recordsRead < recordsTotal && ` The newest ${count(recordsRead)} are told of here.`}
          </p>
        )}
      </section>
      {groups.map((group) => (
        <Group key={group.reason} group={group} />
      ))}
      {recordsTotal > 0 && <Remedy report={report} />}
    </>
  );
}

function Group({ group }: { group: RejectedGroup }): JSX.Element {
  const { reason, records, firstAtMs, lastAtMs, samples } = group;
  return (
    <section class="panel rejected-group" data-reason={reason} aria-label={reason}>
      <header>
        <h2>{reason}</h2>
        <p>
          <b>{many(records, 'record')}</b>{' '}
          <span class="dim">
            newest <Ago ms={lastAtMs} />, oldest <Ago ms={firstAtMs} />
          </span>
        </p>
      </header>
      <p>{rejectionWords(reason)}</p>
      <ol>
        {samples.map((sample) => (
          <Sample key={`${sample.partition}/${sample.offset}`} sample={sample} />
        ))}
      </ol>
    </section>
  );
}

function Sample({ sample }: { sample: RejectedSample }): JSX.Element {
  const { partition, offset, kafkaTimeMs, detail, key, value } = sample;
  return (
    <li>
      <p>
        partition {partition}, offset {offset}{' '}
        <span class="dim">
          <Moment ms={kafkaTimeMs} />
        </span>
        {detail !== null && <span class="detail"> {detail}</span>}
      </p>
      {key !== null && <Bytes name="key" shown={key} />}
      {value === null ? <p class="dim">no value</p> : <Bytes name="value" shown={value} />}
    </li>
  );
}

/** Bytes as text or as hexadecimal digits: set as text, with everything that could mislead escaped by the API. */
function Bytes({ name, shown }: { name: string; shown: ShownBytes }): JSX.Element {
  const [isHex, setHex] = useState(false);
  const cut = shown.shownBytes < shown.sizeBytes ? `, the first ${bytes(shown.shownBytes)}` : '';
  return (
    <figure class="bytes">
      <figcaption>
        {name} <span class="dim">{bytes(shown.sizeBytes) + cut}</span>
        <button type="button" class="quiet-text" aria-pressed={isHex} onClick={() => setHex(!isHex)}>
          {isHex ? 'as text' : 'as hex'}
        </button>
      </figcaption>
      <pre tabIndex={0} aria-label={name}>
        {isHex ? shown.hex : shown.text || '\u00a0'}
      </pre>
    </figure>
  );
}

function Remedy({ report }: { report: RejectedReport }): JSX.Element {
  const { rejectedTable, table } = report;
  return (
    <section class="panel remedy" aria-label="What to do">
      <h2>What to do</h2>
      <p>
        Correct the producer, or the table’s definition: new records are judged by it from the next batch on. Look at
        all of them with
      </p>
      <pre
        tabIndex={0}
      >{`sluice sql "select reason, detail, kafka_partition, kafka_offset, decode(record_value) from ${rejectedTable} limit 20"`}</pre>
      <p>Once what is rejected would be taken, derive it anew: each record ends in the table, or rejected again.</p>
      <p class="actions">
        <BackfillButton table={table} scope="rejected" verb="Redrive" />
      </p>
    </section>
  );
}
