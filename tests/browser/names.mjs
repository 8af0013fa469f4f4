// Opens a studio and pages in Chromium, and returns what they show and what went wrong.
//
// Arguments: ADDRESS, PAGE.html...

import { pathToFileURL } from 'node:url';

import { browser } from './browser.mjs';
import { watch } from './watch.mjs';

export default async function run(address, ...pages) {
  const shown = [];
  for (const target of [address, ...pages.map((page) => pathToFileURL(page).href)]) {
    const page = await browser.newPage();
    const troubles = [];
    watch(page, troubles);
    await page.goto(target);
    await page.waitForTimeout(1500);
    await page.evaluate(() => {
      for (const part of document.querySelectorAll('details')) part.open = true;
    });
    const text = await page.evaluate(() => document.body.innerText);
    shown.push({ troubles, text, title: await page.title() });
    await page.close();
  }
  return shown;
}
