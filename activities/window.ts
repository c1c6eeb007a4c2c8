/** What a window is asked for; a window is a while in which one activity makes batch after batch. */
export interface WindowInput {
  readonly table: string;
  /** `continuous` runs until the window is over; `drain` until all is taken that Kafka held when it began. */
  readonly mode: 'continuous' | 'drain';
  readonly windowMs: number;
  /** Whether Hive is believed to lag behind; a window ends early where that turns out to be otherwise. */
  readonly hiveLags?: boolean;
  /** Whether the window before has failed; that this one does not is news. */
  readonly recovering?: boolean;
  /** Sequence number of the batch whose parts have been written since the last window: it is gone on with. */
  readonly parted?: number;
}

/** How far a window has come. Offsets are decimal texts. */
export interface WindowProgress {
  readonly batches: number;
  readonly rows: number;
  readonly rejected: number;
  /** Sequence number of the newest batch that is committed; 0 before the first. */
  readonly sequence: number;
  /** The log's version. */
  readonly version: number;
  readonly hiveVersion: number | null;
  /** Records that were left in Kafka when the last batch was planned; null where that is not known. */
  readonly remaining: string | null;
  /** The last batch took all that Kafka held when it was planned; otherwise the window was over first. */
  readonly drained: boolean;
  readonly nextOffsets: Readonly<Record<string, string>>;
  /** Why Hive lags behind, where it does. */
  readonly publicationFailure: string | null;
  readonly unknownFields: Readonly<Record<string, number>>;
  /** Batches that other writers have committed meanwhile. */
  readonly byOthers: number;
  /** A batch of several parts, which are to be written before the next window. */
  readonly parts?: PartedBatch;
  /** In a heartbeat: how far the engine is with the next batch, in words, where it says so. */
  readonly engine?: string;
  /** What the worker's clock said; left out where nobody asked. */
  readonly clock?: WindowClock;
}

/** A batch whose parts any worker may write, one beside the other. */
export interface PartedBatch {
  readonly sequence: number;
  readonly revision: number;
  readonly shards: number;
}

/** A worker's clock against Temporal's. */
export interface WindowClock {
  /** When the window began, by the worker's clock, after Temporal had ordered it by its own: the difference, at most. */
  readonly aheadAtMostMs: number;
  /** By the worker's clock, in milliseconds since the epoch. */
  readonly endedAtMs: number;
}
