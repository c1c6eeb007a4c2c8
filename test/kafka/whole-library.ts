/**
 * For tests that use more of `@platformatic/kafka` than Sluice does, such as its producer: once it is loaded whole,
 * kafka/library.ts finds it so. Sluice's own processes, which tests start, load what they use.
 */
import '@platformatic/kafka';
