// Opens a report in Chromium as a person would, and prints as JSON what is wrong with it.
//
// Usage: node check.mjs CHROMIUM REPORT.html FOLDER
//
// If LOOK is set, pictures go into FOLDER.

import { chromium } from 'playwright-core';
import { pathToFileURL } from 'node:url';

import { lookAround, watch } from './watch.mjs';

const [executablePath, report, folder] = process.argv.slice(2);
const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
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
await browser.close();
console.log(JSON.stringify({ errors, requests, views }));
