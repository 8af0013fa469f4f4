// Opens a report in Chromium as a person would, and prints as JSON what is wrong with it.
//
// Usage: node check.mjs CHROMIUM REPORT.html [FOLDER for screenshots]

import { chromium } from 'playwright-core';
import { pathToFileURL } from 'node:url';

import { inspect } from './inspect.mjs';
import { watch } from './watch.mjs';

const [executablePath, report, screenshots] = process.argv.slice(2);
const WIDTHS = [1280, 400];
const SCHEMES = ['light', 'dark'];

const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
const results = [];
for (const colorScheme of SCHEMES) {
  for (const width of WIDTHS) {
    const page = await browser.newPage({ viewport: { width, height: 900 } });
    await page.emulateMedia({ colorScheme });
    const errors = [];
    const requests = [];
    watch(page, errors);
    page.on('requestfailed', (request) => errors.push(`failed: ${request.url().slice(0, 100)}`));
    page.on('request', (request) => {
      if (!request.url().startsWith('data:')) requests.push(request.url());
    });
    await page.goto(pathToFileURL(report).href);
    // A folded part must fit too.
    await page.evaluate(() => {
      for (const part of document.querySelectorAll('details')) part.open = true;
    });
    results.push({ width, colorScheme, errors, requests, ...(await page.evaluate(inspect)) });
    if (screenshots) {
      await page.screenshot({ path: `${screenshots}/${colorScheme}-${width}.png`, fullPage: true });
    }
    await page.close();
  }
}
await browser.close();
console.log(JSON.stringify(results));
