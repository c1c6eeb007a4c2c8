import type { ComponentChildren, JSX } from 'preact';
import type { AuditOutcome, Quantiles, TableReport } from '../api/wire.ts';
import { count, duration, latency, many, rowsPerSecond } from '../quantities.ts';
import { rejectedPath } from './address.ts';
import { Figure } from './marks.tsx';
import { nowMs } from './store.ts';
import { localDay, localTime, utcTime } from './times.ts';

/** How one table's pipeline does, in figures. */
export function TableFigures({ table }: { table: TableReport }): JSX.Element {
  const { freshnessToCommit: commit, freshnessToHive: hive, lastCommitAtMs: last } = table;
  const quantiles = 'median and 99th percentile of the last minute';
  return (
    <dl class="table-figures">
      <Item name="Event to commit" note={hourNote(commit.lastHour)} title={quantiles}>
        <Pair {...commit.lastMinute} />
      </Item>
      <Item name="Event to Hive" note={hourNote(hive.lastHour)} title={quantiles}>
        <Pair {...hive.lastMinute} />
      </Item>
      <Item name="Rate" note={`${count(table.rowsTotal)} rows in all`}>
        <Figure text={rowsPerSecond(table.rowsPerSecond)} />
      </Item>
      <Item name="Lag" note={lagNote(table)} title={table.lag.words}>
        <Figure text={lagText(table)} />
      </Item>
      <Item name="Rejected" note={`${count(table.rejectedTotal)} in all`}>
        <a class="inner-link" href={rejectedPath(table.table)}>
          <Figure text={`${count(table.rejectedLastMinute)} in 1 min`} />
        </a>
      </Item>
      <Item name="Last commit" note={versionNote(table)}>
        <span class="figure" title={last === null ? '' : `${localTime(last)}, ${utcTime(last)}`}>
          {last === null ? 'none yet' : `${duration(Math.max(0, nowMs.value - last))} ago`}
        </span>
      </Item>
      <Item name="Newest audit" note={auditNote(table)}>
        <AuditWord audit={table.audit} />
      </Item>
    </dl>
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

export function AuditWord({ audit }: { audit: AuditOutcome | null }): JSX.Element {
  if (audit === null) return <span class="figure">none yet</span>;
  const words = { clean: 'clean', findings: many(audit.errors + audit.warnings, 'finding'), incomplete: 'incomplete' };
  return (
    <span class="figure audit-word" data-verdict={audit.verdict}>
      {words[audit.verdict]}
    </span>
  );
}

function auditNote({ audit, certificate }: TableReport): string {
  if (audit === null) return 'run `sluice audit`';
  const number = certificate === null ? '' : `, certificate ${certificate.number}`;
  return `${duration(Math.max(0, nowMs.value - audit.endedAtMs), 'whole')} ago${number}`;
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
  return lag.state === 'unknown' ? 'Kafka does not answer' : `records, by ${many(lag.partitions.length, 'partition')}`;
}

function versionNote({ logVersion, hiveVersion }: TableReport): string {
  if (logVersion === null) return 'no log yet';
  return `log v${logVersion}, Hive ${hiveVersion === null ? 'not yet' : `v${hiveVersion}`}`;
}

/** A moment for hovering: as it is here, and in UTC. */
export function whenTitle(ms: number): string {
  return `${localDay(ms)}, ${utcTime(ms)}`;
}

/** A moment in few words, with UTC on hover. */
export function Moment({ ms }: { ms: number }): JSX.Element {
  return <span title={whenTitle(ms)}>{localDay(ms)}</span>;
}

/** How long ago, with the moment on hover. */
export function Ago({ ms }: { ms: number }): JSX.Element {
  return <span title={whenTitle(ms)}>{duration(Math.max(0, nowMs.value - ms), 'whole')} ago</span>;
}
