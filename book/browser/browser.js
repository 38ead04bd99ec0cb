// The book as `cargo book` serves it, and a browser to look at it with.

import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import puppeteer from 'puppeteer-core';

/** The repository. */
export const root = fileURLToPath(new URL('../..', import.meta.url));

/** Starts `cargo book` on a free port, for a repository, unless `BOOK_URL` says who serves this one; where it is, and how to end it. */
export async function serve(repository = root) {
    if (process.env.BOOK_URL && repository === root) return { url: process.env.BOOK_URL, stop() {} };
    // The program of this repository, even if the pages are another's.
    execFileSync('cargo', ['build', '--quiet', '--package', 'book'], { cwd: root });
    const program = join(process.env.CARGO_TARGET_DIR ?? join(root, 'target'), 'debug/book');
    const server = spawn(program, ['127.0.0.1:0'], { cwd: repository, stdio: ['ignore', 'pipe', 'inherit'] });
    const lines = createInterface({ input: server.stdout });
    const [line] = await Promise.race([
        once(lines, 'line'),
        once(server, 'exit').then(() => { throw new Error('cargo book has ended'); }),
    ]);
    const url = line.match(/http:\/\/[^ ]+/)[0];
    return { url, stop: () => server.kill() };
}

const chromium = ['/usr/bin/chromium', '/usr/bin/google-chrome', process.env.CHROMIUM]
    .find(path => path && existsSync(path));

/** Starts a browser that notes every request it makes, for `loaded`. */
export async function launch() {
    const folder = mkdtempSync(join(tmpdir(), 'book-'));
    const log = join(folder, 'net.json');
    const browser = await puppeteer.launch({
        executablePath: chromium,
        userDataDir: join(folder, 'profile'),
        args: [
            '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-sync',
            '--disable-background-networking', '--disable-component-update', `--log-net-log=${log}`,
            // The browser's own errands: none of them may succeed, and few are tried.
            '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1', '--no-pings',
            '--disable-features=AutofillServerCommunication,MediaRouter,OptimizationHints,Translate',
        ],
    });
    return {
        browser,
        /** Ends the browser; the URLs that pages have asked for. What the browser wanted for
            itself has no page that it comes from. */
        async close() {
            await browser.close();
            const { constants, events } = JSON.parse(readFileSync(log, 'utf8'));
            rmSync(folder, { recursive: true });
            const start = constants.logEventTypes.URL_REQUEST_START_JOB;
            const requests = events.filter(({ type, params }) => type === start && params?.url);
            const isOwn = ({ params }) => params.initiator === 'not an origin';
            return new Set(requests.filter(request => !isOwn(request)).map(({ params }) => params.url));
        },
    };
}

/** Opens a page of the book, as somebody sees it who comes for the first time. */
export async function open(browser, url, { theme = 'light', width = 1400, javascript = true } = {}) {
    const page = await browser.newPage();
    await page.setViewport({ width, height: 900 });
    await page.setJavaScriptEnabled(javascript);
    await page.evaluateOnNewDocument(theme => {
        if (!sessionStorage.getItem('opened')) localStorage.clear();
        sessionStorage.setItem('opened', 'yes');
        localStorage.setItem('mdbook-theme', theme);
        window.print = () => {}; // print.html calls it at once
    }, theme);
    await page.goto(url, { waitUntil: 'load' });
    return page;
}

/** The paths of all pages: those in the table of contents, and those beside it. */
export async function paths(browser, url) {
    const page = await open(browser, url + 'toc.html');
    const links = await page.$$eval('a', links => links.map(link => new URL(link.href).pathname));
    await page.close();
    return [...new Set(links), '/print.html', '/404.html'].map(path => path.slice(1));
}
