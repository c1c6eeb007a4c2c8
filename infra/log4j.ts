/**
 * A configuration of Log4j 2 as properties: warnings and worse on standard output, where the supervisor keeps them.
 * @param levels of some packages, where another one is wanted
 */
export function log4jProperties(levels: Readonly<Record<string, 'INFO' | 'ERROR'>> = {}): string {
  const loggers = Object.entries(levels).flatMap(([name, level], index) => [
    `logger.l${index}.name=${name}`,
    `logger.l${index}.level=${level}`,
  ]);
  const lines = [
    'status=ERROR',
    'rootLogger.level=WARN',
    'rootLogger.appenderRefs=stdout',
    'rootLogger.appenderRef.stdout.ref=STDOUT',
    ...loggers,
    'appender.console.name=STDOUT',
    'appender.console.type=Console',
    'appender.console.layout.type=PatternLayout',
    'appender.console.layout.pattern=%d{ISO8601} %5p [%t] %c{2}: %m%n',
  ];
  return `${lines.join('\n')}\n`;
}
