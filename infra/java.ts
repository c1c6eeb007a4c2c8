import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { inCache } from './cache.ts';
import { type Progress, reported } from './component.ts';
import { isExecutable, saidBy } from './executables.ts';
import { runTool, type ToolOptions } from './run-tool.ts';

/** For services that start often, run for a while and must not take a machine's memory. */
const JVM_FLAGS = ['-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-Xshare:auto', '-XX:+IgnoreUnrecognizedVMOptions'];

/** A program of the JDK: that of JAVA_HOME, as Maven does, else the one on the PATH. */
export function jdkProgram(name: 'java' | 'javac' | 'jar'): string {
  const home = process.env['JAVA_HOME'];
  return home && isExecutable(join(home, 'bin', name)) ? join(home, 'bin', name) : name;
}

/** All that the JVM says of itself; undefined where there is none. */
export function javaVersion(): string | undefined {
  versionSaid ??= saidBy(jdkProgram('java'), ['-version']);
  return versionSaid;
}

let versionSaid: string | undefined;

/** What a service of the JVM's is made of: the jars of a pom, and Java sources that are compiled against them. */
export interface JarSource {
  readonly name: string;
  readonly pom: string;
  readonly sources: readonly string[];
}

/** Where its jars lie once they are there: one folder for each state of its files. */
export function jarFolder({ name, pom, sources }: JarSource, cacheFolder: string): string {
  const hash = createHash('sha256');
  for (const file of [pom, ...sources]) hash.update(readFileSync(file));
  return join(cacheFolder, 'jars', `${name}-${hash.digest('hex').slice(0, 12)}`);
}

/** Fetches the jars with Maven, once. */
export async function fetchJars(
  source: JarSource,
  options: Pick<ToolOptions, 'log' | 'signal'> & { readonly cacheFolder: string; readonly progress: Progress },
): Promise<string> {
  const folder = jarFolder(source, options.cacheFolder);
  if (existsSync(folder)) return folder;
  const texts = { what: 'fetching its jars with Maven', log: options.log, done: 'jars are there' };
  const make = (temporary: string): Promise<string> =>
    reported(options.progress, source.name, texts, async () => {
      const goal = ['-q', '-B', '-f', source.pom, 'dependency:copy-dependencies', `-DoutputDirectory=${temporary}`];
      await runTool('mvn', goal, options);
      for (const file of source.sources) await compile(file, temporary, options);
      return temporary;
    });
  await inCache(folder, make, options.signal);
  return folder;
}

/** Adds a jar with one source's classes: the JVM's archives of classes take jars alone on the class path. */
async function compile(file: string, jars: string, options: Pick<ToolOptions, 'log' | 'signal'>): Promise<void> {
  const name = basename(file, '.java');
  const classes = join(jars, `${name}.classes`);
  await runTool(jdkProgram('javac'), ['-cp', `${jars}/*`, '-d', classes, file], options);
  await runTool(jdkProgram('jar'), ['--create', '--file', join(jars, `${name}.jar`), '-C', classes, '.'], options);
  await rm(classes, { recursive: true });
}

/** Starts a JVM; about twice as fast once it has stopped in good order for the first time (JEP 350). */
export class Jvm {
  readonly #jars: string;
  readonly #archive: string;

  constructor(jars: string, cacheFolder: string) {
    this.#jars = jars;
    // An archive is good for one build of the JVM and one class path.
    const key = createHash('sha256')
      .update(`${javaVersion() ?? ''}\n${jars}`)
      .digest('hex')
      .slice(0, 12);
    this.#archive = join(cacheFolder, 'jars', `${basename(jars)}-${key}.jsa`);
  }

  /** `archives` where this process is the one to write the archive of its classes when it stops. */
  args(mainClass: string, flags: readonly string[], archives: boolean): string[] {
    const used = existsSync(this.#archive) ? [`-XX:SharedArchiveFile=${this.#archive}`] : [];
    const written = archives && used.length === 0 ? [`-XX:ArchiveClassesAtExit=${this.#newArchive}`] : [];
    return [...JVM_FLAGS, ...used, ...written, ...flags, '-cp', `${this.#jars}/*`, mainClass];
  }

  /** Takes the archive that the JVM wrote as it stopped. */
  async keepArchive(): Promise<void> {
    if (existsSync(this.#newArchive)) await rename(this.#newArchive, this.#archive);
  }

  get #newArchive(): string {
    return `${this.#archive}.new-${process.pid}`;
  }
}
