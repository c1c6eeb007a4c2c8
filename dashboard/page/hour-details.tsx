import type { JSX } from 'preact';
import type { HourReport } from '../api/wire.ts';
import { HOUR_WORDS } from '../hour-state.ts';
import { bytes, count, duration, many } from '../quantities.ts';
import { ActionButton } from './action-dialog.tsx';
import { HourMark } from './hour-grid.tsx';
import { hourName, localHours } from './hour-times.ts';
import { nowMs } from './store.ts';
import { whenTitle } from './table-figures.tsx';

/** All that is known of one hour, and what can be done about it. */
export function HourDetails(props: { table: string; hour: HourReport; onClose: () => void }): JSX.Element {
  const { table, hour, onClose } = props;
  const { certified } = hour;
  return (
    <section class="panel hour-details" aria-label="The chosen hour" data-hour={hour.partition}>
      <header>
        <h3>
          <HourMark state={hour.state} /> {hourName(hour)} <span class="dim">UTC · {localHours(hour)} here</span>
        </h3>
        <button type="button" class="quiet" aria-label="Close" onClick={onClose}>
          ×
        </button>
      </header>
      <p>
        <b class="hour-word" data-state={hour.state}>
          {HOUR_WORDS[hour.state]}
        </b>{' '}
        {hour.words}
      </p>
      <dl>
        <Fact name="Rows" text={count(hour.rows)} title={String(hour.rows)} />
        <Fact
          name="Certified"
          text={certified === null ? 'not yet' : `${count(certified.rows)} rows`}
          title={certified === null ? '' : `checksum ${certified.checksum}`}
        />
        <Fact name="Rejected by then" text={certified === null ? 'unknown' : count(certified.rejected)} />
        <Fact name="Came late" text={many(hour.lateRows, 'row')} />
        <Fact name="Files" text={filesText(hour)} />
        <Fact name="Size" text={bytes(hour.sizeBytes)} />
        <Fact name="Newest batch" {...when(hour.lastBatchAtMs)} />
        <Fact name="Last rewrite" {...when(hour.lastRewriteAtMs)} />
      </dl>
      <p class="actions">
        <ActionButton name="compact" table={table} partition={hour.partition} disabled={hour.files === 0} />
        <ActionButton name="audit" table={table} />
      </p>
    </section>
  );
}

function Fact({ name, text, title }: { name: string; text: string; title?: string }): JSX.Element {
  return (
    <div title={title}>
      <dt>{name}</dt>
      <dd>{text}</dd>
    </div>
  );
}

function filesText({ files, batchFiles }: HourReport): string {
  return batchFiles === 0 ? count(files) : `${count(files)}, ${count(batchFiles)} unmerged`;
}

function when(ms: number | null): { text: string; title: string } {
  if (ms === null) return { text: 'none is live', title: '' };
  return { text: `${duration(Math.max(0, nowMs.value - ms), 'whole')} ago`, title: whenTitle(ms) };
}
