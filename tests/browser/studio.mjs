// Uses a studio in Chromium as a person would, and prints as JSON what came of it.
//
// Usage: node studio.mjs CHROMIUM ADDRESS FOLDER MUSIC...
//
// The zip and, if LOOK is set, pictures go into FOLDER.

import { chromium } from 'playwright-core';
import { join } from 'node:path';

import { lookAround, watch } from './watch.mjs';

const [executablePath, address, folder, ...music] = process.argv.slice(2);
const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
const troubles = [];

function watchAll(page) {
  watch(page, troubles);
  page.on('request', (request) => {
    if (!request.url().startsWith(new URL(address).origin) && !/^(data|blob):/.test(request.url())) {
      troubles.push(`request: ${request.url()}`);
    }
  });
}

const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
const page = await context.newPage();
watchAll(page);
await page.goto(address);
await page.setInputFiles('#files', music);
const count = await page.textContent('#count');
await page.fill('#name', 'First take');
await page.click('#train');
const seen = [];
for (;;) {
  const state = await page.locator('.run').getAttribute('data-state');
  if (seen.at(-1) !== state) seen.push(state);
  if (state !== 'training') break;
  await page.waitForTimeout(300);
}
const words = await page.textContent('.run .words');
const log = await page.textContent('.run pre');

const views = await lookAround(page, folder, 'studio');

const [download] = await Promise.all([page.waitForEvent('download'), page.click('a:text-is("For Max")')]);
const zip = join(folder, 'model.zip');
await download.saveAs(zip);

const [played] = await Promise.all([context.waitForEvent('page'), page.click('a:text-is("Play it")')]);
watchAll(played);
await played.waitForFunction(() => !document.getElementById('kind').textContent.includes('…'));
await played.click('#play');
await played.locator('#play[aria-pressed=true]').waitFor();
const title = await played.textContent('h1');

// The report has no access to the studio, and plays patterns all the same.
const [report] = await Promise.all([context.waitForEvent('page'), page.click('a:text-is("Report")')]);
watchAll(report);
await report.locator('button[data-notes]').first().click();
await report.locator('button[data-notes]', { hasText: 'Stop' }).first().waitFor();
const origin = await report.evaluate(() => self.origin);

// The printed address, clicked on a page of another site by somebody without the cookie.
const stranger = await browser.newContext();
const other = await stranger.newPage();
await other.route('http://other.example/', (route) => route.fulfill({
  contentType: 'text/html', body: `<a href="${address}">studio</a>`,
}));
await other.goto('http://other.example/');
await other.click('a');
await other.locator('#train').waitFor();
const entered = other.url();
await other.goBack();
const before = other.url();
// The other site still sends nothing here in the name of its visitor.
const refused = await other.evaluate(
  async (there) => (await fetch(there, { mode: 'no-cors', credentials: 'include' })).type, entered)
  .catch(() => 'refused');

await browser.close();
console.log(JSON.stringify({
  troubles, count, seen, words, log, views, zip, title, origin, entered, before, refused,
}));
