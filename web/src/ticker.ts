// A timer that runs on while the tab is hidden, where browsers slow down those of the page itself.

const MILLISECONDS = 25;

/** Calls `tick` about 40 times per second, until the returned function is called. */
export function startTicker(tick: () => void): () => void {
  const source = `setInterval(() => postMessage(0), ${MILLISECONDS})`;
  const address = URL.createObjectURL(new Blob([source], { type: 'text/javascript' }));
  const worker = new Worker(address);
  worker.onmessage = tick;
  return () => worker.terminate();
}
