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

/** Inspects an open page, light and dark, wide and narrow; if LOOK is set, takes pictures. */
export async function lookAround(page, folder, name, wait = 0) {
  const views = [];
  for (const colorScheme of ['light', 'dark']) {
    for (const width of [1280, 400]) {
      await page.emulateMedia({ colorScheme });
      await page.setViewportSize({ width, height: 900 });
      const { overflow, cutOff, faint, pale } = await page.evaluate(inspect);
      views.push({ overflow, cutOff, faint, pale });
      if (process.env.LOOK) {
        await page.waitForTimeout(wait);
        const path = join(folder, `${name}-${colorScheme}-${width}.png`);
        await page.screenshot({ path, fullPage: true });
      }
    }
  }
  return views;
}
