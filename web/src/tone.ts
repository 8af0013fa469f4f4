// The parts of Tone.js that the page needs. Its index would open an audio context as it loads, which
// browsers warn of before a click.

import 'tone/build/esm/core/clock/Transport.js';
import 'tone/build/esm/core/context/Destination.js';

export { getContext, start } from 'tone/build/esm/core/Global.js';
export { Offline } from 'tone/build/esm/core/context/Offline.js';
export { Frequency } from 'tone/build/esm/core/type/Frequency.js';
export type { InputNode } from 'tone/build/esm/core/context/ToneAudioNode.js';
export { Filter } from 'tone/build/esm/component/filter/Filter.js';
export { FeedbackDelay } from 'tone/build/esm/effect/FeedbackDelay.js';
export { MembraneSynth } from 'tone/build/esm/instrument/MembraneSynth.js';
export { NoiseSynth } from 'tone/build/esm/instrument/NoiseSynth.js';
export { PolySynth } from 'tone/build/esm/instrument/PolySynth.js';
export { Synth } from 'tone/build/esm/instrument/Synth.js';
