// Makes src/headwater/tracker/files from src/headwater/tracker/source.
// `node .ci/tracker.mjs FOLDER` writes elsewhere, so that a test can compare.

import { createHash } from 'node:crypto';
import { copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const source = join(root, 'src/headwater/tracker/source');
const target = process.argv[2] ?? join(root, 'src/headwater/tracker/files');
const { minify } = createRequire(join(root, 'tests/flows/node/package.json'))('terser');

const options = {
  compress: { passes: 3, unsafe_arrows: true, unsafe_methods: true },
  mangle: true,
  ecma: 2020,
};

const read = (name) => readFileSync(join(source, name), 'utf8');
const wrapped = (parts) => `(() => {\n'use strict';\n\n${parts.join('\n')}})();\n`;

async function write(name, text) {
  const { code } = await minify(text, options);
  writeFileSync(join(target, `${name}.js`), text);
  writeFileSync(join(target, `${name}.min.js`), code + '\n');
  return 'sha256-' + createHash('sha256').update(code + '\n').digest('base64');
}

mkdirSync(target, { recursive: true });
copyFileSync(join(source, 'analytics.d.ts'), join(target, 'analytics.d.ts'));
const integrity = await write('autocapture', wrapped([read('autocapture.js')]));
const names = readdirSync(source).filter((name) => /^\d/.test(name)).sort();
const parts = names.map((name) => read(name).replace('AUTOCAPTURE_INTEGRITY', integrity));
await write('analytics', wrapped(parts));
