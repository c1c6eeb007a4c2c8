/** esbuild bundles the style that a script imports. */
declare module '*.css';
