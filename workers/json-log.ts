import type { Journal } from '../activities/journal.ts';

type Level = Parameters<Journal>[0];

const LEVELS: readonly Level[] = ['debug', 'info', 'error'];

/** One line of JSON: errors on stderr, else stdout. */
export function log(level: Level, component: string, message: string, about: Parameters<Journal>[2] = {}): void {
  const line = JSON.stringify({ at: new Date().toISOString(), level, component, message, ...about });
  if (level === 'error') console.error(line);
  else console.log(line);
}

/** Tells of a component what is at least of that level. */
export function journalOf(component: string, least: Level): Journal {
  return (level, message, about) => {
    if (LEVELS.indexOf(level) >= LEVELS.indexOf(least)) log(level, component, message, about);
  };
}
