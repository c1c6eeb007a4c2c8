/** What few values need, done by who has it already. */

/** Whether these bytes are a text. */
export declare function isUtf8(start: usize, end: usize): bool;

/** The double nearest to a JSON number. */
export declare function numberOf(start: usize, end: usize): f64;
