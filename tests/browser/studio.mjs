// Uses a studio in Chromium as a person would, and returns what came of it.
//
// Arguments: ADDRESS, FOLDER, RUNS, MUSIC...
//
// The zip and, if LOOK is set, pictures go into FOLDER.

import { cpSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

import { browser } from './browser.mjs';
import { lookAround, save, showsLoop, watch } from './watch.mjs';

export default async function run(address, folder, runs, ...music) {
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
  // Two portions add up. What the studio found is said before training.
  await page.setInputFiles('#files', music.slice(0, 2));
  await page.setInputFiles('#files', music.slice(2));
  const isChecked = () => page.waitForFunction(
    () => /used/.test(document.getElementById('check-words').textContent));
  await isChecked();
  const count = await page.textContent('#count');
  const checked = {
    words: await page.textContent('#check-words'),
    skipped: await page.locator('#skipped-files li').allTextContents(),
    hints: await page.locator('#hints li').allTextContents(),
  };
  const button = page.locator('#hints button', { hasText: 'Leave these bars out' });
  await button.click();
  await page.waitForFunction(() => /Checking/.test(document.getElementById('check-words').textContent));
  await isChecked();
  const fitting = await page.textContent('#check-words');
  await page.fill('#name', 'First take');
  await page.click('#train');
  const seen = [];
  const stages = [];
  await page.locator('.run summary', { hasText: 'Rename or delete' }).click();
  await page.focus('.run input');
  for (;;) {
    const state = await page.locator('.run').getAttribute('data-state');
    if (seen.at(-1) !== state) seen.push(state);
    const stage = (await page.textContent('.run .words')).replace(/ [(…,].*| after.*/, '');
    if (stages.at(-1) !== stage) stages.push(stage);
    if (state !== 'training') break;
    await page.waitForTimeout(300);
  }
  const words = await page.textContent('.run .words');
  const focused = await page.evaluate(() => document.activeElement.matches('.run input'));
  const announced = await page.textContent('#announcement');
  const log = await page.textContent('.run pre');

  const views = await lookAround(page, folder, 'studio');

  const zip = await save(page, folder, 'a:text-is("For Max")');

  const [played] = await Promise.all([context.waitForEvent('page'), page.click('a:text-is("Play it")')]);
  watchAll(played);
  await showsLoop(played);
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

  // Renamed, which a hidden tab shows once it is seen again; and deleted at the second press.
  const hide = (isHidden) => page.evaluate((value) => {
    Object.defineProperty(document, 'hidden', { value, configurable: true });
    document.dispatchEvent(new Event('visibilitychange'));
  }, isHidden);
  await hide(true);
  await page.fill('.run input', 'Second name');
  await page.click('.run button:text-is("Rename")');
  await page.waitForTimeout(1500);
  const hidden = await page.textContent('.run h3');
  await hide(false);
  await page.locator('h3', { hasText: 'Second name' }).waitFor();
  const reportPage = await context.newPage();
  await reportPage.goto(`${new URL(address).origin}/runs/Second%20name/report`);
  const renamed = await reportPage.textContent('h1');
  await page.locator('.run summary', { hasText: 'Rename or delete' }).click();
  await page.fill('.run input', 'First take');
  await page.click('.run button:text-is("Rename")');
  await page.locator('h3', { hasText: 'First take' }).waitFor();
  cpSync(join(runs, 'First take'), join(runs, 'Spare'), { recursive: true });
  const spare = page.locator('.run[data-name=Spare]');
  await spare.locator('summary', { hasText: 'Rename or delete' }).click();
  await spare.locator('button:text-is("Delete")').click();
  await spare.locator('button:text-is("Delete for good")').click();
  await spare.waitFor({ state: 'detached' });
  const left = readdirSync(runs).filter((name) => !name.startsWith('.'));

  return {
    troubles, count, checked, fitting, seen, stages, words, focused, announced, log, views, zip, title,
    origin, entered, before, refused, hidden, renamed, left,
  };
}
