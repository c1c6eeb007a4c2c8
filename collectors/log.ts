export type LogLevel = 'info' | 'warn' | 'error';
export type LogFields = Readonly<Record<string, string | number | boolean | undefined>>;
export type Log = (level: LogLevel, event: string, fields?: LogFields) => void;

/** One JSON object a line on standard output, for machines and people alike. */
export const logToStdout: Log = (level, event, fields) => write(process.stdout, level, event, fields);

/** The same where standard output is for the records themselves. */
export const logToStderr: Log = (level, event, fields) => write(process.stderr, level, event, fields);

function write(stream: NodeJS.WriteStream, level: LogLevel, event: string, fields: LogFields = {}): void {
  stream.write(
    `${JSON.stringify({ time: new Date().toISOString(), level, component: 'collector', event, ...fields })}\n`,
  );
}
