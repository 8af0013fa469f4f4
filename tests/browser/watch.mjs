// What every script does with a page: notes what goes wrong on it, and looks at it in all its views.

import { join } from 'node:path';

import { inspect } from './inspect.mjs';

/** Adds to `troubles` what the page complains of. */
export function watch(page, troubles) {
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) troubles.push(message.text());
  });
  page.on('pageerror', (error) => troubles.push(String(error)));
  page.on('dialog', (dialog) => {
    troubles.push(`dialog: ${dialog.message()}`);
    dialog.dismiss();
  });
}

/** Resolves when an instrument of a page shows its loop. */
export function showsLoop(page, suffix = '') {
  return page.waitForFunction(
    (id) => !document.getElementById(id).textContent.includes('…'), `kind${suffix}`);
}

/** Returns what sounds, once it is decoded. */
export async function sounding(page, suffix = '') {
  await page.locator(`#roll${suffix}[aria-busy=false]`).waitFor();
  return page.getAttribute(`#roll${suffix}`, 'aria-label');
}

/** Presses a button, and returns the path in FOLDER of what it downloads. */
export async function save(page, folder, button) {
  const [download] = await Promise.all([page.waitForEvent('download'), page.click(button)]);
  const path = join(folder, download.suggestedFilename());
  await download.saveAs(path);
  return path;
}

/**
 * Inspects an open page with all its folds, light and dark, wide and narrow; if LOOK is set, takes
 * pictures.
 */
export async function lookAround(page, folder, name, wait = 0) {
  const views = [];
  await page.evaluate(() => {
    window.folds = [...document.querySelectorAll('details:not([open])')];
    for (const fold of window.folds) fold.open = true;
  });
  for (const colorScheme of ['light', 'dark']) {
    for (const width of [1280, 400]) {
      await page.emulateMedia({ colorScheme });
      await page.setViewportSize({ width, height: 900 });
      views.push({ width, colorScheme, ...await page.evaluate(inspect) });
      if (process.env.LOOK) {
        await page.waitForTimeout(wait);
        const path = join(folder, `${name}-${colorScheme}-${width}.png`);
        await page.screenshot({ path, fullPage: true });
      }
    }
  }
  await page.emulateMedia({ colorScheme: 'light' });
  await page.setViewportSize({ width: 1280, height: 900 });
  await page.evaluate(() => window.folds.forEach((fold) => (fold.open = false)));
  return views;
}
