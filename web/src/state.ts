// Keeps the page's state in the browser, and in links that reopen it.

import type { GroupsState } from './groups-panel';

/** What of a part is not in a control. */
export interface PartState extends GroupsState {
  z: number[];
  snapshots: (object | null)[];
}

/** Everything that a person sets on the page. */
export interface PageState {
  /** Values of sliders, fields and menus, by the ids of their elements. */
  controls: Record<string, string>;
  parts: PartState[];
  /** What MIDI messages do; see `MidiMap`. */
  maps: Record<string, string>;
}

const HASH = '#state=';

/** Reads and writes the state of one model's page. */
export class StateStore {
  private readonly key: string;

  /** @param name names the page; `latents` are the lengths of z of its parts. */
  constructor(name: string, private readonly latents: number[]) {
    this.key = `melodyvae ${name}`;
  }

  /** Returns the state of the link or, without one, of the last visit; null if there is none. */
  read(): PageState | null {
    const { hash } = location;
    try {
      if (hash.startsWith(HASH)) return this.parse(decodeURIComponent(hash.slice(HASH.length)));
      return this.parse(localStorage.getItem(this.key) ?? 'null');
    } catch {
      return null; // not a state, or the browser keeps nothing for this page
    }
  }

  write(state: PageState): void {
    try {
      localStorage.setItem(this.key, JSON.stringify(state));
    } catch {
      // The browser keeps nothing for this page, or its storage is full.
    }
  }

  /** Throws an error for what cannot be a state. */
  private parse(text: string): PageState | null {
    const state = JSON.parse(text) as PageState;
    const isSound = state.parts.length === this.latents.length
      && state.parts.every((part, index) => isPart(part, this.latents[index]))
      && areTexts(state.controls) && areTexts(state.maps);
    return isSound ? state : null;
  }
}

/** What MIDI messages do, and where notes go: the part of the state that a file holds. */
export type Maps = Pick<PageState, 'maps' | 'controls'>;

/** Reads a file of maps; throws an error for what cannot be one. */
export function parseMaps(text: string): Maps {
  const { maps, controls } = JSON.parse(text) as Maps;
  if (!areTexts(maps) || !areTexts(controls)) throw new Error();
  return { maps, controls: chooseRoutes(controls) };
}

/** Chooses the fields that say where notes go. */
export function chooseRoutes(controls: PageState['controls']): PageState['controls'] {
  return Object.fromEntries(Object.entries(controls).filter(([id]) => id.startsWith('route-')));
}

function areTexts(values: object): boolean {
  return Object.values(values).every((value) => typeof value === 'string');
}

function isPart({ z, snapshots, muted, locked }: PartState, latent: number): boolean {
  return isPoint(z, latent)
    && snapshots.every((each) => each === null || isPoint((each as { z: number[] }).z, latent))
    && muted.every(Number.isFinite)
    && locked.every(([group, cells]) => Number.isFinite(group) && cells.every((cell) => (
      Object.values(cell).every(Number.isFinite))));
}

function isPoint(z: number[], latent: number): boolean {
  return z.length === latent && z.every(Number.isFinite);
}

/** Returns the address of this page that reopens it in a state. */
export function linkTo(state: PageState): string {
  return location.href.split('#')[0] + HASH + encodeURIComponent(JSON.stringify(state));
}
