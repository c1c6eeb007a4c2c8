import type { ComponentChildren, JSX } from 'preact';
import type { Quantiles, TableReport } from '../api/wire.ts';
import { count, duration, latency, rowsPerSecond } from '../quantities.ts';
import { Figure, StateMark } from './marks.tsx';
import { nowMs, pipeline } from './store.ts';
import { localTime, utcTime } from './times.ts';

/** One line a table: how the pipeline behind the figures is doing. */
export function PipelineStrip(): JSX.Element | null {
  const report = pipeline.value;
  if (report === undefined) return null;
  return (
    <section class="strip" aria-label="Pipeline">
      {report.tables.map((table) => (
        <TableLine key={table.table} table={table} />
      ))}
    </section>
  );
}

const MARKS = { ok: 'ok', late: 'warn', waiting: 'silent', failed: 'critical' } as const;

function TableLine({ table }: { table: TableReport }): JSX.Element {
  const { freshnessToCommit: commit, freshnessToHive: hive, lastCommitAtMs: last } = table;
  return (
    <div class="table-line" data-table={table.table} data-state={table.state}>
      <div class="table-name">
        <StateMark state={MARKS[table.state]} />
        <div>
          <a href={table.workflowUrl} target="_blank" rel="noreferrer" title="its workflow in the Temporal UI">
            {table.table}
            <span aria-hidden="true"> ↗</span>
          </a>
          <small>{table.words}</small>
        </div>
      </div>
      <dl>
        <Item
          name="Event to commit"
          note={hourNote(commit.lastHour)}
          title="median and 99th percentile of the last minute"
        >
          <Pair {...commit.lastMinute} />
        </Item>
        <Item name="Event to Hive" note={hourNote(hive.lastHour)} title="median and 99th percentile of the last minute">
          <Pair {...hive.lastMinute} />
        </Item>
        <Item name="Rate" note={`${count(table.rowsTotal)} rows`}>
          <Figure text={rowsPerSecond(table.rowsPerSecond)} />
        </Item>
        <Item name="Lag" note={lagNote(table)} title={table.lag.words}>
          <Figure text={lagText(table)} />
        </Item>
        <Item name="Rejected" note={`${count(table.rejectedTotal)} in all`}>
          <Figure text={`${count(table.rejectedLastMinute)} in 1 min`} />
        </Item>
        <Item name="Last commit" note={versionNote(table)}>
          <span class="figure" title={last === null ? '' : `${localTime(last)}, ${utcTime(last)}`}>
            {last === null ? 'none yet' : `${duration(Math.max(0, nowMs.value - last))} ago`}
          </span>
        </Item>
      </dl>
    </div>
  );
}

function Item(props: { name: string; note: string; title?: string; children: ComponentChildren }): JSX.Element {
  return (
    <div title={props.title}>
      <dt>{props.name}</dt>
      <dd>{props.children}</dd>
      <dd class="note">{props.note}</dd>
    </div>
  );
}

function Pair({ p50Ms, p99Ms }: Quantiles): JSX.Element {
  if (p50Ms === null || p99Ms === null) return <span class="figure">no rows</span>;
  return (
    <>
      <Figure text={latency(p50Ms)} /> <span class="dim">p99</span> <Figure text={latency(p99Ms)} />
    </>
  );
}

function hourNote({ p50Ms, p99Ms }: Quantiles): string {
  return p50Ms === null || p99Ms === null ? '1 h: no rows' : `1 h: ${latency(p50Ms)}, p99 ${latency(p99Ms)}`;
}

function lagText({ lag }: TableReport): string {
  if (lag.state === 'unknown') return 'unknown';
  return lag.partitions.length === 0
    ? 'no partitions'
    : lag.partitions.map(({ lagRecords }) => count(lagRecords ?? 0)).join(' · ');
}

function lagNote({ lag }: TableReport): string {
  return lag.state === 'unknown' ? 'Kafka does not answer' : `records, by ${lag.partitions.length} partitions`;
}

function versionNote({ logVersion, hiveVersion }: TableReport): string {
  if (logVersion === null) return 'no log yet';
  return `log v${logVersion}, Hive ${hiveVersion === null ? 'not yet' : `v${hiveVersion}`}`;
}
