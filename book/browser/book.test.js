// What the book promises its readers, seen by a real browser. `npm test` in this folder.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { launch, open, paths, root, serve } from './browser.js';
import * as highlight from './theme.js';

const KILOBYTE = 1000;
const axe = readFileSync(new URL('node_modules/axe-core/axe.min.js', import.meta.url), 'utf8');
let book, browser, close, pages;

before(async () => {
    book = await serve();
    ({ browser, close } = await launch());
    await browser.defaultBrowserContext().overridePermissions(book.url, ['clipboard-read', 'clipboard-sanitized-write']);
    pages = await paths(browser, book.url);
    assert.ok(pages.length > 30, `only ${pages.length} pages`);
});

after(async () => {
    const urls = await close();
    book.stop();
    const outside = [...urls].filter(url => !url.startsWith(book.url));
    assert.ok([...urls].some(url => url.endsWith('.css')), 'the log has nothing of the book');
    assert.deepEqual(outside, [], 'requests that left for somewhere else');
});

test('the theme has the highlighter that its source makes', () => {
    assert.equal(readFileSync(highlight.path, 'utf8'), highlight.highlighter());
});

/** Runs axe-core over the page as it is now. */
async function violations(page) {
    const { violations } = await page.evaluate(() => window.axe.run());
    return violations.flatMap(({ id, nodes }) =>
        nodes.map(({ target, failureSummary }) => `${id}: ${target}: ${failureSummary}`));
}

/** Unfolds all there is: answers, parts of the sidebar, notes for teachers; and answers every question. */
const unfold = page => page.evaluate(() => {
    const all = selector => document.querySelectorAll(selector);
    all('details').forEach(details => { details.open = true; });
    all('.part-title button[aria-expanded=false]').forEach(button => button.click());
    document.documentElement.classList.add('teaching');
    all('.predict .option:nth-of-type(2) input').forEach(option => option.click());
    all('.steps .step').forEach(button => button.click());
});

