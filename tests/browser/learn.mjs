// Plays a run of the studio while it learns, as a person would, and returns what came of it.
//
// Arguments: ADDRESS, FOLDER, RUN, CLIP
//
// If LOOK is set, pictures go into FOLDER. RUN is the folder of the run.

import { readdirSync } from 'node:fs';

import { browser } from './browser.mjs';
import { lookAround, showsLoop, watch } from './watch.mjs';

export default async function run(address, folder, runFolder, clip) {
  const troubles = [];

  const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
  context.setDefaultTimeout(120000); // training is slow on a busy machine
  const studio = await context.newPage();
  watch(studio, troubles);
  await studio.goto(address);
  const [page] = await Promise.all([
    context.waitForEvent('page'), studio.click('text=Play it while it learns'),
  ]);
  watch(page, troubles);
  await showsLoop(page);
  await page.focus('#pad');
  await page.keyboard.press('Shift+ArrowUp');
  await page.click('#play');

  const look = () => page.evaluate(() => ({
    place: document.getElementById('pad').getAttribute('aria-valuetext'),
    isPlaying: document.getElementById('play').getAttribute('aria-pressed'),
    learning: document.getElementById('learning').textContent,
  }));
  const renewed = () => page.waitForResponse((answer) => answer.url().endsWith('/data'));

  await page.waitForFunction(() => document.getElementById('learning').textContent.includes('Still'));
  const first = await look();

  await page.setInputFiles('#clip', clip);
  await page.locator('#clip-loops button').first().waitFor();
  const placed = { ...await look(), loops: await page.locator('#clip-loops button').allTextContents() };
  await page.locator('#clip-loops button').last().click();
  placed.last = (await look()).place;

  // No real click: the tab lies behind, and its cards are made anew all the time.
  await Promise.all([renewed(), studio.locator('button', { hasText: 'Stop' }).dispatchEvent('click')]);
  const says = (words) => page.waitForFunction(
    (expected) => document.getElementById('learning').textContent.includes(expected), words);
  await says('last model');
  const words = await studio.locator('.run .words', { hasText: 'Stopped after' }).textContent();
  const end = { ...await look(), words, files: readdirSync(runFolder) };

  // A page that draws no frame while its window changes must hold as well.
  await page.evaluate(() => {
    window.heldBack = { draw: window.requestAnimationFrame, frames: [] };
    window.requestAnimationFrame = (frame) => window.heldBack.frames.push(frame);
  });
  const views = await lookAround(page, folder, 'learn', 2000);
  await page.evaluate(() => {
    window.requestAnimationFrame = window.heldBack.draw;
    window.heldBack.frames.forEach((frame) => window.requestAnimationFrame(frame));
    return new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
  });
  // It goes on, and the page with it: the pad shows a newer model while the loop plays on.
  const map = await page.evaluate(() => document.getElementById('pad').toDataURL());
  await studio.locator('button', { hasText: 'Go on' }).dispatchEvent('click');
  await says('Still learning');
  await renewed();
  await page.waitForFunction((last) => document.getElementById('pad').toDataURL() !== last, map);
  const again = await look();
  return { troubles, first, placed, end, again, views };
}
