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
