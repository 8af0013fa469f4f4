// Plays the patterns of a report. A button holds its notes: start, MIDI pitch, length, velocity.
(() => {
  const { tempo, quarters, drums } = document.body.dataset;
  const beat = 60 / Number(tempo); // seconds of a quarter note
  const THUMPS = { // Hz, from and to
    36: [140, 45], 38: [210, 160], 41: [150, 80], 45: [180, 100], 48: [230, 130], 50: [270, 160],
  };
  const HISSES = { // Hz and seconds
    37: [2500, 0.04], 38: [1500, 0.18], 39: [1200, 0.15], 42: [8000, 0.06], 46: [7500, 0.35],
    49: [5000, 0.9], 51: [6000, 0.5],
  };
  let context, noise, playing;

  function fade(output, level, from, to) {
    const gain = new GainNode(context, { gain: 0 });
    gain.gain.setValueAtTime(0, from);
    gain.gain.linearRampToValueAtTime(level, from + 0.005);
    gain.gain.exponentialRampToValueAtTime(level / 300, to);
    gain.connect(output);
    return gain;
  }

  function sound(source, output, from, to) {
    source.connect(output);
    source.start(from);
    source.stop(to);
  }

  function strike(pitch, level, time, output) {
    if (THUMPS[pitch]) {
      const [high, low] = THUMPS[pitch];
      const tone = new OscillatorNode(context, { frequency: high });
      tone.frequency.setValueAtTime(high, time);
      tone.frequency.exponentialRampToValueAtTime(low, time + 0.08);
      sound(tone, fade(output, level, time, time + 0.3), time, time + 0.3);
    }
    if (HISSES[pitch]) {
      const [frequency, seconds] = HISSES[pitch];
      const filter = new BiquadFilterNode(context, { type: 'highpass', frequency });
      filter.connect(fade(output, level / 2, time, time + seconds));
      sound(new AudioBufferSourceNode(context, { buffer: noise, loop: true }), filter, time, time + seconds);
    }
  }

  function sing(pitch, level, time, seconds, output) {
    const frequency = 440 * 2 ** ((pitch - 69) / 12);
    const end = time + seconds + 0.15;
    const tone = new OscillatorNode(context, { type: 'triangle', frequency });
    sound(tone, fade(output, level, time, end), time, end);
  }

  // A round of the loop, and half a round later the next.
  function schedule(start) {
    for (const [at, pitch, length, velocity] of playing.notes) {
      const time = Math.max(start + at * beat, context.currentTime);
      const level = 0.4 * (velocity / 127) ** 1.5 + 0.02;
      if (drums) strike(pitch, level, time, playing.output);
      else sing(pitch, level, time, length * beat, playing.output);
    }
    const round = quarters * beat;
    const wait = start + round / 2 - context.currentTime;
    playing.timer = setTimeout(() => schedule(start + round), 1000 * wait);
  }

  function say(button, word) {
    button.textContent = word;
    button.setAttribute('aria-label', `${word} ${button.dataset.name}`);
  }

  function stop() {
    clearTimeout(playing.timer);
    playing.output.disconnect();
    say(playing.button, 'Play');
    playing = undefined;
  }

  function play(button) {
    if (!context) {
      context = new AudioContext();
      noise = new AudioBuffer({ length: context.sampleRate, sampleRate: context.sampleRate });
      noise.getChannelData(0).forEach((_, index, all) => { all[index] = 2 * Math.random() - 1; });
    }
    context.resume();
    const output = new DynamicsCompressorNode(context);
    output.connect(context.destination);
    playing = { button, output, notes: JSON.parse(button.dataset.notes) };
    say(button, 'Stop');
    schedule(context.currentTime + 0.1);
  }

  for (const button of document.querySelectorAll('button[data-notes]')) {
    button.hidden = false;
    button.addEventListener('click', () => {
      const before = playing && playing.button;
      if (playing) stop();
      if (before !== button) play(button);
    });
  }
})();
