// Key and scale lock: moves every pitch to the nearest one of a scale.

export const KEYS = ['C', 'C♯', 'D', 'E♭', 'E', 'F', 'F♯', 'G', 'A♭', 'A', 'B♭', 'B'];

/** Semitones above the key, by the scale's name. */
export const SCALES: Record<string, number[]> = {
  major: [0, 2, 4, 5, 7, 9, 11],
  minor: [0, 2, 3, 5, 7, 8, 10],
  'harmonic minor': [0, 2, 3, 5, 7, 8, 11],
  dorian: [0, 2, 3, 5, 7, 9, 10],
  phrygian: [0, 1, 3, 5, 7, 8, 10],
  lydian: [0, 2, 4, 6, 7, 9, 11],
  mixolydian: [0, 2, 4, 5, 7, 9, 10],
  'major pentatonic': [0, 2, 4, 7, 9],
  'minor pentatonic': [0, 3, 5, 7, 10],
  blues: [0, 3, 5, 6, 7, 10],
};

/** Returns a function that moves pitches into a scale, down if two are equally near. */
export function lockScale(key: number, scale: string): (pitch: number) => number {
  const degrees = SCALES[scale];
  if (!degrees) return (pitch) => pitch;
  const isIn = (pitch: number) => degrees.includes((((pitch - key) % 12) + 12) % 12);
  return (pitch) => {
    for (let away = 0; away < 12; away++) {
      if (isIn(pitch - away) && pitch - away >= 0) return pitch - away;
      if (isIn(pitch + away) && pitch + away <= 127) return pitch + away;
    }
    return pitch;
  };
}
