export type LogLevel = 'info' | 'warn' | 'error';
export type LogFields = Readonly<Record<string, string | number | boolean | undefined>>;
export type Log = (level: LogLevel, event: string, fields?: LogFields) => void;

/** One JSON object a line on standard output, for machines and people alike. */
export const logToStdout: Log = (level, event, fields = {}) => {
  process.stdout.write(
    `${JSON.stringify({ time: new Date().toISOString(), level, component: 'collector', event, ...fields })}\n`,
  );
};
