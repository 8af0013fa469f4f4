// Says where the notes of a part go at the MIDI port: note, channel and delay.

import type { Find } from './dials';
import { chooseChannel } from './midi-file';
import type { Route } from './midi-out';
import type { System } from './notes';

const MAX_DELAY = 100; // milliseconds; notes are scheduled long enough ahead for -50
const MIN_DELAY = -50;

type Named = System & { rowNames: Record<string, string> };

/** A line of numbers for each drum, or one for a melody. */
export class Routes {
  private readonly lines = new Map<number, Line>();

  constructor(find: Find, { messages, rowNames, pitches }: Named, suffix: string) {
    const isDrums = messages === 'drums';
    const parent = find('routes');
    parent.classList.toggle('drums', isDrums);
    for (const word of ['', isDrums ? 'Note' : '', 'Channel', 'Delay in ms']) {
      parent.append(Object.assign(document.createElement('span'), { textContent: word }));
    }
    const channel = chooseChannel(isDrums);
    if (isDrums) {
      for (const [row, name] of Object.entries(rowNames)) {
        const pitch = pitches[Number(row)];
        this.lines.set(pitch, new Line(parent, name, `${row}${suffix}`, channel, pitch));
      }
    } else {
      this.lines.set(-1, new Line(parent, 'All notes', suffix, channel, null));
    }
  }

  /** Returns where a note goes. */
  route(pitch: number): Route {
    return (this.lines.get(pitch) ?? this.lines.get(-1)!).route(pitch);
  }
}

class Line {
  private readonly note: (() => number) | null;
  private readonly channel: () => number;
  private readonly delay: () => number;

  constructor(parent: HTMLElement, name: string, id: string, channel: number, note: number | null) {
    parent.append(Object.assign(document.createElement('span'), { textContent: name }));
    this.note = note === null
      ? null : addNumber(parent, `route-note-${id}`, `Note of ${name}`, 0, 127, note);
    if (!this.note) parent.append(document.createElement('span'));
    this.channel = addNumber(parent, `route-channel-${id}`, `Channel of ${name}`, 1, 16, channel + 1);
    this.delay = addNumber(
      parent, `route-delay-${id}`, `Delay of ${name} in milliseconds`, MIN_DELAY, MAX_DELAY, 0);
  }

  route(pitch: number): Route {
    return { pitch: this.note?.() ?? pitch, channel: this.channel() - 1, delay: this.delay() };
  }
}

/** Adds a field for whole numbers, and returns a function that gives its value. */
function addNumber(
  parent: HTMLElement, id: string, name: string, min: number, max: number, value: number,
): () => number {
  const input = document.createElement('input');
  Object.assign(input, { type: 'number', id, min, max, step: 1, value });
  input.setAttribute('aria-label', name);
  parent.append(input);
  // An empty field means the default.
  return () => Math.min(max, Math.max(min, input.value ? Math.round(Number(input.value)) : value));
}
