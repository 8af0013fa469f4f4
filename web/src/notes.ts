// Selects notes from decoded grids like the device; see `playing/device.py`.

/** What the page needs to know about the model's grid and device. */
export interface System {
  messages: 'monophonic' | 'monophonic_scaled' | 'voices' | 'drums' | 'page' | 'page_chords';
  features: string[];
  rows: number;
  steps: number;
  /** Steps that are played: whole bars, if the library leaves the end of the grid empty. */
  loopSteps: number;
  stepsPerQuarter: number;
  /** MIDI pitch of each row. */
  pitches: number[];
  /** The same in saved clips: a pitch that the device reads as that row. */
  savedPitches: number[];
}

/** One decoded pattern: `[rows * steps]` numbers per feature, row by row. */
export type Grids = Record<string, ArrayLike<number>>;

export interface Choice {
  thresholdMin: number;
  thresholdMax: number;
  /** Factor of timeshifts; 0 plays on the grid. */
  gridOffset: number;
  /**
   * For each row of drums, or one for a melody: -1 plays nothing, 0 what the device plays, and 1
   * every cell. In between, the most probable ones play.
   */
  density: number[];
}

/** One note of a pattern: velocity from 1 to 127, duration in half notes, timeshift in half steps. */
export interface Cell {
  row: number;
  step: number;
  velocity: number;
  duration: number;
  timeshift: number;
}

const VOICES = 16; // monophonic sequences in the Original's live.step
const CHORD = 6; // notes per step of the page's chords

// Values for features that the model does not have.
const MISSING: Record<string, number> = { velocity: 100 / 127, duration: 0.125, timeshift: 0 };

/** Selects the notes that the device plays, by step, then row. Silent ones are left out. */
export function selectNotes(grids: Grids, system: System, choice: Choice): Cell[] {
  const cells: Cell[] = [];
  const thresholds = findThresholds(grids.onset, system, choice);
  for (let step = 0; step < system.loopSteps; step++) {
    for (const row of chooseRows(grids.onset, system, choice, thresholds, step)) {
      const value = (name: string) => grids[name]?.[row * system.steps + step] ?? MISSING[name];
      const added = system.messages === 'drums' ? 1 : 0;
      const velocity = Math.min(127, Math.floor(value('velocity') * 127 + added));
      if (velocity > 0) {
        const timeshift = Math.fround(value('timeshift') * choice.gridOffset);
        cells.push({ row, step, velocity, duration: Math.fround(value('duration')), timeshift });
      }
    }
  }
  return cells;
}

/** Returns the rows that the device's tracks play at a step, from the lowest up. */
function chooseRows(
  onset: ArrayLike<number>, system: System, choice: Choice, thresholds: number[], step: number,
): number[] {
  const allowed: number[] = [];
  for (let row = 0; row < system.rows; row++) {
    const probability = onset[row * system.steps + step];
    const isLoud = system.messages === 'drums'
      ? probability > thresholds[row]
      : probability >= thresholds[row];
    if (isLoud && probability <= choice.thresholdMax) allowed.push(row);
  }
  if (system.messages === 'drums') return allowed;
  if (system.messages === 'voices') return allowed.slice(0, VOICES);
  const most = system.messages === 'page_chords' ? CHORD : 1;
  return [...allowed]
    .sort((a, b) => onset[b * system.steps + step] - onset[a * system.steps + step])
    .slice(0, most)
    .sort((a, b) => a - b);
}

/** Returns the threshold of each row for the density that was asked for. */
function findThresholds(onset: ArrayLike<number>, system: System, choice: Choice): number[] {
  const { rows, steps, messages } = system;
  const values = (row: number) => Array.from(
    { length: steps }, (_, step) => onset[row * steps + step]);
  if (messages === 'drums') {
    return Array.from({ length: rows }, (_, row) => (
      moveThreshold(() => values(row), choice, choice.density[row] ?? 0)));
  }
  const listCandidates = () => {
    const all = Array.from({ length: rows }, (_, row) => values(row));
    if (messages === 'voices' || messages === 'page_chords') return all.flat();
    return Array.from({ length: steps }, (_, step) => (
      Math.max(...all.map((row) => row[step]).filter((value) => value <= choice.thresholdMax))));
  };
  return new Array(rows).fill(moveThreshold(listCandidates, choice, choice.density[0] ?? 0));
}

/** Returns the quantile of probabilities that lets a density of notes through. */
function moveThreshold(
  listValues: () => number[], { thresholdMin, thresholdMax }: Choice, density: number,
): number {
  if (!density) return thresholdMin;
  const sorted = listValues().filter((value) => value <= thresholdMax).sort((a, b) => b - a);
  const heard = sorted.filter((value) => value >= thresholdMin).length;
  const count = Math.round(
    density < 0 ? heard * (1 + density) : heard + density ** 2 * (sorted.length - heard));
  if (count === heard) return thresholdMin;
  return count ? (sorted[count - 1] + (sorted[count] ?? 0)) / 2 : Infinity;
}
