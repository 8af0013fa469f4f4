/** The worker's bundle as text; `build.mjs` puts it in. */
declare module 'decode-worker' {
  const source: string;
  export default source;
}
