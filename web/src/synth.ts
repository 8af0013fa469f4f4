// The built-in sounds, made with Web Audio and without samples. The page and the report share them.

export interface Instrument {
  /** Plays a MIDI pitch; time and length in seconds, velocity from 1 to 127. */
  play(pitch: number, velocity: number, time: number, seconds: number): void;
  /** Fades out everything that sounds or is scheduled. */
  silence(): void;
}

/** Plays one note into a node. */
type Play = (
  output: AudioNode, pitch: number, velocity: number, time: number, seconds: number) => void;

/** A melody sound. Times are in seconds, frequencies in Hz, and levels relative to the attack. */
interface Voice {
  wave: OscillatorType;
  level: number;
  cutoff: number;
  decay: number;
  sustain: number;
  release: number;
}

/** A drum kit, as factors of the plain kit. */
interface Kit {
  tune: number;
  decay: number;
  level: number;
}

export const VOICES: Record<string, Voice> = {
  keys: { wave: 'triangle', level: 0.27, cutoff: 4200, decay: 0.45, sustain: 0.45, release: 0.09 },
  pluck: { wave: 'sawtooth', level: 0.49, cutoff: 2200, decay: 0.22, sustain: 0.08, release: 0.06 },
  organ: { wave: 'square', level: 0.17, cutoff: 1800, decay: 0.1, sustain: 0.8, release: 0.03 },
};

export const KITS: Record<string, Kit> = {
  plain: { tune: 1, decay: 1, level: 0.48 },
  deep: { tune: 0.72, decay: 1.7, level: 0.38 },
  tight: { tune: 1.3, decay: 0.5, level: 0.8 },
};

/** Tuned drums by MIDI pitch: frequencies in Hz at first and at last, seconds, and level. */
const THUMPS: Record<number, [from: number, to: number, decay: number, level: number]> = {
  36: [160, 46, 0.42, 0.95],
  37: [1750, 1650, 0.03, 0.3],
  38: [240, 165, 0.16, 0.45],
  41: [150, 82, 0.38, 0.7],
  45: [190, 108, 0.34, 0.7],
  48: [240, 140, 0.3, 0.7],
  50: [290, 170, 0.28, 0.7],
};

/** Noisy drums by MIDI pitch: a filter and its frequency in Hz, seconds, and level. */
const HISSES: Record<number, [filter: BiquadFilterType, frequency: number, decay: number, level: number]> = {
  37: ['bandpass', 2600, 0.04, 0.8],
  38: ['highpass', 1500, 0.2, 0.42],
  39: ['bandpass', 1500, 0.18, 0.9],
  42: ['highpass', 8200, 0.07, 0.34],
  46: ['highpass', 7400, 0.42, 0.3],
  49: ['highpass', 5200, 1.1, 0.28],
  51: ['highpass', 6200, 0.6, 0.22],
};

const CLOSED_HAT = 42;
const OPEN_HAT = 46;
const ATTACK = 0.003;
const FADE = 0.012; // time constant of what is cut short
const SILENT = 7; // time constants, after which a decay is at -61 dB

/** Makes an instrument; `sound` is a name in `KITS` or `VOICES`, the first one by default. */
export function makeInstrument(drums: boolean, output: AudioNode, sound?: string): Instrument {
  const context = output.context;
  const make = drums
    ? () => makeDrums(context, KITS[sound ?? ''] ?? KITS.plain)
    : () => makeMelody(VOICES[sound ?? ''] ?? VOICES.keys);
  let bus: GainNode | null = null;
  let play = make();
  return {
    play(pitch, velocity, time, seconds) {
      if (!bus) {
        bus = new GainNode(context);
        bus.connect(output);
        play = make();
      }
      play(bus, pitch, velocity, Math.max(time, context.currentTime), seconds);
    },
    silence() {
      bus?.gain.setTargetAtTime(0, context.currentTime, FADE);
      bus = null;
    },
  };
}

function makeMelody({ wave, level, cutoff, decay, sustain, release }: Voice): Play {
  let effects: AudioNode | null = null;
  return (output, pitch, velocity, time, seconds) => {
    const { context } = output;
    effects ??= addEcho(output);
    const frequency = 440 * 2 ** ((pitch - 69) / 12);
    const source = new OscillatorNode(context, { type: wave, frequency });
    const filter = new BiquadFilterNode(context, { type: 'lowpass', frequency: cutoff, Q: 0.7 });
    const gain = new GainNode(context, { gain: 0 });
    const peak = level * (velocity / 127) ** 1.5;
    const end = time + Math.max(ATTACK, seconds);
    gain.gain.setValueAtTime(0, time);
    gain.gain.linearRampToValueAtTime(peak, time + ATTACK);
    gain.gain.setTargetAtTime(peak * sustain, time + ATTACK, decay / 2);
    gain.gain.setTargetAtTime(0, end, release);
    source.connect(filter).connect(gain).connect(effects);
    source.start(time);
    source.stop(end + SILENT * release);
  };
}

function addEcho(output: AudioNode): AudioNode {
  const { context } = output;
  const input = new GainNode(context);
  const delay = new DelayNode(context, { delayTime: 0.28 });
  const feedback = new GainNode(context, { gain: 0.24 });
  const wet = new GainNode(context, { gain: 0.16 });
  input.connect(output);
  input.connect(delay).connect(wet).connect(output);
  delay.connect(feedback).connect(delay);
  return input;
}

function makeDrums(context: BaseAudioContext, kit: Kit): Play {
  const noise = new AudioBuffer({ length: context.sampleRate, sampleRate: context.sampleRate });
  noise.getChannelData(0).forEach((_, index, all) => (all[index] = 2 * Math.random() - 1));
  let ringing: AudioParam | null = null; // the level of the last open hi-hat
  return (output, pitch, velocity, time) => {
    if ([CLOSED_HAT, OPEN_HAT].includes(pitch)) ringing?.setTargetAtTime(0, time, FADE);
    const loudness = kit.level * (velocity / 127) ** 1.5;
    const thump = THUMPS[pitch];
    if (thump) {
      const [from, to, decay, level] = thump;
      const source = new OscillatorNode(context, { frequency: from * kit.tune });
      source.frequency.setValueAtTime(from * kit.tune, time);
      source.frequency.exponentialRampToValueAtTime(to * kit.tune, time + 0.07 * kit.decay);
      strike(source, source, output, level * loudness, time, decay * kit.decay);
    }
    const hiss = HISSES[pitch];
    if (hiss) {
      const [type, frequency, decay, level] = hiss;
      const source = new AudioBufferSourceNode(context, { buffer: noise, loop: true });
      const filter = new BiquadFilterNode(context, { type, frequency: frequency * kit.tune ** 0.3 });
      source.connect(filter);
      const gain = strike(source, filter, output, level * loudness, time, decay * kit.decay);
      if (pitch === OPEN_HAT) ringing = gain;
    }
  };
}

/** Lets a source sound until it has decayed, and returns the parameter of its level. */
function strike(
  source: AudioScheduledSourceNode, last: AudioNode, output: AudioNode,
  level: number, time: number, decay: number,
): AudioParam {
  const node = new GainNode(output.context, { gain: 0 });
  node.gain.setValueAtTime(0, time);
  node.gain.linearRampToValueAtTime(level, time + ATTACK / 3);
  node.gain.setTargetAtTime(0, time + ATTACK / 3, decay / 4);
  last.connect(node).connect(output);
  source.start(time);
  source.stop(time + (decay * SILENT) / 4);
  return node.gain;
}
