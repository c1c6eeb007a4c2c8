import type { JSX } from 'preact';
import { duration } from '../quantities.ts';
import { helpOpen } from './keys.ts';
import { PIPELINE_PATH } from './address.ts';
import { listPath, route } from './route.ts';
import { data, nowMs } from './store.ts';
import { connection } from './stream.ts';
import { localTime, utcTime } from './times.ts';

/** On every page: where one is, and how far what is shown can be trusted. */
export function TopBar(): JSX.Element {
  const { page } = route.value;
  const atServers = page === 'servers' || page === 'server';
  return (
    <header class="top-bar">
      <a class="brand" href="/" aria-label="Sluice, all servers">
        <svg viewBox="0 0 32 32" aria-hidden="true">
          <path class="water" d="M5 9h22M5 23h22" />
          <path class="gate" d="M5 16h9m4 0h9" />
        </svg>
        <span>Sluice</span>
      </a>
      <nav aria-label="Pages">
        <a href={listPath()} aria-current={atServers ? 'page' : undefined}>
          Servers
        </a>
        <a href={PIPELINE_PATH} aria-current={atServers ? undefined : 'page'}>
          Pipeline
        </a>
      </nav>
      <Trust />
      <button type="button" class="quiet" onClick={() => (helpOpen.value = true)} aria-label="Keys" title="Keys (?)">
        ?
      </button>
    </header>
  );
}

function Trust(): JSX.Element {
  const link = connection.value;
  const newest = data.value?.newestEventTimeMs ?? null;
  const late = data.value?.state === 'late';
  const mode = link.state === 'lost' ? 'lost' : link.state === 'opening' ? 'opening' : late ? 'late' : 'live';
  return (
    <div class="trust" data-connection={link.state} data-mode={mode}>
      <span class="beacon" aria-hidden="true" />
      <span role="status">
        {link.state === 'lost'
          ? `Connection lost at ${localTime(link.sinceMs)}`
          : link.state === 'opening'
            ? 'Connecting'
            : 'Connected'}
      </span>
      {newest !== null && (
        <span class="age" title={`newest row ${localTime(newest)}, ${utcTime(newest)}`}>
          <span class="age-name">newest row </span>
          <b>{duration(Math.max(0, nowMs.value - newest))}</b> old
        </span>
      )}
    </div>
  );
}
