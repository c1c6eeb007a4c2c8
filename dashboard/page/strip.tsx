import type { JSX } from 'preact';
import type { TableReport } from '../api/wire.ts';
import { tablePath } from './address.ts';
import { ConditionMark, ConditionWord } from './condition.tsx';
import { pipeline } from './store.ts';
import { TableFigures } from './table-figures.tsx';

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

export function TableLine({ table }: { table: TableReport }): JSX.Element {
  const { condition } = table;
  return (
    <div class="table-line" data-table={table.table} data-condition={condition.state}>
      <div class="table-name">
        <ConditionMark state={condition.state} />
        <div>
          <a href={tablePath(table.table)}>{table.table}</a>{' '}
          <a
            class="outside"
            href={table.workflowUrl}
            target="_blank"
            rel="noreferrer"
            title="its workflow in the Temporal UI"
          >
            <span aria-hidden="true">↗</span>
            <span class="visually-hidden">{table.table} in the Temporal UI</span>
          </a>
          <small title={condition.words}>
            <ConditionWord condition={condition} /> {condition.words}
          </small>
        </div>
      </div>
      <TableFigures table={table} />
    </div>
  );
}
