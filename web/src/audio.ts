// The way from the instruments to the loudspeakers: volume, then a limiter.

const MIN_DECIBELS = -40; // at the bottom of the volume slider
const CEILING = 0.89; // -1 dB

/** The loudspeakers and their clock, once a click or a key has allowed to open them. */
export class Speakers {
  /** What is connected to it is heard. */
  input: AudioNode | null = null;

  /** Seconds of the audio clock. */
  get time(): number {
    return this.input?.context.currentTime ?? 0;
  }

  /** Resolves when the clock runs. */
  async open(): Promise<void> {
    this.input ??= addLimiter(new AudioContext().destination);
    await (this.input.context as AudioContext).resume();
  }

  /** Stops the clock until they are opened again. */
  close(): void {
    void (this.input?.context as AudioContext | undefined)?.suspend();
  }
}

/** Returns the gain for a position of the volume slider, from 0, silent, to 1. */
export function volumeGain(share: number): number {
  return share ? 10 ** ((MIN_DECIBELS * (1 - share)) / 20) : 0;
}

/** Connects a limiter to `output` and returns its input; nothing louder than -1 dB leaves it. */
export function addLimiter(output: AudioNode): AudioNode {
  const { context } = output;
  const compressor = new DynamicsCompressorNode(context, {
    threshold: -8, knee: 6, ratio: 12, attack: 0.002, release: 0.12,
  });
  const curve = Float32Array.from({ length: 4097 }, (_, index) => bend(index / 2048 - 1));
  compressor.connect(new WaveShaperNode(context, { curve })).connect(output);
  return compressor;
}

/** Leaves quiet samples as they are, and bends loud ones below the ceiling. */
function bend(sample: number): number {
  const knee = 0.7;
  const size = Math.abs(sample);
  if (size <= knee) return sample;
  return Math.sign(sample) * (knee + (CEILING - knee) * Math.tanh((size - knee) / (CEILING - knee)));
}
