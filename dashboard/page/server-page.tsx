import type { JSX } from 'preact';
import { serverPath } from './address.ts';
import { type Incident, type Series, type Window, WINDOWS } from '../api/wire.ts';
import { bytes, duration, percent } from '../quantities.ts';
import { type State, THRESHOLDS } from '../server-state.ts';
import { CHARTS } from './chart-set.ts';
import { Chart } from './chart.tsx';
import { Figure, StateMark, stateWord } from './marks.tsx';
import { listPath, parameter } from './route.ts';
import { useDetail, useSeries } from './server-data.ts';
import { data, nowMs, servers, type ServerView, version } from './store.ts';
import { localDay, localTime, utcTime } from './times.ts';

const WINDOW_WORDS: Readonly<Record<Window, string>> = {
  '1h': 'Last hour',
  '6h': '6 h',
  '24h': '24 h',
  '7d': '7 days',
};

export function ServerPage({ host }: { host: string }): JSX.Element {
  void version.value;
  const server = servers.get(host);
  const window = WINDOWS.find((known) => known === parameter('window')) ?? '1h';
  return (
    <article class="server-page" data-host={host} data-state={server?.state}>
      <a class="back" href={listPath()}>
        ← All servers
      </a>
      {server === undefined ? <Unknown host={host} /> : <Summary server={server} />}
      {server !== undefined && <Past host={host} window={window} />}
    </article>
  );
}

function Unknown({ host }: { host: string }): JSX.Element {
  const words =
    data.value === undefined
      ? 'Opening the stream of servers…'
      : 'No row of this server was committed in the last 24 hours. Check its name, and that its collector runs.';
  return (
    <section class="empty">
      <h1>{host}</h1>
      <p>{words}</p>
    </section>
  );
}

function Summary({ server }: { server: ServerView }): JSX.Element {
  const age = nowMs.value - server.eventTimeMs;
  const since = server.stateSinceMs === null ? '' : ` for ${duration(nowMs.value - server.stateSinceMs)}`;
  return (
    <header class="server-head">
      <div>
        <h1>
          <StateMark state={server.state} /> {server.host}
          {server.simulated && <span class="tag">simulated</span>}
        </h1>
        <p class="server-words">
          <b class="state-word" data-state={server.state}>
            {stateWord(server.state)}
            {server.state === 'ok' ? '' : since}
          </b>
          {server.state !== 'silent' && server.reasons.length > 0 ? `: ${server.reasons.join(', ')}` : ''}
          <span class="dim" title={`${localTime(server.eventTimeMs)}, ${utcTime(server.eventTimeMs)}`}>
            {' '}
            · last row {duration(age)} old
          </span>
        </p>
        <Facts host={server.host} />
      </div>
      <dl class="now">
        <Now name="CPU" text={share(server.cpuPct)} level={level(server.cpuPct, 'cpuPct')} />
        <Now name="Memory" text={share(server.memoryPct)} level={level(server.memoryPct, 'memoryPct')} />
        <Now
          name="Load per core"
          text={server.loadPerCore?.toFixed(2) ?? '–'}
          level={level(server.loadPerCore, 'loadPerCore')}
        />
        <Now
          name={`Disk ${server.diskMount ?? ''}`}
          text={share(server.diskPct)}
          level={level(server.diskPct, 'diskPct')}
        />
      </dl>
    </header>
  );
}

function Facts({ host }: { host: string }): JSX.Element {
  const { value } = useDetail(host).value;
  const row = value?.row ?? {};
  const fact = (name: string, text: (value: number) => string): string[] => {
    const found = row[name];
    return typeof found === 'number' && found > 0 ? [text(found)] : [];
  };
  const facts = [
    ...fact('cores', (cores) => `${cores} cores`),
    ...fact('memoryTotalBytes', (size) => `${bytes(size)} memory`),
    ...fact('diskTotalBytes', (size) => `${bytes(size)} fullest disk`),
    ...fact('uptimeSeconds', (seconds) => `up ${duration(seconds * 1000)}`),
    ...fact('kafkaPartition', (partition) => `Kafka partition ${partition}`),
  ];
  return <p class="facts">{facts.join(' · ') || '\u00a0'}</p>;
}

function Now({ name, text, level }: { name: string; text: string; level: State }): JSX.Element {
  return (
    <div data-level={level}>
      <dt>{name}</dt>
      <dd>
        <Figure text={text} />
      </dd>
    </div>
  );
}

function Past({ host, window }: { host: string; window: Window }): JSX.Element {
  const { value, error } = useSeries(host, window).value;
  return (
    <section class="past" aria-label="Charts">
      <nav class="windows" aria-label="Time shown">
        {WINDOWS.map((known) => (
          <a
            key={known}
            href={serverPath(host) + (known === '1h' ? '' : `?window=${known}`)}
            aria-current={known === window ? 'true' : undefined}
          >
            {WINDOW_WORDS[known]}
          </a>
        ))}
      </nav>
      {error && (
        <p class="problem" role="alert">
          {error.message} {error.remedy}
        </p>
      )}
      {value === undefined ? (
        !error && (
          <p class="loading">
            Reading {WINDOW_WORDS[window].toLowerCase()} of {host}…
          </p>
        )
      ) : (
        <>
          <Incidents series={value} />
          <div class="charts">
            {CHARTS.filter((plan) =>
              plan.lines.some(({ metric }) => value.metrics[metric]?.some((found) => found !== null)),
            ).map((plan) => (
              <Chart key={`${plan.id} ${window}`} plan={plan} series={value} />
            ))}
          </div>
          {value.sampled && (
            <p class="dim">
              One moment in {duration(value.bucketMs)} was read: shorter events can be missing from these charts.
            </p>
          )}
        </>
      )}
    </section>
  );
}

const INCIDENTS_SHOWN = 6;

function Incidents({ series }: { series: Series }): JSX.Element {
  const newest = [...series.incidents].reverse();
  if (newest.length === 0) return <p class="incidents dim">No incident in this time.</p>;
  const more = newest.length - INCIDENTS_SHOWN;
  return (
    <ol class="incidents" aria-label="Incidents, newest first">
      {newest.slice(0, INCIDENTS_SHOWN).map((incident) => (
        <IncidentLine
          key={incident.fromMs}
          incident={incident}
          long={series.window === '24h' || series.window === '7d'}
        />
      ))}
      {more > 0 && <li class="dim">and {more} more</li>}
    </ol>
  );
}

function IncidentLine({ incident, long }: { incident: Incident; long: boolean }): JSX.Element {
  const { fromMs, toMs, state, reasons } = incident;
  const time = long ? localDay : localTime;
  return (
    <li data-state={state} title={`${utcTime(fromMs)} to ${utcTime(toMs)}`}>
      <StateMark state={state} /> <b>{stateWord(state)}</b> <span>{reasons.join(', ')}</span>{' '}
      <span class="dim">
        {time(fromMs)}, {duration(toMs - fromMs)}
      </span>
    </li>
  );
}

function share(value: number | null): string {
  return value === null ? '–' : percent(value);
}

function level(value: number | null, name: keyof typeof THRESHOLDS): State {
  const { warn, critical } = THRESHOLDS[name];
  if (value === null || value < warn) return 'ok';
  return value < critical ? 'warn' : 'critical';
}
