// Plays a page with drums and a melody through MIDI, with fake ports, uses what is folded away, and
// returns what came of it.
//
// Arguments: PAGE.html, FOLDER
//
// Downloads and, if LOOK is set, pictures go into FOLDER.

import { pathToFileURL } from 'node:url';

import { browser } from './browser.mjs';
import { lookAround, save, showsLoop, sounding, watch } from './watch.mjs';

export default async function run(file, folder) {
  const address = pathToFileURL(file).href;
  const troubles = [];

  // Runs in the page: ports and a folder that remember what they get.
  function fake() {
    window.sent = [];
    window.written = {};
    const out = {
      id: 'synth', name: 'Fake synth', state: 'connected',
      send: (bytes, time) => window.sent.push({ bytes: [...bytes], time }),
    };
    const keys = { id: 'keys', name: 'Fake keys', state: 'connected', onmidimessage: null };
    navigator.requestMIDIAccess = async () => (
      { outputs: new Map([['synth', out]]), inputs: new Map([['keys', keys]]) });
    window.receive = (data, timeStamp = performance.now()) => keys.onmidimessage({ data, timeStamp });
    // Starts a sequencer at 125 bpm.
    window.sequence = () => {
      const period = 60_000 / (24 * 125);
      window.zero = performance.now() + 50;
      window.receive([0xfa]);
      let number = 0;
      window.timer = setInterval(() => {
        for (; window.zero + number * period <= performance.now(); number++) {
          window.receive([0xf8], window.zero + number * period);
        }
      }, 4);
    };
    window.showDirectoryPicker = async () => ({
      name: 'clips',
      getFileHandle: async (name, { create } = {}) => {
        if (!create && !(name in window.written)) throw new DOMException('none', 'NotFoundError');
        return {
          createWritable: async () => ({
            write: async (content) => { window.written[name] = [...content]; },
            close: async () => {},
          }),
        };
      },
    });
  }

  async function open(where) {
    const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
    await context.addInitScript(fake);
    const page = await context.newPage();
    watch(page, troubles);
    await page.goto(where);
    for (const suffix of ['', '-2']) await showsLoop(page, suffix);
    await page.evaluate(() => {
      for (const part of document.querySelectorAll('details')) part.open = true;
    });
    await page.click('#connect');
    await page.selectOption('#port', 'synth');
    await page.selectOption('#in-port', 'keys');
    return page;
  }

  const page = await open(address);
  const receive = (...bytes) => page.evaluate((data) => window.receive(data), bytes);
  const place = (id) => page.getAttribute(id, 'aria-valuetext');
  const state = async (at) => ({
    swing: await at.inputValue('#swing'), channel: await at.inputValue('#route-channel-0'),
    muted: await at.locator('#groups [id^=mute][aria-pressed=true]').count(),
  });
  const places = async () => [await place('#pad'), await place('#pad-2')];
  const found = { troubles };

  // Knobs learn what they move.
  await page.click('#learn');
  await page.focus('#swing');
  await receive(0xb0, 20, 5);
  await page.locator('#pad-2').click({ position: { x: 30, y: 30 } });
  await receive(0xb1, 21, 64);
  await receive(0xb1, 22, 64);
  await page.click('#mute-0');
  await receive(0x90, 60, 100);
  found.learned = await page.textContent('#in-words');
  found.held = await page.getAttribute('#mute-0', 'aria-pressed');
  await page.click('#learn');
  await receive(0xb0, 20, 127);
  await receive(0xb1, 21, 127);
  await receive(0xb1, 22, 0);
  await receive(0x90, 60, 100);
  found.moved = {
    swing: await page.inputValue('#swing'),
    pad: await place('#pad-2'),
    muted: await page.getAttribute('#mute-0', 'aria-pressed'),
  };
  await receive(0x90, 60, 100);

  // Keys recall snapshots: from 36 up those of the first pad, from 44 up those of the second.
  await page.focus('#pad');
  await page.keyboard.press('Shift+Digit1');
  const stored = await places();
  for (const id of ['#pad', '#pad-2']) {
    await page.focus(id);
    await page.keyboard.press('Home');
    await page.keyboard.press('Shift+ArrowUp');
  }
  const away = await places();
  await receive(0x90, 36, 100);
  const first = await places();
  await receive(0x90, 44, 100);
  found.recalled = { stored, away, first, second: await places() };

  // One voice alone, which is muted then.
  const voices = page.locator('#groups [id^=mute]');
  found.voices = [];
  for (const modifiers of [['Shift'], []]) {
    await voices.first().click({ modifiers });
    found.voices.push(await sounding(page));
  }
  await voices.first().click();
  await voices.first().click({ modifiers: ['Shift'] });

  // What is locked stays; a density of 1 plays every step; undo takes it back.
  await page.click('#mute-0', { modifiers: ['Shift'] });
  await page.click('#lock-0');
  const locked = [await sounding(page)];
  await page.focus('#pad');
  for (let step = 0; step < 8; step++) await page.keyboard.press('Shift+ArrowLeft');
  locked.push(await sounding(page));
  await page.click('#lock-0');
  await page.fill('#row-density-0', '1');
  await page.press('#row-density-0', 'Tab');
  found.locked = [...locked, await sounding(page)];
  await page.click('#undo');
  found.undone = await page.inputValue('#row-density-0');
  await page.click('#mute-0', { modifiers: ['Shift'] });

  found.zip = await save(page, folder, '#save-variations-2');
  found.dragged = await page.evaluate(() => {
    const dataTransfer = new DataTransfer();
    document.getElementById('save-loop').dispatchEvent(new DragEvent('dragstart', { dataTransfer }));
    return dataTransfer.getData('DownloadURL');
  });
  found.loop = await save(page, folder, '#save-loop');
  for (let count = 0; count < 2; count++) {
    await page.click('#save-folder');
    await page.waitForFunction((done) => Object.keys(window.written).length > done, count);
  }
  found.written = await page.evaluate(() => window.written);

  await page.click('#make-path-2');
  await page.waitForFunction(() => (
    document.getElementById('variation-words-2').textContent.includes('ready')));
  found.path = await save(page, folder, '#save-path-2');

  // A sequencer starts, is followed, and stops.
  await page.fill('#route-note-0', '50');
  await page.fill('#route-channel-0', '3');
  await page.fill('#row-density-0', '1');
  await page.click('#follow');
  await page.evaluate(() => window.sequence());
  await page.locator('#play[aria-pressed=true]').waitFor();
  await page.waitForFunction(() => window.sent.filter(({ bytes }) => bytes[0] === 0xf8).length > 100);
  await page.waitForFunction(() => document.getElementById('tempo-number').disabled);
  await page.waitForTimeout(600);
  found.followed = {
    tempo: Number(await page.inputValue('#tempo-number')), words: await page.textContent('#in-words'),
  };
  await page.evaluate(() => {
    clearInterval(window.timer);
    window.receive([0xfc]);
  });
  await page.locator('#play[aria-pressed=false]').waitFor();
  found.sent = await page.evaluate(() => (
    window.sent.map(({ bytes, time }) => ({ bytes, time: time - window.zero }))));

  found.hidden = {};
  for (const name of ['threshold-max', 'noise', 'search', 'key']) {
    found.hidden[name] = [await page.isHidden(`#${name}`), await page.isHidden(`#${name}-2`)];
  }
  await page.fill('#swing', '0.6');
  await page.click('#mute-8');
  await page.click('#copy-link');
  const linked = await open(page.url());
  await linked.evaluate(() => window.receive([0xb0, 20, 127]));
  found.linked = await state(linked);
  // Saved as a file, and loaded in a page that knows nothing of it.
  found.maps = await save(page, folder, '#save-maps');
  const fresh = await open(address);
  await fresh.setInputFiles('#maps-file', found.zip);
  await fresh.waitForFunction(() => /holds no maps/.test(document.getElementById('maps-words').textContent));
  await fresh.setInputFiles('#maps-file', found.maps);
  await fresh.waitForFunction(() => /Loaded/.test(document.getElementById('maps-words').textContent));
  await fresh.evaluate(() => window.receive([0xb0, 20, 127]));
  found.loaded = await state(fresh);
  found.views = await lookAround(page, folder, 'instrument', 3000);
  return found;
}
