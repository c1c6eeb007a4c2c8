/** How complete one hour (or day) of a table is, by its log and the newest certificate. */
export type HourState = 'filling' | 'complete' | 'late' | 'unaudited' | 'changed' | 'empty';

/** Worst first: what a row of hours is summed up by. */
export const HOUR_STATES: readonly HourState[] = ['changed', 'late', 'unaudited', 'empty', 'filling', 'complete'];

/** What people are shown for each. */
export const HOUR_WORDS: Readonly<Record<HourState, string>> = {
  complete: 'complete',
  filling: 'filling',
  late: 'late rows',
  unaudited: 'not audited',
  changed: 'changed',
  empty: 'no rows',
};

/** An hour as the log has it now. */
export interface HourFigures {
  readonly endMs: number;
  readonly rows: number;
}

/** What the newest certificate says of that hour. */
export interface CertifiedFigures {
  readonly rows: number;
  /** Rows of them that no record and no earlier certificate vouches for. */
  readonly unverifiedRows: number;
  /** No record can come to it any more. */
  readonly sealed: boolean;
}

export interface JudgedCertificate {
  readonly number: number;
  /** All records with an earlier timestamp had been taken, of every Kafka partition; null where that is not known. */
  readonly watermarkMs: number | null;
  /** undefined where the certificate does not name the hour. */
  readonly hour: CertifiedFigures | undefined;
}

export interface HourJudgement {
  readonly state: HourState;
  readonly words: string;
}

/**
 * Judges one hour. Rows alone are compared: an audit compares checksums, and says so in its findings.
 * @param settleMs how long after its end an hour still counts as filling
 */
export function judgeHour(
  hour: HourFigures,
  certificate: JudgedCertificate | undefined,
  settleMs: number,
  nowMs: number,
): HourJudgement {
  const certified = certificate?.hour;
  if (certified !== undefined && hour.rows < certified.rows) {
    return {
      state: 'changed',
      words: `It has ${hour.rows} rows, but ${certified.rows} were certified. Unless retention dropped it, audit the table.`,
    };
  }
  if (certified?.sealed === true && hour.rows !== certified.rows) {
    const words = `It was certified for good with ${certified.rows} rows, and has ${hour.rows} now. Audit the table.`;
    return { state: 'changed', words };
  }
  if (nowMs < hour.endMs + settleMs) return { state: 'filling', words: 'It still fills.' };
  const reached = certificate?.watermarkMs != null && certificate.watermarkMs >= hour.endMs;
  if (hour.rows === 0) {
    const words = reached ? 'No record of this time has come.' : 'No row. Whether a record is missing, an audit tells.';
    return { state: 'empty', words };
  }
  if (certificate === undefined || !reached) {
    return { state: 'unaudited', words: 'No certificate reaches its end yet. An audit tells whether it is complete.' };
  }
  if (certified === undefined || hour.rows > certified.rows) {
    const late = hour.rows - (certified?.rows ?? 0);
    return {
      state: 'late',
      words: `${late} ${late === 1 ? 'row has' : 'rows have'} come since certificate ${certificate.number}. The next audit covers them.`,
    };
  }
  if (certified.unverifiedRows > 0) {
    const words = `Of ${certified.unverifiedRows} rows Kafka had forgotten the records before they were certified.`;
    return { state: 'unaudited', words };
  }
  return {
    state: 'complete',
    words: certified.sealed
      ? `Complete for good: certificate ${certificate.number}.`
      : `Complete: every record of it is here, says certificate ${certificate.number}. Late ones may still come.`,
  };
}
