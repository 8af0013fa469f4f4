// Drops models on a studio in Chromium, starts with one that is there, plays them all, and returns
// what came of it.
//
// Arguments: ADDRESS, DROPPED...
//
// DROPPED: paths that are dropped together, with commas between them.

import { browser } from './browser.mjs';
import { showsLoop, watch } from './watch.mjs';

export default async function run(address, ...dropped) {
  const troubles = [];
  const context = await browser.newContext();
  const page = await context.newPage();
  watch(page, troubles);
  await page.goto(address);
  await page.locator('#starters').waitFor(); // on the page that the address leads to

  const session = await context.newCDPSession(page);
  const listRuns = () => page.locator('.run h3').allTextContents();
  const seen = [];

  /** Does something, waits until more runs can be played or for a refusal, and notes both. */
  async function note(act, more = 1) {
    const expected = await page.locator('.run').count() + more;
    await act();
    await page.waitForFunction((count) => document.getElementById('trouble').textContent
      || document.querySelectorAll('.run .button.first').length === count, expected);
    seen.push({ runs: await listRuns(), trouble: await page.textContent('#trouble') });
  }

  const starters = page.locator('[data-starter]');
  const titles = await starters.allTextContents();
  for (let index = 0; index < titles.length; index++) await note(() => starters.nth(index).click());
  const box = await page.locator('#drop').boundingBox();
  const at = { x: box.x + box.width / 2, y: box.y + box.height / 2 };
  for (const paths of dropped) {
    // As a file manager does it, also with folders.
    const files = paths.split(',');
    const data = { items: [], files, dragOperationsMask: 1 };
    await note(async () => {
      for (const type of ['dragEnter', 'dragOver', 'drop']) {
        await session.send('Input.dispatchDragEvent', { type, ...at, data });
      }
    }, files.filter((file) => !file.endsWith('.mid')).length);
  }
  const count = await page.textContent('#count');

  const played = [];
  for (const link of await page.locator('a:text-is("Play it")').all()) {
    const [opened] = await Promise.all([context.waitForEvent('page'), link.click()]);
    watch(opened, troubles);
    await opened.waitForLoadState();
    await showsLoop(opened);
    await opened.click('#play');
    await opened.locator('#play[aria-pressed=true]').waitFor();
    played.push(await opened.textContent('h1'));
    await opened.close();
  }
  return { troubles, titles, seen, count, played };
}
