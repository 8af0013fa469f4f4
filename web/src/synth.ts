// What the page sounds like by itself: a synth for melodies and one for drums, no samples.

import * as Tone from './tone';

export interface Instrument {
  /** Plays a MIDI pitch; time and length in seconds, velocity from 1 to 127. */
  play(pitch: number, velocity: number, time: number, seconds: number): void;
  silence(): void;
}

const DRUM_TUNING: Record<number, string> = { 36: 'C1', 41: 'G1', 45: 'C2', 48: 'F2', 50: 'A2' };
const GAP = 0.002; // seconds: one drum cannot be struck twice at one time

/** Makes the instrument of a system in Tone's present context. */
export function makeInstrument(drums: boolean, output: Tone.InputNode): Instrument {
  return drums ? makeDrums(output) : makeMelody(output);
}

function makeMelody(output: Tone.InputNode): Instrument {
  const synth = new Tone.PolySynth(Tone.Synth, {
    volume: -11,
    oscillator: { type: 'fattriangle', count: 3, spread: 16 } as never,
    envelope: { attack: 0.006, decay: 0.35, sustain: 0.35, release: 0.5 },
  });
  const filter = new Tone.Filter({ type: 'lowpass', frequency: 3800, rolloff: -12 });
  const echo = new Tone.FeedbackDelay({ delayTime: 0.28, feedback: 0.24, wet: 0.16 });
  synth.chain(filter, echo, output);
  return {
    play(pitch, velocity, time, seconds) {
      const frequency = Tone.Frequency(pitch, 'midi').toFrequency();
      synth.triggerAttackRelease(frequency, seconds, time, velocity / 127);
    },
    silence: () => void synth.releaseAll(),
  };
}

function makeDrums(output: Tone.InputNode): Instrument {
  const tuned = new Tone.PolySynth(Tone.MembraneSynth, {
    volume: -5, octaves: 5, pitchDecay: 0.035, envelope: { attack: 0.001, decay: 0.32, sustain: 0 },
  }).connect(output);
  const hiss = (volume: number, decay: number, kind: 'highpass' | 'bandpass', frequency: number) => {
    const filter = new Tone.Filter({ type: kind, frequency, Q: kind === 'bandpass' ? 1.2 : 0.7 });
    const envelope = { attack: 0.001, decay, sustain: 0 };
    return new Tone.NoiseSynth({ volume, envelope }).chain(filter, output);
  };
  const noises: Record<number, Tone.NoiseSynth> = {
    38: hiss(-7, 0.17, 'highpass', 1400),
    42: hiss(-15, 0.05, 'highpass', 8200),
    46: hiss(-15, 0.32, 'highpass', 7400),
    39: hiss(-6, 0.14, 'bandpass', 1500),
    37: hiss(-4, 0.03, 'bandpass', 2600),
    51: hiss(-16, 0.5, 'highpass', 6200),
    49: hiss(-13, 0.9, 'highpass', 5200),
  };
  const last = new Map<number, number>();
  return {
    play(pitch, velocity, time) {
      const start = Math.max(time, (last.get(pitch) ?? 0) + GAP);
      last.set(pitch, start);
      const noise = noises[pitch];
      if (noise) noise.triggerAttackRelease(0.1, start, velocity / 127);
      if (noise && pitch !== 38) return;
      const note = pitch === 38 ? 'E2' : DRUM_TUNING[pitch] ?? 'C2';
      tuned.triggerAttackRelease(note, 0.1, start, (velocity / 127) * (pitch === 38 ? 0.35 : 1));
    },
    silence: () => void tuned.releaseAll(),
  };
}
