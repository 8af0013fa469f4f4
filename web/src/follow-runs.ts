// Follows the runs of the studio.

import type { Run } from './run-card';

const RETRY = 3000; // milliseconds

/**
 * Calls `take` with all runs whenever one has changed, as long as the page is visible, and `lose`
 * if the studio does not answer. Returns a function that ends it.
 */
export function followRuns(take: (runs: Run[]) => void, lose: () => void): () => void {
  let events: EventSource | undefined;
  let hasEnded = false;
  const open = () => {
    events?.close();
    if (document.hidden || hasEnded) return;
    const opened = events = new EventSource('/events');
    opened.onmessage = ({ data }) => take(JSON.parse(data));
    opened.onerror = () => {
      lose();
      // A studio that was started again refuses this page until its own page has been opened.
      if (opened.readyState === EventSource.CLOSED) setTimeout(open, RETRY);
    };
  };
  document.addEventListener('visibilitychange', open);
  open();
  return () => {
    hasEnded = true;
    events?.close();
  };
}
