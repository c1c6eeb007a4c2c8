import { SluiceError } from '../../../errors/sluice-error.ts';

/** Runs what works on this machine's scratch folder; what fails there is said to be the machine's, not the lake's. */
export async function localFailure<T>(what: string, path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code;
    if (cause instanceof SluiceError || code === undefined) throw cause;
    const full = code === 'ENOSPC' || code === 'EDQUOT';
    throw new SluiceError(
      full ? 'LAKE_FULL' : 'LAKE_UNREACHABLE',
      `The scratch folder ${full ? 'is full' : 'failed'}: could not ${what} ${path} (${code}).`,
      { remedy: 'Look after its disk, room and rights, or set SLUICE_SCRATCH to another folder.', cause },
    );
  }
}
