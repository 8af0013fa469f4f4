// Opens a report in Chromium as a person would, and returns what is wrong with it.
//
// Arguments: REPORT.html, FOLDER
//
// If LOOK is set, pictures go into FOLDER.

import { pathToFileURL } from 'node:url';

import { browser } from './browser.mjs';
import { lookAround, watch } from './watch.mjs';

export default async function run(report, folder) {
  const page = await browser.newPage();
  const errors = [];
  const requests = [];
  watch(page, errors);
  page.on('requestfailed', (request) => errors.push(`failed: ${request.url().slice(0, 100)}`));
  page.on('request', (request) => {
    if (!request.url().startsWith('data:')) requests.push(request.url());
  });
  await page.goto(pathToFileURL(report).href);
  const views = await lookAround(page, folder, 'report');
  return { errors, requests, views };
}
