// Plays the patterns of a report. Each button holds the notes of one.

import { Speakers } from './audio';
import { cutNotes, startOfNote, TICKS_PER_QUARTER, type Clip } from './clip';
import { Track } from './track';
import { Transport } from './transport';

/** Start in quarter notes, MIDI pitch, length in quarter notes, velocity. */
type Entry = [start: number, pitch: number, length: number, velocity: number];

const { tempo, quarters, drums } = document.body.dataset;
const round = Number(quarters) * TICKS_PER_QUARTER;
const seconds = (Number(quarters) * 60) / Number(tempo);
let playing: HTMLButtonElement | null = null;
let timer = 0;
let clip: Clip = { notes: [], length: round };
const speakers = new Speakers();
const transport = new Transport(() => speakers.time, Number(tempo));
const track = new Track(speakers, transport, () => clip, Boolean(drums), {}, seconds);

function readClip(button: HTMLButtonElement): Clip {
  const notes = (JSON.parse(button.dataset.notes!) as Entry[]).map((entry) => {
    const [at, pitch, length, velocity] = entry;
    const start = startOfNote(at * TICKS_PER_QUARTER, round);
    return { pitch, velocity, start, end: start + length * TICKS_PER_QUARTER };
  });
  return { notes: cutNotes(notes, round), length: round };
}

function label(button: HTMLButtonElement, word: string): void {
  button.textContent = word;
  button.setAttribute('aria-label', `${word} ${button.dataset.name}`);
}

function press(button: HTMLButtonElement): void {
  const last = playing;
  if (last) {
    transport.stop();
    track.silence();
    clearInterval(timer);
    label(last, 'Play');
  }
  playing = button === last ? null : button;
  if (!playing) return;
  clip = readClip(button);
  label(button, 'Stop');
  void speakers.open();
  transport.start();
  timer = window.setInterval(() => transport.advance(), 500 * seconds);
}

for (const button of document.querySelectorAll<HTMLButtonElement>('button[data-notes]')) {
  button.hidden = false;
  button.addEventListener('click', () => press(button));
}
