// Plays the first loop of a listening test, gives the answers, and returns what the page says.
//
// Arguments: PAGE.html, ANSWERS

import { pathToFileURL } from 'node:url';

import { browser } from './browser.mjs';
import { lookAround, watch } from './watch.mjs';

export default async function run(file, answers) {
  const page = await browser.newPage();
  const errors = [];
  const requests = [];
  watch(page, errors);
  page.on('request', (request) => requests.push(request.url()));
  await page.goto(pathToFileURL(file).href);

  await page.getByRole('button', { name: 'Play Loop 1', exact: true }).click();
  const playing = await page.locator('button', { hasText: 'Stop' }).evaluateAll(
    (all) => all.map((button) => button.dataset.name));
  const before = await page.locator('legend strong').allTextContents();
  const counts = [];
  for (const [index, answer] of JSON.parse(answers).entries()) {
    await page.getByRole('group').nth(index).getByLabel(answer).check();
    counts.push(await page.getByRole('status').innerText());
  }
  const shown = await page.locator('legend strong').allTextContents();
  const open = await page.locator('input:enabled').count();
  const views = await lookAround(page, '', 'blind');
  return { errors, requests, before, playing, counts, shown, open, views };
}
