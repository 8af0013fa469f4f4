// The tempo: dragged, typed or tapped.

import { Dial, find } from './dials';
import { TapTempo } from './tap';

const MIN_TEMPO = 20; // of the slider
const MAX_TEMPO = 300;

export class TempoPanel {
  private readonly slider = find<HTMLInputElement>('tempo');
  private readonly field = find<HTMLInputElement>('tempo-number');
  private readonly dial: Dial;

  /** It starts at `tempo`, and `onChange` receives every other tempo. */
  constructor(tempo: number, onChange: (tempo: number) => void) {
    this.dial = new Dial(this.slider, (value) => `${value} bpm`, (value) => {
      this.field.value = String(value);
      onChange(value);
    });
    this.show(tempo);
    this.field.addEventListener('change', () => {
      if (this.field.value) this.set(Number(this.field.value));
      else this.show(this.value);
    });
    const taps = new TapTempo();
    find('tap').addEventListener('click', (event) => {
      const tapped = taps.tap(event.timeStamp);
      if (tapped !== null) this.set(Math.round(tapped));
    });
  }

  get value(): number {
    return this.dial.value;
  }

  /** Shows a tempo that another device sets. */
  show(tempo: number): void {
    this.dial.value = Math.min(MAX_TEMPO, Math.max(MIN_TEMPO, tempo));
    this.field.value = String(this.value);
  }

  set isEnabled(isEnabled: boolean) {
    this.slider.disabled = this.field.disabled = !isEnabled;
  }

  private set(tempo: number): void {
    this.show(tempo);
    this.slider.dispatchEvent(new Event('input', { bubbles: true }));
  }
}
