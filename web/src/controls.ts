// The dials and menus of an instrument that decide what its loop is.

import type { PartData } from './data';
import { Dial, fillMenu, type Find } from './dials';
import type { Feel } from './feel';
import { describeDensity } from './groups-panel';
import type { Choice } from './notes';
import { KEYS, lockScale, SCALES } from './scale';

/** What snapshots store of the controls. */
export interface Settings {
  dials: number[];
  key: string;
  scale: string;
}

const showPercent = (value: number) => `${Math.round(100 * value)} %`;

export class Controls {
  private readonly thresholdMin: Dial;
  private readonly thresholdMax: Dial;
  private readonly noiseDial: Dial;
  private readonly gridOffset: Dial;
  private readonly density: Dial;
  private readonly swing: Dial;
  private readonly dynamics: Dial;
  private readonly octave: Dial;
  private readonly key: HTMLSelectElement;
  private readonly scale: HTMLSelectElement;

  /**
   * @param onTurn is told that other notes are chosen.
   * @param onFeel is told that the same notes are played in another way.
   */
  constructor(
    find: Find,
    private readonly isDrums: boolean,
    { threshold }: PartData,
    onTurn: () => void,
    onFeel: () => void,
  ) {
    const make = (
      id: string, onChange: () => void, format = (value: number) => value.toFixed(2),
    ) => new Dial(find(id), format, onChange);
    this.thresholdMin = make('threshold-min', onTurn);
    this.thresholdMax = make('threshold-max', onTurn);
    this.noiseDial = make('noise', onTurn);
    this.gridOffset = make('grid-offset', onTurn);
    this.density = make('density', onTurn, describeDensity);
    this.swing = make('swing', onFeel, showPercent);
    this.dynamics = make('dynamics', onFeel, showPercent);
    this.octave = make('octave', onFeel, (value) => (value > 0 ? `+${value}` : `${value}`));
    this.key = find('key');
    this.scale = find('scale');
    this.setUp(threshold);
    find('key-lock').hidden = isDrums;
    for (const menu of [this.key, this.scale]) menu.addEventListener('change', onFeel);
  }

  /** The standard deviation that is added to z. */
  get noise(): number {
    return this.noiseDial.value;
  }

  get semitones(): number {
    return 12 * this.octave.value;
  }

  get feel(): Feel {
    return { swing: this.swing.value, dynamics: this.dynamics.value, semitones: this.semitones };
  }

  /** Returns a function that moves pitches into the chosen scale. */
  get movePitch(): (pitch: number) => number {
    return lockScale(Number(this.key.value), this.isDrums ? '' : this.scale.value);
  }

  get settings(): Settings {
    const dials = this.stored.map((dial) => dial.value);
    return { dials, key: this.key.value, scale: this.scale.value };
  }

  set settings({ dials, key, scale }: Settings) {
    this.stored.forEach((dial, index) => (dial.value = dials[index]));
    this.key.value = key;
    this.scale.value = scale;
  }

  /** @param densities of drums, by row. */
  choose(densities: number[]): Choice {
    return {
      thresholdMin: this.thresholdMin.value,
      thresholdMax: this.thresholdMax.value,
      gridOffset: this.gridOffset.value,
      density: this.isDrums ? densities : [this.density.value],
    };
  }

  private get stored(): Dial[] {
    return [this.thresholdMin, this.thresholdMax, this.noiseDial, this.gridOffset];
  }

  private setUp(threshold: number): void {
    this.thresholdMin.setUp(1, threshold);
    this.thresholdMax.setUp(1, 1);
    this.noiseDial.setUp(this.isDrums ? 2 : 0.5, 0);
    this.gridOffset.setUp(this.isDrums ? 5 : 2, 1);
    this.density.value = this.octave.value = 0;
    this.swing.value = 0.5;
    this.dynamics.value = 1;
    this.thresholdMax.isHidden = this.isDrums; // the drum device has none
    this.density.isHidden = this.octave.isHidden = this.isDrums;
    fillMenu(this.key, KEYS.map((name, key) => [name, String(key)]));
    const scales = Object.keys(SCALES).map((name): [string, string] => [name, name]);
    fillMenu(this.scale, [['as played', ''], ...scales]);
  }
}
