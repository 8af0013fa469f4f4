// Opens a studio and pages in Chromium, and prints as JSON what they show and what went wrong.
//
// Usage: node names.mjs CHROMIUM ADDRESS PAGE.html...

import { chromium } from 'playwright-core';
import { pathToFileURL } from 'node:url';

import { watch } from './watch.mjs';

const [executablePath, address, ...pages] = process.argv.slice(2);
const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
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
await browser.close();
console.log(JSON.stringify(shown));
