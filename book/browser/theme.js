// `npm run highlight`: the highlighter of the book's theme, from highlight.js.

import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { buildSync } from 'esbuild';

export const path = fileURLToPath(new URL('../theme/highlight.js', import.meta.url));

/** The file as it should be. */
export function highlighter() {
    const { outputFiles } = buildSync({
        entryPoints: [fileURLToPath(new URL('highlight.js', import.meta.url))],
        banner: { js: '/*! highlight.js 10.1.1, BSD-3-Clause, with the languages of this book: book/browser/highlight.js */' },
        bundle: true,
        format: 'iife',
        minify: true,
        write: false,
    });
    return outputFiles[0].text;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(path, highlighter());
