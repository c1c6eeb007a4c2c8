import type { JSX } from 'preact';
import type { TableReport } from '../api/wire.ts';
import { pipelineHeadline } from '../pipeline-headline.ts';
import { duration, many } from '../quantities.ts';
import { PIPELINE_PATH, tablePath } from './address.ts';
import { nowMs, pipeline } from './store.ts';
import { TableLine } from './strip.tsx';
import { whenTitle } from './table-figures.tsx';

/** Every table on a line, and what runs for it. */
export function PipelinePage(): JSX.Element {
  const report = pipeline.value;
  if (report === undefined) return <p class="first-words">Opening the stream of tables…</p>;
  const conditions = report.tables.map(({ table, condition }) => ({ table, state: condition.state }));
  return (
    <article class="pipeline-page">
      <section class="headline">
        <h1>{pipelineHeadline(conditions)}</h1>
        {report.temporal.state === 'unknown' && (
          <p class="data-words" data-state="late">
            {report.temporal.words} What the log and Kafka tell is shown.
          </p>
        )}
      </section>
      {report.tables.length === 0 ? (
        <section class="empty">
          <p>Write a definition into `tables/`, and start Sluice anew.</p>
        </section>
      ) : (
        <section class="strip" aria-label="Tables">
          {report.tables.map((table) => (
            <div key={table.table} class="table-block">
              <TableLine table={table} />
              <Running table={table} />
            </div>
          ))}
        </section>
      )}
    </article>
  );
}

/** What runs for a table now, each linked to where it can be looked at. */
export function Running({ table }: { table: TableReport }): JSX.Element {
  return (
    <p class="running">
      <a href={tablePath(table.table)}>Hours, audits and actions</a>
      {table.workflows.map(({ workflowId, state, startedAtMs, url }) => (
        <a
          key={workflowId}
          class="outside"
          href={url}
          target="_blank"
          rel="noreferrer"
          title={`started ${whenTitle(startedAtMs)}`}
        >
          {workflowId}{' '}
          <span class="dim">
            {state ?? 'starting'}, {duration(Math.max(0, nowMs.value - startedAtMs), 'whole')}
          </span>{' '}
          <span aria-hidden="true">↗</span>
        </a>
      ))}
    </p>
  );
}

/** Kafka partition by partition: how much waits. */
export function LagTable({ table }: { table: TableReport }): JSX.Element {
  const most = Math.max(1, ...table.lag.partitions.map(({ lagRecords }) => lagRecords ?? 0));
  return (
    <section class="panel lag" aria-label="Lag by Kafka partition">
      <h2>
        Lag <span class="dim">topic {table.topic}</span>
      </h2>
      <p class="dim">{table.lag.words}</p>
      <table>
        <thead>
          <tr>
            <th>Partition</th>
            <th>Committed to</th>
            <th>Kafka’s end</th>
            <th>Waits</th>
          </tr>
        </thead>
        <tbody>
          {table.lag.partitions.map(({ partition, committedOffset, lastStableOffset, lagRecords }) => (
            <tr key={partition}>
              <td>{partition}</td>
              <td>{committedOffset}</td>
              <td>{lastStableOffset ?? 'unknown'}</td>
              <td>
                <span class="lag-bar" aria-hidden="true">
                  <span style={{ transform: `scaleX(${((lagRecords ?? 0) / most).toFixed(2)})` }} />
                </span>
                {lagRecords === null ? 'unknown' : many(lagRecords, 'record')}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

export function BackToPipeline(): JSX.Element {
  return (
    <a class="back" href={PIPELINE_PATH}>
      ← All tables
    </a>
  );
}
