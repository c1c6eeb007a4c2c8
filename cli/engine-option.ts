import { Option } from 'commander';
import { ENGINES } from '../definition/table-definition.ts';

/** `--engine`. @param what is left to the engine that is chosen */
export function engineOption(what: string): Option {
  return new Option('--engine <engine>', what).choices(ENGINES);
}
