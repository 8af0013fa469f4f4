// Plays a play.html in Chromium as a person would, and returns what came of it.
//
// Arguments: PAGE.html, FOLDER
//
// Downloads and, if LOOK is set, pictures go into FOLDER.

import { pathToFileURL } from 'node:url';

import { browser } from './browser.mjs';
import { lookAround, save, showsLoop, sounding, watch } from './watch.mjs';

export default async function run(file, folder) {
  const address = pathToFileURL(file).href;

  async function open(context, troubles) {
    const page = await context.newPage();
    watch(page, troubles);
    page.on('request', (request) => {
      if (!/^(data|blob):/.test(request.url()) && request.url() !== address) {
        troubles.push(`request: ${request.url()}`);
      }
    });
    await page.goto(address);
    await showsLoop(page);
    return page;
  }

  // Runs in the page: a port that remembers what it gets. The loudspeakers are found again.
  function fakeMidi() {
    window.sent = [];
    window.AudioContext = class extends AudioContext {
      constructor() {
        super();
        window.speakers = this;
      }
    };
    const port = {
      id: 'fake', name: 'Fake synth', state: 'connected',
      send: (bytes, time) => window.sent.push({ bytes: [...bytes], time: time ?? null }),
    };
    navigator.requestMIDIAccess = async () => (
      { outputs: new Map([['fake', port]]), inputs: new Map() });
  }

  const place = (page) => page.getAttribute('#pad', 'aria-valuetext');

  const troubles = [];
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
  await context.addInitScript(fakeMidi);
  const page = await open(context, troubles);
  const views = await lookAround(page, folder, 'page', 6000);
  const found = {
    troubles, views, places: [await place(page)], sounding: [await sounding(page)],
  };
  const note = async () => {
    found.places.push(await place(page));
    found.sounding.push(await sounding(page));
  };

  found.loop = await save(page, folder, '#save-loop');
  await page.focus('#pad');
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('Shift+ArrowUp');
  await note();
  await page.keyboard.press('Shift+Digit1');

  await page.click('#midi > summary');
  await page.click('#connect');
  await page.selectOption('#port', 'fake');
  await page.click('#panic');
  found.panic = await page.evaluate(() => window.sent.splice(0));
  await page.focus('#pad');
  await page.keyboard.press(' ');
  await page.locator('#play[aria-pressed=true]').waitFor();
  await page.click('#record');
  await page.locator('#pad').scrollIntoViewIfNeeded();
  const box = await page.locator('#pad').boundingBox();
  const at = (x, y) => page.mouse.move(box.x + x * box.width, box.y + y * box.height);
  await at(0.2, 0.2);
  await page.mouse.down();
  for (let step = 0; step <= 20; step++) {
    await at(0.2 + 0.03 * step, 0.2 + 0.03 * step);
    await page.waitForTimeout(100);
  }
  await page.mouse.up();
  await note();
  await page.waitForFunction(() => window.sent.filter(({ bytes }) => bytes[0] === 0xf8).length > 150);
  await page.click('#record');
  found.path = await save(page, folder, '#save-path');
  await page.click('#replay');
  await page.locator('#replay[aria-pressed=true]').waitFor();
  found.waiting = await place(page);
  await page.waitForFunction(([last]) => (
    document.getElementById('pad').getAttribute('aria-valuetext') !== last), [found.waiting]);
  found.replayed = await place(page);
  await note();
  await page.click('#play');
  found.sent = await page.evaluate(() => window.sent.splice(0));

  await page.click('#play');
  await page.waitForFunction(() => window.sent.some(({ bytes }) => (bytes[0] & 0xf0) === 0x90));
  await page.evaluate(() => window.dispatchEvent(new PageTransitionEvent('pagehide')));
  await page.waitForTimeout(300);
  found.left = await page.evaluate(() => window.sent);
  found.isPlaying = await page.getAttribute('#play', 'aria-pressed');
  // The loudspeakers are closed, and opened again.
  await page.waitForFunction(() => window.speakers.state === 'suspended');
  await page.evaluate(() => window.sent.splice(0));
  await page.click('#play');
  await page.waitForFunction(() => window.sent.some(({ bytes }) => (bytes[0] & 0xf0) === 0x90));
  found.reopened = await page.evaluate(() => window.speakers.state);
  await page.click('#play');

  await page.focus('#pad');
  await page.keyboard.press('Digit1');
  await note();
  await page.locator('#threshold-min').fill('1');
  await page.waitForFunction(() => document.getElementById('kind').textContent === 'Silent');

  await page.click('#tap');
  await page.waitForTimeout(300);
  await page.click('#tap');
  found.tapped = await page.inputValue('#tempo');
  await page.fill('#tempo', '97');
  await page.selectOption('#sound', { index: 1 });
  await page.click('#copy-link');
  const link = page.url();
  const state = async (at) => {
    await showsLoop(at);
    return {
      place: await place(at),
      tempo: await at.inputValue('#tempo'),
      sound: await at.inputValue('#sound'),
      threshold: await at.inputValue('#threshold-min'),
      muted: await at.locator('#groups [aria-pressed=true]').count(),
      kept: await at.locator('#snapshots .kept').count(),
    };
  };
  found.states = [await state(page)];
  await page.waitForTimeout(600);
  await page.goto('about:blank');
  await page.goto(address);
  found.states.push(await state(page));
  await context.close();
  const other = await browser.newContext();
  const linked = await other.newPage();
  watch(linked, troubles);
  await linked.goto(link);
  found.states.push(await state(linked));
  await linked.goto('about:blank');
  await linked.goto(`${address}#state=%7Bbroken`);
  found.broken = await state(linked);
  await other.close();

  const withoutMidi = await browser.newContext();
  await withoutMidi.addInitScript(() => { navigator.requestMIDIAccess = undefined; });
  const plain = await open(withoutMidi, troubles);
  await plain.click('#midi > summary');
  await plain.click('#connect');
  found.withoutMidi = await plain.textContent('#midi-words');
  await plain.fill('#search', 'loop 1');
  found.matches = await plain.locator('#found button').allTextContents();
  await plain.press('#search', 'Enter');
  found.searched = await place(plain);
  await withoutMidi.close();
  return found;
}
