import type { JSX } from 'preact';
import type { AuditOutcome, HoursReport, TableReport } from '../api/wire.ts';
import { bytes, count, many } from '../quantities.ts';
import { tablePath } from './address.ts';
import { ActionButton } from './action-dialog.tsx';
import { ActionRecord } from './action-record.tsx';
import { Backfills } from './backfills.tsx';
import { ConditionMark, ConditionWord } from './condition.tsx';
import { HourDetails } from './hour-details.tsx';
import { GridLegend, HourGrid } from './hour-grid.tsx';
import { useLoaded } from './loaded.ts';
import { BackToPipeline, LagTable, Running } from './pipeline-page.tsx';
import { parameter, setParameter } from './route.ts';
import { pipeline } from './store.ts';
import { Ago, AuditWord, Moment, TableFigures } from './table-figures.tsx';

/** How often the hours are read anew: what is small is read often. */
const HOURS_EVERY_MS = 5_000;
const MANY_HOURS_EVERY_MS = 30_000;
const SPANS = [7, 14, 31, 92] as const;
const DEFAULT_SPAN = 14;

/** One table: its state, its hours, its audits, and what can be done. */
export function TablePage({ table: name }: { table: string }): JSX.Element {
  const report = pipeline.value;
  const table = report?.tables.find((one) => one.table === name);
  return (
    <article class="table-page" data-table={name} data-condition={table?.condition.state}>
      <BackToPipeline />
      {table === undefined ? (
        <section class="empty">
          <h1>{name}</h1>
          <p>{report === undefined ? 'Opening the stream of tables…' : 'No table of this name is defined.'}</p>
        </section>
      ) : (
        <>
          <Head table={table} />
          <Hours table={name} />
          <div class="table-panels">
            <LagTable table={table} />
            <Audit table={table} />
            <Backfills table={name} />
            <ActionRecord table={name} />
          </div>
        </>
      )}
    </article>
  );
}

function Head({ table }: { table: TableReport }): JSX.Element {
  const { condition } = table;
  return (
    <header class="table-head-block">
      <div class="table-title">
        <h1>
          <ConditionMark state={condition.state} /> {table.table}
        </h1>
        <p class="condition-words">
          <ConditionWord condition={condition} /> {condition.words}
        </p>
        <p class="facts">
          {table.database}.{table.table} · {count(table.rowsTotal)} rows in {many(table.files, 'file')},{' '}
          {bytes(table.sizeBytes)}
        </p>
        <Running table={table} />
      </div>
      <p class="actions">
        {condition.state === 'Paused' || condition.state === 'Stopped' ? (
          <ActionButton name="resume" table={table.table} />
        ) : (
          <>
            <ActionButton name="pause" table={table.table} />
            <ActionButton name="drain" table={table.table} />
          </>
        )}
        <ActionButton name="compact" table={table.table} />
        <ActionButton name="audit" table={table.table} />
      </p>
      <TableFigures table={table} />
    </header>
  );
}

function Hours({ table }: { table: string }): JSX.Element {
  const span = SPANS.find((days) => String(days) === parameter('days')) ?? DEFAULT_SPAN;
  const { value, error } = useLoaded<HoursReport>(
    `/api/v1/tables/${encodeURIComponent(table)}/hours?days=${span}`,
    span > DEFAULT_SPAN ? MANY_HOURS_EVERY_MS : HOURS_EVERY_MS,
  ).value;
  const selected = parameter('hour');
  const select = (partition: string): void => setParameter('hour', partition, 'push');
  const hour = value?.hours.find(({ partition }) => partition === selected);
  return (
    <section class="hours" aria-label="Hours">
      <header>
        <h2>{value?.unit === 'day' ? 'Days' : 'Hours'} by event time</h2>
        <nav class="windows" aria-label="Days shown">
          {SPANS.map((days) => (
            <a
              key={days}
              href={tablePath(table) + (days === DEFAULT_SPAN ? '' : `?days=${days}`)}
              aria-current={days === span ? 'true' : undefined}
            >
              {days} days
            </a>
          ))}
        </nav>
      </header>
      {error !== undefined && (
        <p class="problem" role="alert">
          {error.message} {error.remedy}
        </p>
      )}
      {value === undefined ? (
        error === undefined && <p class="loading">Reading the hours of {table}…</p>
      ) : value.hours.length === 0 ? (
        <p class="empty">No hour yet: the first commit brings one.</p>
      ) : (
        <>
          <HourGrid report={value} selected={selected} onSelect={select} />
          <GridLegend report={value} />
          {hour !== undefined && <HourDetails table={table} hour={hour} onClose={() => select('')} />}
        </>
      )}
    </section>
  );
}

function Audit({ table: { table, audit, certificate } }: { table: TableReport }): JSX.Element {
  return (
    <section class="panel audit" aria-label="Audits">
      <h2>Newest audit</h2>
      {audit === null ? (
        <p class="dim">
          None yet. <code>sluice audit {table}</code> proves that nothing is missing, doubled or changed.
        </p>
      ) : (
        <AuditText audit={audit} />
      )}
      {certificate !== null && (
        <p>
          Certificate {certificate.number}, <Ago ms={certificate.certifiedAtMs} />
          {certificate.watermarkMs === null ? (
            '.'
          ) : (
            <>
              : every record up to <Moment ms={certificate.watermarkMs} /> is in.
            </>
          )}
        </p>
      )}
    </section>
  );
}

function AuditText({ audit }: { audit: AuditOutcome }): JSX.Element {
  return (
    <>
      <p>
        <AuditWord audit={audit} /> <span title={audit.auditId}>{audit.mode} audit</span>{' '}
        <span class="dim">
          <Ago ms={audit.endedAtMs} /> · {many(audit.errors, 'error')}, {many(audit.warnings, 'warning')},{' '}
          {many(audit.notices, 'notice')}
        </span>
      </p>
      <ul>
        {audit.notDone.map(({ check, why }) => (
          <li key={check}>
            <b>not looked at: {check}</b> {why}
          </li>
        ))}
        {audit.findings.map(({ kind, severity, message }) => (
          <li key={kind + message} data-severity={severity}>
            <b>
              {severity} {kind}
            </b>{' '}
            {message}
          </li>
        ))}
      </ul>
    </>
  );
}
