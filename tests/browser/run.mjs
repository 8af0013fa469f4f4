// Runs scripts of this folder in one Chromium.
//
// Usage: node run.mjs CHROMIUM
//
// Each line of standard input is [script, ...arguments] in JSON. Prints one line of JSON per script:
// {value} or {error}.

import { createInterface } from 'node:readline';

import { browser } from './browser.mjs';

const MAX_MS = 200_000; // of a script

for await (const line of createInterface({ input: process.stdin })) {
  const [script, ...values] = JSON.parse(line);
  const { default: run } = await import(`./${script}`);
  const others = new Set(browser.contexts());
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${script} takes too long`)), MAX_MS);
  });
  const answer = await Promise.race([run(...values), late])
    .then((value) => ({ value: value ?? null }), (error) => ({ error: error.stack }));
  clearTimeout(timer);
  for (const context of browser.contexts()) {
    if (!others.has(context)) await context.close();
  }
  console.log(JSON.stringify(answer));
}
await browser.close();
