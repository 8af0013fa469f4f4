// A timer that runs on while the tab is hidden, where browsers slow down those of the page itself.

const MILLISECONDS = 25;

/** Calls `tick` about 40 times per second from now on. */
export function startTicker(tick: () => void): void {
  const source = `setInterval(() => postMessage(0), ${MILLISECONDS})`;
  const address = URL.createObjectURL(new Blob([source], { type: 'text/javascript' }));
  new Worker(address).onmessage = tick;
}
