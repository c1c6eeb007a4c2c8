/** What a person can ask for, as the API names it. */
export type ActionName = 'pause' | 'resume' | 'drain' | 'compact' | 'audit' | BackfillActionName;
export type BackfillActionName = `${'approve' | 'pause' | 'resume' | 'cancel'}-backfill`;

/** What an action is asked of. */
export interface ActionObject {
  readonly table: string;
  readonly partition?: string | undefined;
  /** Of a backfill. */
  readonly number?: number | undefined;
}

export interface ActionWords {
  readonly verb: string;
  readonly title: string;
  /** What will happen, line by line, so that nobody is surprised. */
  readonly willHappen: readonly string[];
  /** The same from a shell. */
  readonly command: string;
}

/** What an action means, before it is asked for. */
export function actionWords(name: ActionName, { table, partition, number }: ActionObject): ActionWords {
  const place = partition === undefined ? table : `${table}, ${partition}`;
  switch (name) {
    case 'pause':
      return {
        verb: 'Pause',
        title: `Pause ${table}`,
        willHappen: [
          'The batch at hand ends, then no further one begins.',
          'Records wait in Kafka; its retention goes on counting.',
          'Readers see no new rows until somebody resumes it.',
        ],
        command: `sluice pause ${table}`,
      };
    case 'resume':
      return {
        verb: 'Resume',
        title: `Resume ${table}`,
        willHappen: [
          'Ingestion goes on where the log stands: nothing is left out, nothing is taken twice.',
          'What waits in Kafka is taken first, so rows are late until it has caught up.',
        ],
        command: `sluice resume ${table}`,
      };
    case 'drain':
      return {
        verb: 'Drain',
        title: `Drain ${table}`,
        willHappen: [
          'It takes what Kafka holds now, then pauses.',
          'Readers see no new rows until somebody resumes it.',
        ],
        command: `sluice drain ${table}`,
      };
    case 'compact':
      return {
        verb: 'Compact',
        title: `Compact ${place}`,
        willHappen: [
          'Small and unsorted files are rewritten into few, where that gains something.',
          'Rows stay the same: they are counted and summed up before the swap. Readers see all of it at once.',
          'It runs in the background, at low priority; running queries keep the files that they have.',
        ],
        command: `sluice compact ${table}${partition === undefined ? '' : ` --partition ${partition.replaceAll('/', ',')}`}`,
      };
    case 'audit':
      return {
        verb: 'Audit',
        title: `Audit ${table}`,
        willHappen: [
          'What no certificate vouches for yet is compared with its topic, record by record; then all files and Hive.',
          'It changes nothing. Where all is right it writes a certificate.',
          'It reads the topic again, beside ingestion: minutes for millions of records.',
        ],
        command: `sluice audit ${table} --uncertified`,
      };
    default:
      return backfillWords(name, table, number ?? 0);
  }
}

const BACKFILL_WORDS: Readonly<Record<BackfillActionName, readonly [verb: string, ...willHappen: string[]]>> = {
  'approve-backfill': [
    'Approve',
    'Its records are read again and derived anew, in the background and beside ingestion.',
    'Until it is committed, readers see nothing of it; then all of it at once. No row is lost, and none is doubled.',
  ],
  'pause-backfill': ['Pause', 'What is under way ends, then nothing further begins.', 'What is derived stays.'],
  'resume-backfill': ['Resume', 'It goes on from the units that are done.'],
  'cancel-backfill': [
    'Cancel it',
    'It ends for good: nothing of it has been or will be visible, and its files are left to vacuum.',
    'Once it is being committed this comes too late, and it is finished.',
  ],
};

function backfillWords(name: BackfillActionName, table: string, number: number): ActionWords {
  const [verb, ...willHappen] = BACKFILL_WORDS[name];
  const command = name.replace('-backfill', '');
  return {
    verb,
    title: `${verb.split(' ', 1)[0] ?? verb} backfill ${number} of ${table}`,
    willHappen,
    command: `sluice backfill ${command} ${table} ${number}`,
  };
}
