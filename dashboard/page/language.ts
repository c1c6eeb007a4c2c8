/** The browser's language, or English where it names one that it does not itself understand, as in `en-US@posix`. */
export const LANGUAGE = languageOf(navigator.language);

/** uPlot asks the browser again, when it is loaded: so this module comes first. */
if (LANGUAGE !== navigator.language) Object.defineProperty(navigator, 'language', { value: LANGUAGE });

function languageOf(wanted: string): string {
  try {
    return Intl.getCanonicalLocales(wanted)[0] ?? 'en-GB';
  } catch {
    return 'en-GB';
  }
}
