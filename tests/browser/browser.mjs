// The Chromium that all scripts of a process share.

import { chromium } from 'playwright-core';

export const [executablePath] = process.argv.slice(2);
export const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
