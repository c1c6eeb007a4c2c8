import type { JSX } from 'preact';
import { serverPath } from './address.ts';
import { duration } from '../quantities.ts';
import { headline } from '../headline.ts';
import { severityOf, type State } from '../server-state.ts';
import { HeatMap } from './heat-map.tsx';
import { StateMark, stateWord } from './marks.tsx';
import { parameter, setParameter } from './route.ts';
import { ServerTable } from './server-table.tsx';
import { listing, shownHosts } from './shown-list.ts';
import { counts, data, nowMs, servers, version } from './store.ts';
import { PipelineStrip } from './strip.tsx';
import { connection, needsToken } from './stream.ts';

export function ServersPage(): JSX.Element {
  const report = data.value;
  if (report === undefined) return <FirstWords />;
  return (
    <>
      <Headline />
      <PipelineStrip />
      {servers.size === 0 ? (
        <section class="empty">
          <h2>No servers yet</h2>
          <p>{report.words}</p>
        </section>
      ) : (
        <section class="fleet" aria-label="Servers">
          <Controls />
          <HeatMap />
          {shownHosts.value.length === 0 ? <NothingFound /> : <ServerTable />}
        </section>
      )}
    </>
  );
}

function FirstWords(): JSX.Element {
  const lost = connection.value.state === 'lost';
  const words = needsToken.value
    ? 'The dashboard shows itself to who has its token: run `sluice dashboard` where it runs, and open the address that it prints.'
    : lost
      ? 'The dashboard does not answer. It is tried again every few seconds; `sluice status` says whether it runs.'
      : 'Opening the stream of servers…';
  return <p class="first-words">{words}</p>;
}

function Headline(): JSX.Element {
  void version.value;
  const report = data.value;
  const newest = report?.newestEventTimeMs ?? null;
  const age =
    newest === null
      ? ''
      : ` Data is ${duration(Math.max(1, Math.round((nowMs.value - newest) / 1000)) * 1000, 'whole')} old.`;
  const stale = report?.state !== 'live' || (newest !== null && nowMs.value - newest > 10_000);
  return (
    <section class="headline">
      <h1>
        {headline(counts.value)}
        <span class="headline-age">{age}</span>
      </h1>
      {stale && report !== undefined ? (
        <p class="data-words" data-state={report.state}>
          {report.words}
        </p>
      ) : (
        <Worst />
      )}
    </section>
  );
}

const WORST_SHOWN = 3;

/** The first few that need somebody, by name. */
function Worst(): JSX.Element {
  const troubled = [...servers.values()].filter(({ state }) => state !== 'ok');
  troubled.sort((a, b) => severityOf(b.state) - severityOf(a.state) || b.strain - a.strain);
  if (troubled.length === 0) return <p class="data-words">Nothing needs you.</p>;
  const more = troubled.length - WORST_SHOWN;
  return (
    <p class="worst">
      {troubled.slice(0, WORST_SHOWN).map(({ host, state, reasons, eventTimeMs }) => (
        <a key={host} href={serverPath(host)}>
          <StateMark state={state} /> <b>{host}</b>{' '}
          {state === 'silent' ? `silent for ${duration(nowMs.value - eventTimeMs)}` : reasons[0]}
        </a>
      ))}
      {more > 0 && <span class="dim">and {more} more</span>}
    </p>
  );
}

const CHIPS: readonly State[] = ['critical', 'silent', 'warn', 'ok'];

function Controls(): JSX.Element {
  const { states } = listing.value;
  const toggle = (state: State): void => {
    const wanted = states.has(state) ? [...states].filter((other) => other !== state) : [...states, state];
    setParameter('state', wanted.join(','), 'push');
  };
  return (
    <div class="controls" role="search">
      <label class="search">
        <span class="visually-hidden">Search servers</span>
        <input
          id="search"
          type="search"
          placeholder="Search by name, state or reason"
          autocomplete="off"
          spellcheck={false}
          value={parameter('q')}
          onInput={(event) => setParameter('q', event.currentTarget.value, 'replace')}
        />
        <kbd aria-hidden="true">/</kbd>
      </label>
      <div class="chips" role="group" aria-label="Show only">
        {CHIPS.map((state) => (
          <button
            type="button"
            key={state}
            class="chip"
            data-state={state}
            aria-pressed={states.has(state)}
            onClick={() => toggle(state)}
          >
            <StateMark state={state} />
            <b>{counts.value[state]}</b> {stateWord(state)}
          </button>
        ))}
      </div>
    </div>
  );
}

function NothingFound(): JSX.Element {
  return (
    <p class="empty">
      No server matches. <a href="/">Show all {servers.size}</a>.
    </p>
  );
}
