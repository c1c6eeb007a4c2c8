import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { DialogButtons, textIn } from './dialog-frame.tsx';

/** Which records, and where they are read, as the API takes it; what is not asked for is left out. */
export type AskedRange = Record<'from' | 'to', string> & Partial<Record<'source' | 'dropped' | 'maxRows', string>>;

type SourceKind = 'kafka' | 'archive' | 'files';

/** The first step of a backfill: which records are to be derived anew, and from where. */
export function BackfillRange(props: {
  /** All records of a time, or those alone that are rejected now. */
  isAll: boolean;
  isPlanning: boolean;
  problem: string | undefined;
  onAsk: (range: AskedRange) => void;
  onClose: () => void;
}): JSX.Element {
  const { isAll, isPlanning, problem, onAsk, onClose } = props;
  const [source, setSource] = useState<SourceKind>('kafka');
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        onAsk(rangeOf(new FormData(event.currentTarget)));
      }}
    >
      <p>
        {isAll
          ? 'Records of this time, by Kafka’s own timestamps, are derived anew by the definition as it is now, and replace what the table holds of them.'
          : 'Every record that is rejected now is derived anew by the definition as it is now: each ends in the table, or rejected again.'}{' '}
        First you see what it would do.
      </p>
      <div class="range">
        <Text
          name="from"
          label={isAll ? 'From' : 'From, if not all'}
          hint="2h, or 2026-11-23T05:00:00Z"
          needed={isAll}
        />
        <Text name="to" label="To, if not now" hint="1h, or 2026-11-23T07:00:00Z" />
        <label class="who">
          Read from
          <select name="source" value={source} onChange={(event) => setSource(event.currentTarget.value as SourceKind)}>
            <option value="kafka">Kafka</option>
            <option value="archive">the table’s archive</option>
            <option value="files">files of records</option>
          </select>
        </label>
        <Text name="maxRows" label="Records a second, if not all it can" hint="500" />
        {source === 'files' && (
          <Text name="path" label="Path, in the folder of files" hint="2026-11/records.parquet" needed />
        )}
      </div>
      <label class="tick">
        <input type="checkbox" name="dropped" value="true" /> Also rows that retention has dropped
      </label>
      <p class="answer" role="status" data-problem={problem !== undefined}>
        {isPlanning ? 'The source and the log are asked…' : (problem ?? '')}
      </p>
      <DialogButtons dismiss="Cancel" onClose={onClose}>
        <button type="submit" class="primary" disabled={isPlanning}>
          Show what it would do
        </button>
      </DialogButtons>
    </form>
  );
}

function Text(props: { name: string; label: string; hint: string; needed?: boolean }): JSX.Element {
  const { name, label, hint, needed = false } = props;
  return (
    <label class="who">
      {label}
      <input
        name={name}
        required={needed}
        maxLength={name === 'path' ? 400 : 40}
        placeholder={hint}
        autocomplete="off"
      />
    </label>
  );
}

function rangeOf(form: FormData): AskedRange {
  const source = textIn(form, 'source');
  const maxRows = textIn(form, 'maxRows');
  return {
    from: textIn(form, 'from'),
    to: textIn(form, 'to'),
    ...(source === 'kafka' ? {} : { source: source === 'files' ? `files:${textIn(form, 'path')}` : source }),
    ...(textIn(form, 'dropped') === 'true' ? { dropped: 'true' } : {}),
    ...(maxRows === '' ? {} : { maxRows }),
  };
}