/** What is wrong with the page, of what neither axe-core nor a checker of links sees. */
const faults = page => page.evaluate(() => {
    const all = selector => [...document.querySelectorAll(selector)];
    const ids = all('[id]').map(element => element.id);
    const isHidden = element => element.closest('[aria-hidden=true], .fa-svg, template');
    const hasText = image => image.alt?.trim() || image.getAttribute('aria-label')?.trim()
        || document.getElementById(image.getAttribute('aria-labelledby'))?.textContent.trim()
        || image.querySelector(':scope > title')?.textContent.trim();
    const images = all('img, svg:not(svg svg)').filter(image => !isHidden(image));
    const isHere = url => new URL(url, document.baseURI).origin === location.origin || url.startsWith('data:');
    const loaded = all('[src]').map(element => element.getAttribute('src'));
    const rules = [...document.styleSheets].flatMap(sheet => [...sheet.cssRules]);
    const inStyles = rules.flatMap(rule => [...rule.cssText.matchAll(/url\("([^"]+)"\)/g)].map(match => match[1]));
    const links = all('a[href^="http:"]').map(link => link.href);
    return [
        ...ids.filter((id, at) => ids.indexOf(id) !== at).map(id => `an id twice: ${id}`),
        ...images.filter(image => !hasText(image)).map(image => `no text: ${image.outerHTML.slice(0, 80)}`),
        ...[...loaded, ...inStyles].filter(url => !isHere(url)).map(url => `from elsewhere: ${url}`),
        ...links.filter(url => !/^http:\/\/(127\.0\.0\.1|localhost|\[::1\])[:/]/.test(url)).map(url => `not https: ${url}`),
    ];
});

test('each id is there once, each image has a text, nothing comes from elsewhere', { timeout: 300_000 }, async () => {
    const found = [];
    for (const path of pages) {
        const page = await open(browser, book.url + path);
        found.push(...(await faults(page)).map(what => `${path}: ${what}`));
        await page.close();
    }
    assert.deepEqual(found, []);
});

for (const theme of ['light', 'navy']) for (const width of [1400, 360]) {
    test(`axe-core finds nothing in any page, ${theme}, ${width} pixels wide`, { timeout: 900_000 }, async () => {
        const found = [];
        for (const path of pages) {
            // All pages in one are neither read on a phone nor by day and night.
            if (path === 'print.html' && (theme !== 'light' || width !== 1400)) continue;
            const page = await open(browser, book.url + path, { theme, width });
            const applied = await page.evaluate(() => document.documentElement.className);
            assert.ok(applied.split(' ').includes(theme), `${path} is shown in ${applied}`);
            await page.evaluate(axe);
            const folded = await violations(page);
            await unfold(page);
            const unfolded = await violations(page);
            found.push(...[...folded, ...unfolded].map(what => `${path}: ${what}`));
            await page.close();
        }
        assert.deepEqual(found, []);
    });
}

test('on a phone no page is wider than the screen', { timeout: 300_000 }, async () => {
    const wide = [];
    for (const path of pages.filter(path => path !== 'print.html')) {
        const page = await open(browser, book.url + path, { width: 360 });
        const width = () => page.evaluate(() => document.documentElement.scrollWidth);
        const folded = await width();
        await unfold(page);
        const widest = Math.max(folded, await width());
        if (widest > 360) wide.push(`${path}: ${widest}`);
        await page.close();
    }
    assert.deepEqual(wide, []);
});

for (const path of ['index.html', '04-respond.html', '05-parse/request.html', '05-parse/ask.html', 'rfcs.html', 'trouble.html']) {
    test(`the keyboard reaches everything in ${path}`, async () => {
        const page = await open(browser, book.url + path);
        const total = await page.evaluate(() => {
            const active = 'a[href], button, summary, input, select, [tabindex="0"]';
            // Of answers and languages, which are chosen by the arrows, Tab stops at one.
            const stops = input => input.checked || ![...document.getElementsByName(input.name)]
                .some(other => other.checked || other.compareDocumentPosition(input) & 4);
            const isShown = element => element.checkVisibility({ visibilityProperty: true })
                && element.tabIndex >= 0 && (element.type !== 'radio' || stops(element));
            window.expected = [...document.querySelectorAll(active)].filter(isShown);
            window.reached = new Set();
            return window.expected.length;
        });
        assert.ok(total > 40, `only ${total} elements to reach`);
        for (let presses = 0; presses < total + 20; presses += 1) {
            await page.keyboard.press('Tab');
            await page.evaluate(() => window.reached.add(document.activeElement));
        }
        const missed = await page.evaluate(() => window.expected
            .filter(element => !window.reached.has(element)).map(element => element.outerHTML));
        assert.deepEqual(missed, []);
        await page.close();
    });
}

test('tabs, answers and the sidebar work by the keyboard', async () => {
    const page = await open(browser, book.url + '04-respond.html');
    await page.focus('.tabs input');
    await page.keyboard.press('ArrowRight');
    const shown = await page.$$eval('.tabs section', sections => sections
        .filter(section => section.checkVisibility()).map(section => section.dataset.title));
    assert.deepEqual([...new Set(shown)], ['Python']);
    await page.keyboard.press('ArrowLeft'); // other tests look at Rust
    assert.equal(page.url(), book.url + '04-respond.html', 'the arrow turned the page');
    await page.focus('main > details:not(.teacher) > summary');
    await page.keyboard.press('Enter');
    assert.ok(await page.$eval('main > details:not(.teacher)', details => details.open));
    const pressed = async selector => {
        await page.focus(selector);
        const expanded = () => page.$eval(selector, button => button.ariaExpanded);
        const before = await expanded();
        await page.keyboard.press('Enter');
        assert.notEqual(before, await expanded(), selector);
    };
    await pressed('#mdbook-sidebar-toggle');
    await pressed('#mdbook-sidebar-toggle');
    const part = '.part-title button[aria-expanded=false]';
    const hidden = () => page.$$eval('.chapter > [hidden]', items => items.length);
    const before = await hidden();
    await page.focus(part);
    await page.keyboard.press('Enter');
    assert.ok(await hidden() < before, 'a part was not unfolded');
    await page.close();
});

test('a figure is stepped through by the keyboard', async () => {
    const page = await open(browser, book.url + '04-respond.html');
    const shown = () => page.$eval('figure.diagram', figure => [...figure.querySelectorAll('.seq li')]
        .filter(event => event.checkVisibility({ visibilityProperty: true })).length);
    const all = await shown();
    await page.focus('figure.diagram .step');
    await page.keyboard.press('Enter');
    assert.equal(await shown(), 1);
    await page.keyboard.press('ArrowRight');
    assert.equal(await shown(), 2);
    const told = selector => page.$eval(`figure.diagram ${selector}`, element => element.textContent);
    assert.equal(await told('.count'), `2 of ${all}`);
    assert.match(await told('output'), /^client to kernel, on the network: SYN.*SYN seq 0/);
    // What is said, the bytes, what the kernel holds, and the line of source.
    const to = async text => {
        while (!(await told('output')).includes(text)) await page.keyboard.press('ArrowRight');
    };
    await to('sendto(4, "HTTP/1.1 200 OK');
    assert.match(await told('output'), /The page is handed over.*The kernel holds client: ESTABLISHED/s);
    assert.match(await told('.made .now'), /client\.write_all\(/);
    assert.match(await told('.said .now'), /The page is handed over/);
    await page.keyboard.press('End');
    assert.equal(await told('.count'), `${all} of ${all}`);
    await page.keyboard.press('Home');
    assert.equal(await shown(), 1);
    await page.keyboard.press('Escape');
    assert.equal(await shown(), all);
    assert.equal(await told('.count'), `${all} events`);
    await page.click('figure.diagram .play');
    await page.waitForFunction(() => document.querySelector('figure.diagram .count').textContent.startsWith('3 of'));
    await page.click('figure.diagram .play');
    assert.equal(await told('.play'), 'Play');
    assert.equal(page.url(), book.url + '04-respond.html', 'the arrow turned the page');
    await page.close();
});

test('on a phone the sidebar comes when it is called, and goes', async () => {
    const page = await open(browser, book.url + '05-parse.html', { width: 360 });
    const at = () => page.$eval('#mdbook-sidebar .active', link => link.checkVisibility() ? link.getBoundingClientRect().x : -1000);
    const toggled = async () => {
        await page.focus('#mdbook-sidebar-toggle');
        await page.keyboard.press('Enter');
    };
    assert.ok(await at() < 0);
    await toggled();
    await page.waitForFunction(() => document.querySelector('#mdbook-sidebar .active').getBoundingClientRect().x > 0);
    assert.ok(await at() > 0);
    await page.evaluate(axe);
    await unfold(page);
    assert.deepEqual(await violations(page), []);
    await toggled();
    await page.waitForFunction(() => !document.querySelector('#mdbook-sidebar .active').checkVisibility());
    await page.close();
});

test('notes for teachers are shown by a switch, on the next page too', async () => {
    const page = await open(browser, book.url + '04-respond.html');
    const notes = () => page.$$eval('details.teacher', notes => notes.filter(note => note.checkVisibility()).length);
    assert.equal(await notes(), 0);
    await page.focus('.teaching-switch');
    await page.keyboard.press('Space');
    assert.equal(await page.$eval('.teaching-switch', button => button.ariaChecked), 'true');
    assert.ok(await notes() > 0);
    await page.goto(book.url + '02-listen.html');
    assert.ok(await notes() > 0, 'it is forgotten');
    await page.goto(book.url + 'teaching.html');
    await page.click('.opening .teaching-switch');
    await page.goto(book.url + '02-listen.html');
    assert.equal(await notes(), 0);
    await page.close();
});

/** Presses *Notes in a window* on a page with the switch on; the window. */
async function notesOf(page) {
    await page.click('.teaching-switch');
    await page.click('.notes-button');
    const target = await browser.waitForTarget(target => target.url() === `${page.url()}?notes`);
    const notes = await target.page();
    await notes.waitForSelector('details.teacher[open]', { visible: true });
    return notes;
}

/** Looks at the notes' window and the page by turns, as only one of them is in front. */
const until = (page, what, ...rest) => page.waitForFunction(what, { polling: 100 }, ...rest);

test('notes in a window are in step with the page', async () => {
    const page = await open(browser, book.url + '04-respond.html');
    const notes = await notesOf(page);
    const shown = (page, selector) => page.$$eval(selector, all => all.filter(one => one.checkVisibility()).length);
    assert.equal(await shown(page, 'details.teacher'), 0, 'they are still in the page');
    assert.ok(await shown(notes, 'details.teacher') > 1);
    assert.equal(await shown(notes, 'figure, .menu-bar, .sidebar, main > p, nav'), 0);
    await notes.evaluate(axe);
    assert.deepEqual(await violations(notes), []);

    await page.bringToFront();
    await page.$eval('#the-code', heading => heading.scrollIntoView());
    await until(notes, () => document.querySelector('main > .now')?.id === 'the-code');
    await page.goto(book.url + '02-listen.html');
    await until(notes, () => location.pathname === '/02-listen.html' && document.querySelector('details.teacher[open]'));
    assert.equal(notes.url(), book.url + '02-listen.html?notes');
    // A link in a note is for those who look at the page.
    await notes.evaluate(() => document.querySelector('main h2 a').click());
    await until(page, () => location.hash === '#predict');
    await page.goto(book.url + 'glossary.html');
    await until(notes, () => location.pathname === '/glossary.html');
    assert.equal(await shown(notes, 'details.teacher'), 0);
    const told = await notes.$eval('main', main => getComputedStyle(main, '::after').content);
    assert.match(told, /no notes/);
    await notes.close();
    await page.close();
});

test('notes in a window need no server', async () => {
    const folder = execFileSync('cargo', ['run', '--quiet', '--package', 'book', '--', 'build'], { cwd: root, encoding: 'utf8' });
    const page = await open(browser, `file://${folder.trim()}/04-respond.html`);
    const notes = await notesOf(page);
    await page.bringToFront();
    await page.goto(`file://${folder.trim()}/02-listen.html`);
    await until(notes, () => location.pathname.endsWith('/02-listen.html'));
    await notes.close();
    await page.close();
});

test('the first page shows the very request that asked for it', { skip: process.env.BOOK_URL && 'only cargo book puts it there' }, async () => {
    const page = await open(browser, book.url);
    const shown = await page.$eval('.yours', section => section.textContent);
    const agent = await browser.userAgent();
    assert.ok(shown.includes('You have just sent this') && shown.includes(agent), shown);
    await page.close();
});

for (const javascript of [true, false]) for (const theme of ['light', 'navy']) {
    test(`step05 can be asked ${javascript ? 'with' : 'without'} JavaScript, ${theme}`, async () => {
        const page = await open(browser, book.url + '05-parse/rules.html', { javascript, theme });
        // From a reason to refuse to the page that has it filled in, and asked.
        await Promise.all([page.waitForNavigation(), page.click('#a-second-host-field a')]);
        const typed = () => page.$eval('#request', box => box.value);
        const said = () => page.$eval('.asked', section => section.innerText);
        assert.equal(await typed(), 'GET / HTTP/1.1\nHost: a\nHost: b\n\n');
        assert.match(await said(), /400 Bad Request: a second Host field \(RFC 9112, 3.2\)/);
        const ask = async text => {
            await page.$eval('#request', (box, text) => { box.value = text; }, text);
            await Promise.all([page.waitForNavigation(), page.click('.asked button')]);
        };
        const wild = '  GET /%2e%2e/"\'&amp;<b> HTTP/1.1\n\n</textarea><script>document.title = "no"</script>\n{x*9}\\0é\n';
        await ask(wild);
        assert.equal(await typed(), wild);
        assert.match(await said(), /expected a method/);
        assert.equal(await page.$$eval('.asked script, .asked b b', found => found.length), 0);
        assert.match(await page.title(), /^Ask step05/);
        await ask('\n\nGET /inspect?a={b*300} HTTP/1.1\nHost: a\n\n');
        assert.equal(await typed(), '\n\nGET /inspect?a={b*300} HTTP/1.1\nHost: a\n\n', 'a line break is lost');
        assert.match(await said(), /341 bytes: complete/);
        await Promise.all([page.waitForNavigation(), page.click('.asked [name=own]')]);
        assert.ok((await typed()).includes('\nUser-Agent: ' + await browser.userAgent()), await typed());
        await Promise.all([page.waitForNavigation(), page.click('.ready a')]);
        assert.match(await said(), /200 OK/);
        await page.close();
    });
}

test('where the book is only files, they say so, and have what the tests pinned', async () => {
    const page = await browser.newPage();
    // The files as they were built, before the server puts anything into them.
    const files = ['index.html', '05-parse/ask.html'].map(path => [book.url + path, join(root, 'target/book', path)]);
    await page.setRequestInterception(true);
    page.on('request', request => {
        const file = files.find(([url]) => request.url().startsWith(url))?.[1];
        if (file) request.respond({ contentType: 'text/html; charset=utf-8', body: readFileSync(file) });
        else request.continue();
    });
    await page.goto(book.url + 'index.html');
    assert.match(await page.$eval('.yours', section => section.innerText), /HeadlessChrome\/156[^]*This is what Chromium sent in a test/);
    await page.goto(book.url + '05-parse/ask.html?request=GET++%2F&x=y#asked');
    assert.match(await page.$eval('.asked', section => section.innerText), /Nobody here can answer/);
    assert.equal(await page.$eval('#request', box => box.value), 'GET  /');
    await page.click('.ready:nth-of-type(3) summary');
    assert.match(await page.$eval('.ready [open]', ready => ready.innerText), /06 Nov 1994/);
    await page.close();
});

for (const theme of ['light', 'navy']) for (const width of [1400, 360]) {
    test(`axe-core finds nothing in what step05 says, ${theme}, ${width} pixels wide`, async () => {
        for (const query of [
            'GET+/inspect?a+HTTP/1.1%0AHost:+a%0AX:+{a*3000}%0A%0A',
            'GET+/?{a*9000}+HTTP/1.1%0AHost:+a%0A%0A',
            'POST+/+HTTP/1.1%0AHost:+a%0ATransfer-Encoding:+chunked%0A%0A4%0Ahello',
            '\\q',
        ]) {
            const url = `${book.url}05-parse/ask.html?request=${query}`;
            const page = await open(browser, url, { theme, width });
            await page.evaluate(axe);
            assert.deepEqual(await violations(page), [], query);
            const wide = await page.evaluate(() => document.documentElement.scrollWidth);
            assert.ok(wide <= width, `${query}: ${wide} pixels`);
            await page.close();
        }
    });
}

test('without JavaScript all text, pictures, pages and notes are there', async () => {
    const page = await open(browser, book.url + '04-respond.html', { javascript: false });
    const seen = await page.evaluate(() => {
        const shown = selector => [...document.querySelectorAll(selector)]
            .filter(element => element.checkVisibility()).length;
        return {
            titles: shown('main h1'), diagrams: shown('figure.diagram li'), wires: shown('figure.wire'),
            rust: shown('.tabs code.language-rust'), languages: shown('.tabs label'),
            next: shown('.turn [rel=next]'), notes: shown('details.teacher'),
        };
    });
    for (const [what, number] of Object.entries(seen)) assert.ok(number > 0, `no ${what}`);
    const contents = await page.frames().find(frame => frame.url().endsWith('toc.html'))
        ?.$$eval('a', links => links.length);
    assert.ok(contents > 30, 'no table of contents');
    await page.close();
});

test('the first page loads little, and shows soon', async () => {
    const page = await browser.newPage();
    await page.setCacheEnabled(false);
    const session = await page.createCDPSession();
    await session.send('Network.enable');
    let bytes = 0;
    session.on('Network.loadingFinished', ({ encodedDataLength }) => { bytes += encodedDataLength; });
    const shown = [];
    for (let visit = 0; visit < 5; visit += 1) {
        bytes = 0;
        await page.goto(book.url, { waitUntil: 'networkidle0' });
        shown.push(await page.evaluate(() =>
            performance.getEntriesByName('first-contentful-paint')[0].startTime));
    }
    console.log(`first page: ${bytes} bytes, shown after ${Math.min(...shown).toFixed(0)} ms`);
    assert.ok(bytes > 20 * KILOBYTE && bytes <= 300 * KILOBYTE, `${bytes} bytes`);
    assert.ok(Math.min(...shown) <= 300, `shown after ${shown} ms`);
    await page.close();
});

test('no page is over one megabyte, and all of them together not over one and a half', { timeout: 300_000 }, async () => {
    const sizes = [];
    for (const path of pages) {
        const page = await browser.newPage();
        await page.setCacheEnabled(false);
        await page.evaluateOnNewDocument(() => { window.print = () => {}; });
        const session = await page.createCDPSession();
        await session.send('Network.enable');
        let bytes = 0;
        session.on('Network.loadingFinished', event => { bytes += event.encodedDataLength; });
        await page.goto(book.url + path, { waitUntil: 'load' });
        sizes.push([bytes, path]);
        await page.close();
    }
    sizes.sort((one, other) => other[0] - one[0]);
    console.log(`the largest pages: ${sizes.slice(0, 3).map(([bytes, path]) => `${path} ${bytes}`).join(', ')}`);
    // print.html is all pages in one, with the messages of all exercises.
    const limit = path => (path === 'print.html' ? 1500 : 1000) * KILOBYTE;
    assert.deepEqual(sizes.filter(([bytes, path]) => bytes > limit(path)), []);
});

for (const word of ['accept', 'Content-Length', 'backlog', 'RST', 'bind']) {
    test(`search finds ${word}`, async () => {
        const page = await open(browser, book.url);
        await page.keyboard.press('s');
        await page.waitForSelector('#mdbook-searchbar', { visible: true });
        await page.type('#mdbook-searchbar', word);
        await page.waitForSelector('#mdbook-searchresults li');
        const results = await page.$$eval('#mdbook-searchresults li', items =>
            items.map(item => item.textContent));
        const has = results.filter(text => text.toLowerCase().includes(word.toLowerCase()));
        assert.ok(has.length > 0, `in none of ${results.length} results`);
        await page.close();
    });
}

/** Presses the copy button of the first block that `selector` finds; what was copied. */
async function copied(path, selector) {
    const page = await open(browser, book.url + path);
    await page.bringToFront();
    const button = await page.$(`${selector} .clip-button`);
    await button.evaluate(button => button.scrollIntoView({ block: 'center' })); // not below the menu
    const { x, y } = await button.boundingBox();
    await page.mouse.move(x - 100, y + 30); // over the block, which shows its buttons then
    await page.waitForSelector(`${selector} .clip-button`, { visible: true });
    await button.click();
    await page.waitForSelector(`${selector} .clip-button.tooltipped`);
    const text = await page.evaluate(() => navigator.clipboard.readText());
    await page.close();
    return text;
}

test('the copy button copies the program, and nothing that was removed', async () => {
    for (const step of ['02-listen', '03-accept', '04-respond']) {
        const program = readFileSync(join(root, 'steps', step, 'src/main.rs'), 'utf8');
        const text = await copied(`${step}.html`, 'figure.listing:has(code.language-rust ins)');
        assert.equal(text, program, step);
    }
});

test('the copy button of a transcript copies what the reader types', async () => {
    const text = await copied('04-respond.html', 'figure.transcript:has(kbd)');
    assert.match(text, /^(cargo|curl) .*\n$/);
});

test('the book is printed twice, for readers on two hundred pages, and for teachers', { timeout: 600_000 }, () => {
    const run = (program, ...rest) => execFileSync(program, rest, { cwd: root, encoding: 'utf8', maxBuffer: 1e8 });
    const printed = run('cargo', 'run', '--quiet', '--package', 'book', '--', 'pdf').trim().split('\n');
    const [[number, text], [more, notes]] = printed.map(file => {
        const info = run('pdfinfo', file);
        assert.match(info, /Tagged: +yes/);
        return [Number(info.match(/Pages: +(\d+)/)[1]), run('pdftotext', '-layout', file, '-')];
    });
    console.log(`the PDFs have ${number} and ${more} pages`);
    assert.ok(number <= 200, `${number} pages`);
    assert.ok(/\n *100$/.test(text.split('\f')[99].trimEnd()), 'no page number');
    for (const title of ['For teachers', 'Teaching it', 'The program as it is handed out.']) {
        assert.ok(!text.includes(title), `${title}: not for readers`);
        assert.ok(notes.includes(title), `no ${title} for teachers`);
    }
    for (const expected of ['HTTP/1.1 200 OK\\r\\n', 'client.write_all(b"HTTP', 'client.sendall(b"HTTP']) {
        assert.ok(text.includes(expected), `no ${expected} on paper`);
    }
});
