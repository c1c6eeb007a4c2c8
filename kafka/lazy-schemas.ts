import { createRequire } from 'node:module';

/** What ajv's compiled schemas are to who asks them (https://ajv.js.org/api.html#validate-data). */
interface Validate {
  (data: unknown): boolean;
  errors?: unknown;
}

interface Compiler {
  addKeyword(keyword: object): void;
  compile(schema: object): Validate;
  errorsText(errors: unknown, options: object): string;
}

/** Stands in for ajv's class of this name: the same checks, each compiled when it is first asked. */
export class Ajv2020 implements Compiler {
  readonly #options: object;
  readonly #keywords: object[] = [];
  #compiler: Compiler | undefined;

  constructor(options: object) {
    this.#options = options;
  }

  addKeyword(keyword: object): void {
    this.#keywords.push(keyword);
  }

  compile(schema: object): Validate {
    let compiled: Validate | undefined;
    const validate: Validate = (data) => {
      compiled ??= this.#real().compile(schema);
      const isValid = compiled(data);
      validate.errors = compiled.errors;
      return isValid;
    };
    return validate;
  }

  errorsText(errors: unknown, options: object): string {
    return this.#real().errorsText(errors, options);
  }

  #real(): Compiler {
    if (this.#compiler === undefined) {
      const ofLibrary = createRequire(createRequire(import.meta.url).resolve('@platformatic/kafka'));
      const ajv = ofLibrary('ajv/dist/2020.js') as { Ajv2020: new (options: object) => Compiler };
      this.#compiler = new ajv.Ajv2020(this.#options);
      for (const keyword of this.#keywords) this.#compiler.addKeyword(keyword);
    }
    return this.#compiler;
  }
}
