// The tempo slider and the button that takes taps.

import { Dial, find } from './dials';
import { TapTempo } from './tap';

const MIN_TEMPO = 20; // of the slider
const MAX_TEMPO = 300;

/** Makes the tempo dial; it starts at `tempo`, and `onChange` receives every other tempo. */
export function makeTempoDial(tempo: number, onChange: (tempo: number) => void): Dial {
  const clamp = (value: number) => Math.min(MAX_TEMPO, Math.max(MIN_TEMPO, value));
  const dial = new Dial('tempo', (value) => `${value} bpm`, onChange);
  dial.value = clamp(tempo);
  const taps = new TapTempo();
  find('tap').addEventListener('click', (event) => {
    const tapped = taps.tap(event.timeStamp);
    if (tapped === null) return;
    dial.value = Math.round(clamp(tapped));
    onChange(dial.value);
  });
  return dial;
}
