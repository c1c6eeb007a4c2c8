import { ERROR_CODES, type ErrorCode } from './codes.ts';

/** Facts that belong to an error, as text: they end up in logs, Temporal histories and `--json` output. */
export type ErrorDetails = Readonly<Record<string, string | number | boolean>>;

/**
 * The one error type of the project. `message` says what happened and to what; `remedy` says what to do about it.
 * Neither may hold a secret.
 */
export class SluiceError extends Error {
  readonly code: ErrorCode;
  readonly remedy: string | undefined;
  readonly details: ErrorDetails;

  constructor(
    code: ErrorCode,
    message: string,
    options: { remedy?: string; details?: ErrorDetails; cause?: unknown } = {},
  ) {
    super(message, { cause: options.cause });
    this.name = 'SluiceError';
    this.code = code;
    this.remedy = options.remedy;
    this.details = options.details ?? {};
  }

  get retryable(): boolean {
    return ERROR_CODES[this.code].retryable;
  }

  /** What a person reads: what happened, then what to do. */
  get advice(): string {
    if (this.remedy === undefined) return this.message;
    // What others say may end without a full stop, a list with its last line.
    const end = this.message.includes('\n') ? '\n' : /[.!?]$/.test(this.message) ? ' ' : '. ';
    return `${this.message}${end}${this.remedy}`;
  }
}

/** Any thrown value as a SluiceError; what has no code of its own becomes INTERNAL and keeps its cause. */
export function asSluiceError(thrown: unknown): SluiceError {
  if (thrown instanceof SluiceError) return thrown;
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return new SluiceError('INTERNAL', message, { cause: thrown });
}
