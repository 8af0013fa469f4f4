// Plays the patterns of a report. Each button holds the notes of one.

import { cutNotes, startOfNote, TICKS_PER_QUARTER, type Clip } from './clip';
import { LoopPlayer } from './loop-player';

const INTERVAL = 200; // milliseconds; a whole round is scheduled ahead, so it need not be exact

/** Start in quarter notes, MIDI pitch, length in quarter notes, velocity. */
type Entry = [start: number, pitch: number, length: number, velocity: number];

const { tempo, quarters, drums } = document.body.dataset;
const round = Number(quarters) * TICKS_PER_QUARTER;
let playing: HTMLButtonElement | null = null;
let clip: Clip = { notes: [], length: round };
const player = new LoopPlayer(() => clip, Boolean(drums), Number(tempo));
player.scheduler.notesAhead = (Number(quarters) * 60) / Number(tempo);

function readClip(button: HTMLButtonElement): Clip {
  const notes = (JSON.parse(button.dataset.notes!) as Entry[]).map((entry) => {
    const [at, pitch, length, velocity] = entry;
    const start = startOfNote(Math.round(at * TICKS_PER_QUARTER), round);
    return { pitch, velocity, start, end: start + Math.round(length * TICKS_PER_QUARTER) };
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
    player.stop();
    label(last, 'Play');
  }
  playing = button === last ? null : button;
  if (!playing) return;
  clip = readClip(button);
  label(button, 'Stop');
  void player.open();
  player.start();
}

for (const button of document.querySelectorAll<HTMLButtonElement>('button[data-notes]')) {
  button.hidden = false;
  button.addEventListener('click', () => press(button));
}
setInterval(() => player.scheduler.advance(), INTERVAL);
