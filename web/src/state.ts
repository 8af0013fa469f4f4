// Keeps the page's state in the browser, and in links that reopen it.

/** Everything that a person sets on the page; dials by the ids of their elements. */
export interface PageState {
  z: number[];
  dials: Record<string, number>;
  menus: Record<string, string>;
  snapshots: (object | null)[];
  /** Rows of a drum model that are not heard. */
  muted: number[];
}

const HASH = '#state=';

/** Reads and writes the state of one model's page. */
export class StateStore {
  private readonly key: string;

  /** @param name names the model; `latent` is the length of its z. */
  constructor(name: string, private readonly latent: number) {
    this.key = `melodyvae ${name}`;
  }

  /** Returns the state of the link or, without one, of the last visit; null if there is none. */
  read(): PageState | null {
    const { hash } = location;
    if (hash.startsWith(HASH)) return this.parse(decodeURIComponent(hash.slice(HASH.length)));
    try {
      return this.parse(localStorage.getItem(this.key) ?? 'null');
    } catch {
      return null; // the browser keeps nothing for this page
    }
  }

  write(state: PageState): void {
    try {
      localStorage.setItem(this.key, JSON.stringify(state));
    } catch {
      // The browser keeps nothing for this page, or its storage is full.
    }
  }

  private parse(text: string): PageState | null {
    try {
      const state = JSON.parse(text) as PageState | null;
      const isSound = state?.z.length === this.latent && state.z.every(Number.isFinite)
        && Object.values(state.dials).every(Number.isFinite)
        && Object.values(state.menus).every((value) => typeof value === 'string')
        && Array.isArray(state.snapshots) && Array.isArray(state.muted);
      return isSound ? state : null;
    } catch {
      return null;
    }
  }
}

/** Returns the address of this page that reopens it in a state. */
export function linkTo(state: PageState): string {
  return location.href.split('#')[0] + HASH + encodeURIComponent(JSON.stringify(state));
}
