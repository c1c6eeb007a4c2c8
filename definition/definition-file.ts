import { type Document, isMap, isNode, isPair, isScalar, LineCounter, parseDocument } from 'yaml';

/** Something wrong with a definition file, and where. */
export interface DefinitionProblem {
  readonly line: number;
  readonly message: string;
}

type Path = readonly (string | number)[];

/** A definition file's text, read by path, which collects every problem with the line that it is on. */
export class DefinitionFile {
  readonly #problems: DefinitionProblem[] = [];
  readonly #document: Document.Parsed;
  readonly #lines = new LineCounter();
  readonly #value: unknown;

  constructor(text: string) {
    this.#document = parseDocument(text, { lineCounter: this.#lines, prettyErrors: false });
    for (const error of this.#document.errors) {
      this.#problems.push({ line: this.#lines.linePos(error.pos[0]).line, message: error.message });
    }
    this.#value = this.#problems.length === 0 ? this.#document.toJS() : undefined;
  }

  /** Everything found wrong so far, in the order of the file's lines. */
  problems(): DefinitionProblem[] {
    return [...this.#problems].sort((a, b) => a.line - b.line);
  }

  value(path: Path): unknown {
    let current = this.#value;
    for (const key of path) {
      if (typeof current !== 'object' || current === null) return undefined;
      current = (current as Record<string | number, unknown>)[key];
    }
    return current;
  }

  problem(path: Path, message: string): void {
    this.#problems.push({ line: this.#lineOf(path), message });
  }

  /** Reports every key of the map at `path` that is not in `known`: a mistyped key must not be silently ignored. */
  onlyKeys(path: Path, known: readonly string[]): void {
    const value = this.value(path);
    if (value === undefined) return;
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      this.problem(path, `${nameOf(path)} must hold keys and values`);
      return;
    }
    for (const key of Object.keys(value)) {
      if (!known.includes(key)) {
        this.problem([...path, key], `unknown key "${key}" in ${nameOf(path)}; known are ${known.join(', ')}`);
      }
    }
  }

  string(path: Path, fallback?: string): string {
    const value = this.value(path);
    if (typeof value === 'string' && value !== '') return value;
    if (value === undefined && fallback !== undefined) return fallback;
    this.problem(path, value === undefined ? `${nameOf(path)} is missing` : `${nameOf(path)} must be a text`);
    return '';
  }

  oneOf<T extends string>(path: Path, allowed: readonly T[], fallback?: T): T {
    const value = this.string(path, fallback);
    const found = allowed.find((candidate) => candidate === value);
    if (found === undefined && value !== '') {
      this.problem(path, `${nameOf(path)} is "${value}"; it must be one of ${allowed.join(', ')}`);
    }
    return found ?? (allowed[0] as T);
  }

  boolean(path: Path, fallback: boolean): boolean {
    const value = this.value(path);
    if (value === undefined) return fallback;
    if (typeof value !== 'boolean') this.problem(path, `${nameOf(path)} must be true or false`);
    return value === true;
  }

  positiveInteger(path: Path, fallback: number): number {
    const value = this.value(path);
    if (value === undefined) return fallback;
    if (typeof value === 'number' && Number.isSafeInteger(value) && value > 0) return value;
    this.problem(path, `${nameOf(path)} must be a whole number above 0`);
    return fallback;
  }

  /** A quantity with its unit, such as `1s` or `64MiB`, read by `parse`. */
  quantity(path: Path, parse: (text: string) => number | undefined, example: string, fallback: number): number {
    const value = this.value(path);
    if (value === undefined) return fallback;
    const parsed = typeof value === 'string' ? parse(value) : undefined;
    if (parsed !== undefined && parsed > 0) return parsed;
    this.problem(path, `${nameOf(path)} is ${JSON.stringify(value)}; write it like ${example}`);
    return fallback;
  }

  /** A quantity that may be left out: then null. */
  optionalQuantity(path: Path, parse: (text: string) => number | undefined, example: string): number | null {
    return this.value(path) === undefined ? null : this.quantity(path, parse, example, 1);
  }

  /** A quantity that `off` stands for none of: then null. Below a second it is a slip. */
  interval(path: Path, parse: (text: string) => number | undefined, example: string, fallback: number): number | null {
    if (this.value(path) === 'off' || this.value(path) === false) return null;
    const parsed = this.quantity(path, parse, `${example} or off`, fallback);
    if (parsed < 1000) this.problem(path, `${nameOf(path)} must be 1s or more`);
    return parsed;
  }

  /** The line of the node at `path`, or of the nearest parent that is there. */
  #lineOf(path: Path): number {
    for (let length = path.length; length > 0; length -= 1) {
      const offset = this.#offsetOf(path.slice(0, length));
      if (offset !== undefined) return this.#lines.linePos(offset).line;
    }
    return 1;
  }

  #offsetOf(path: Path): number | undefined {
    const parent: unknown = path.length === 1 ? this.#document.contents : this.#document.getIn(path.slice(0, -1), true);
    if (isMap(parent)) {
      const pair = parent.items.find((item) => isPair(item) && isScalar(item.key) && item.key.value === path.at(-1));
      return isNode(pair?.key) ? pair.key.range?.[0] : undefined;
    }
    const node: unknown = this.#document.getIn(path, true);
    return isNode(node) ? node.range?.[0] : undefined;
  }
}

function nameOf(path: Path): string {
  return path.length === 0 ? 'the definition' : path.join('.').replace(/\.(\d+)/g, '[$1]');
}
