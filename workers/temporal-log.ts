import type { Logger, RuntimeOptions } from '@temporalio/worker';
import { log } from './json-log.ts';
import { DefaultLogger, makeTelemetryFilterString } from './temporal-library.ts';

type Logging = NonNullable<NonNullable<RuntimeOptions['telemetryOptions']>['logging']>;

/** Its core is heard through the logger too, with what it warns of. */
export const CORE_LOGGING: Logging = {
  filter: makeTelemetryFilterString({ core: 'WARN', other: 'ERROR' }),
  forward: {},
};

/** What Temporal's SDK warns of, as lines of JSON like all others of a component's log. */
export function temporalLogger(component: string): Logger {
  return new DefaultLogger('WARN', ({ level, message, meta }) => {
    log(level === 'ERROR' ? 'error' : 'info', component, message, plainOf(meta));
  });
}

/** What can be said in a line: an error by its message, and nothing that is Temporal's alone. */
function plainOf(meta: object = {}): Record<string, string | number> {
  const entries = Object.entries(meta as Readonly<Record<string, unknown>>).map(
    ([name, value]) => [name, value instanceof Error ? value.message : value] as const,
  );
  return Object.fromEntries(
    entries.filter(
      (entry): entry is readonly [string, string | number] =>
        entry[0] !== 'taskToken' && (typeof entry[1] === 'string' || typeof entry[1] === 'number'),
    ),
  );
}
