// Runs a job in the modules of web/src, which it builds and loads in Chromium once.
//
// Arguments: JOB, INPUT

import { fileURLToPath } from 'node:url';

import { build } from '../../web/node_modules/esbuild/lib/main.js';
import { browser } from './browser.mjs';

const contents = `
  export * from './audio';
  export * from './clip';
  export * from './dots';
  export * from './feel';
  export * from './follower';
  export * from './midi-file';
  export * from './midi-out';
  export * from './straight-path';
  export * from './music-files';
  export * from './nearest';
  export * from './notes';
  export * from './recorder';
  export * from './scale';
  export * from './sync';
  export * from './synth';
  export * from './tap';
  export * from './terrain';
  export * from './transport';
  export * from './variations';
  export * from './zip';
`;
const resolveDir = fileURLToPath(new URL('../../web/src', import.meta.url));
const bundle = await build({
  stdin: { contents, resolveDir, loader: 'ts' },
  bundle: true, format: 'iife', globalName: 'web', write: false,
});

// Each runs in the page.
const JOBS = {
  // Dropped files, each as name and bytes, to those that are sent and what is said of the others.
  music: async ({ files, suffixes }) => {
    const dropped = files.map(([name, bytes]) => new File([new Uint8Array(bytes)], name));
    const found = await web.findMusic(await web.listEntries(dropped), suffixes);
    const sent = await Promise.all(found.files.map(
      async (file) => [file.name, [...new Uint8Array(await file.arrayBuffer())]]));
    return { sent, said: web.describeSkipped(found.skipped) };
  },

  // Patterns to the notes that are chosen, and to MIDI files.
  select: (cases) => cases.map(({ grids, system, choice, tempo }) => {
    const cells = web.selectNotes(grids, system, { density: [], ...choice });
    const clip = web.makeClip(cells, system);
    const bytes = web.writeMidi(clip, 'a name ♪', tempo, system, '4/4');
    return { cells, midi: [...bytes] };
  }),

  // Notes through the limiter in an offline audio context, to the samples at 44.1 kHz.
  render: async (cases) => Promise.all(cases.map(async ({ notes, drums, sound, seconds }) => {
    const context = new OfflineAudioContext(1, seconds * 44100, 44100);
    const instrument = web.makeInstrument(drums, web.addLimiter(context.destination), sound);
    for (const note of notes) instrument.play(...note);
    const samples = (await context.startRendering()).getChannelData(0);
    return [...samples].map((sample) => Math.round(sample * 1e5) / 1e5);
  })),

  // Cells to the clip that loops, and to the one that is written.
  place: (cases) => cases.map(({ cells, system }) => {
    const clip = web.makeClip(cells, system);
    return { loop: clip.notes, file: web.startInClip(clip).notes };
  }),

  // Calls of a MIDI out to what its ports get.
  send: async ({ calls, clears }) => {
    const sent = [];
    const ports = ['a', 'b'].map((id) => ({
      id, name: id, state: 'connected',
      send: (bytes, time) => sent.push({ port: id, bytes: [...bytes], time: time - window.zero }),
      ...(clears && { clear: () => sent.push({ port: id, bytes: 'clear' }) }),
    }));
    const out = new web.MidiOut();
    window.zero = performance.now() + 1e6; // so that nothing is late
    for (const [name, ...values] of calls) {
      if (name === 'choose') values[0] = ports.find(({ id }) => id === values[0]) ?? null;
      if (name === 'note') values[2] += window.zero;
      if (['clock', 'endNotes'].includes(name)) values[0] += window.zero;
      out[name](...values);
    }
    return sent;
  },

  // A clip that is asked for at uneven moments, with changes of tempo.
  schedule: ({ clip, moments, changes, tempo }) => {
    let now = 0;
    const events = [];
    const transport = new web.Transport(() => now, tempo, (time, isRound) => {
      events.push({ kind: 'clock', time, isRound });
    });
    transport.add(() => clip, {
      note: (note, time, seconds, tick) => events.push({ kind: 'note', time, seconds, tick, note }),
      round: () => events.push({ kind: 'round' }),
    });
    transport.start();
    for (const moment of moments) {
      now = moment;
      if (changes[moment]) transport.setTempo(changes[moment]);
      transport.advance();
    }
    transport.stop();
    now += 10;
    transport.advance();
    return events;
  },

  // Messages of another device, or 'stop' and 'play' of a person, by arrival in ms, to starts, stops, notes, and what clocks tell.
  // Every 25 ms, the player is asked for what is due.
  follow: ({ clip, messages, seconds, tempo }) => {
    let now = 0;
    const log = [];
    const transport = new web.Transport(() => now / 1000, tempo);
    transport.add(() => clip, {
      note: (note, time, seconds, tick) => log.push({ kind: 'note', tick, time: 1000 * time, now }),
      round: () => {},
    });
    const sync = new web.Sync({
      start: (tick) => { transport.start(tick); log.push({ kind: 'start', tick, now }); },
      stop: () => { transport.stop(); transport.isFollowing = false; log.push({ kind: 'stop', now }); },
      set: (tick, time, bpm) => {
        transport.isFollowing = true;
        transport.clock.set(tick, time / 1000, bpm);
      },
      tickAt: (time) => transport.clock.tickAt(time / 1000),
      getTempo: () => tempo,
    });
    let next = 0;
    let lost = 0;
    for (let moment = 0; moment < 1000 * seconds; moment += 25) {
      for (; messages[next]?.[0] < moment; next++) {
        [now] = messages[next];
        if (messages[next][1] === 'stop') transport.stop();
        else if (messages[next][1] === 'play') sync.join();
        else sync.hear(messages[next][1], now);
      }
      now = moment;
      lost += sync.isRunning && sync.isLost(now);
      transport.advance();
    }
    return { log, lost, tempo: sync.tempo };
  },

  // A steady clock with jitter, given as its times, to where the follower puts each.
  smooth: (times) => {
    const follower = new web.Follower();
    return times.map((time) => {
      follower.hear(time);
      return follower.time;
    });
  },

  // Colors of the rows of a piano roll, and others, to [red, green, blue] of 255.
  colors: ({ shares, low, high, others }) => {
    const context = new OffscreenCanvas(1, 1).getContext('2d');
    return [...shares.map((share) => web.colorRow(share, low, high)), ...others].map((color) => {
      context.fillStyle = color;
      context.fillRect(0, 0, 1, 1);
      return [...context.getImageData(0, 0, 1, 1).data.slice(0, 3)];
    });
  },

  dots: (libraries) => libraries.map(web.chooseDots),

  feel: (cases) => cases.map(({ clip, feel }) => web.applyFeel(clip, feel).notes),

  differ: ({ patterns, count }) => web.chooseDifferent(patterns, count),

  straightPath: ({ from, to, clips, slice }) => (
    { points: web.placePoints(from, to, clips.length), clip: web.joinSlices(clips, slice) }),

  zip: async (entries) => {
    const files = entries.map(({ name, content }) => ({ name, content: Uint8Array.from(content) }));
    return [...new Uint8Array(await web.writeZip(files).arrayBuffer())];
  },

  tap: (times) => {
    const taps = new web.TapTempo();
    return times.map((time) => taps.tap(time));
  },

  lock: (cases) => cases.map(({ key, scale, pitches }) => pitches.map(web.lockScale(key, scale))),

  compare: ({ patterns, library, system }) => (
    patterns.map((cells) => web.findNearest(cells, library, system))),

  record: ({ start, length, before, moves, notes, stop }) => {
    const recorder = new web.Recorder(length);
    for (const [tick, note] of before) recorder.hear(note, tick);
    recorder.start(start, [0, 0]);
    for (const [tick, z] of moves) recorder.move(tick, z);
    for (const [tick, note] of notes) recorder.hear(note, tick);
    recorder.stop(stop);
    const places = [0, length, 2 * length, 3 * length].map((tick) => recorder.placeAt(tick));
    return { clip: recorder.toClip(), places, path: recorder.path };
  },
};

const page = await browser.newPage();
await page.addScriptTag({ content: bundle.outputFiles[0].text });

export default async function run(job, input) {
  // As texts: Playwright takes a minute for a million numbers.
  const call = async ([code, text]) => JSON.stringify((await eval(code)(JSON.parse(text))) ?? null);
  return JSON.parse(await page.evaluate(call, [`(${JOBS[job]})`, JSON.stringify(input)]));
}
