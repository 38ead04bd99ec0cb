// Questions that reply, and a browser that remembers what was chosen.

import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { launch, open, root, serve } from './browser.js';

const axe = readFileSync(new URL('node_modules/axe-core/axe.min.js', import.meta.url), 'utf8');
/** A copy of what the book is made of, to be edited. */
const copy = mkdtempSync(join(tmpdir(), 'book-'));
let book, browser, close;

before(async () => {
    for (const folder of ['book', 'steps', 'tests', 'exercises', 'bench']) {
        const filter = path => !/[/\\](node_modules|target)$/.test(path);
        cpSync(join(root, folder), join(copy, folder), { recursive: true, filter });
    }
    book = await serve(copy);
    ({ browser, close } = await launch());
});

after(async () => {
    const urls = await close();
    book.stop();
    rmSync(copy, { recursive: true });
    const outside = [...urls].filter(url => !url.startsWith(book.url));
    assert.deepEqual(outside, [], 'what was chosen, or something else, has left the browser');
});

/** Edits a page; the next visit sees it. */
function edit(path, change) {
    const file = join(copy, 'book/src', path);
    const before = readFileSync(file, 'utf8');
    const text = change(before);
    assert.notEqual(text, before);
    writeFileSync(file, text);
}

/** Answers all questions: `right`, or `wrong`. */
const answer = (page, how) => page.evaluate(how => {
    const isRight = choice => Boolean(choice.closest('.correct')) === (how === 'right');
    for (const question of document.querySelectorAll('.predict')) {
        const choices = [...question.querySelectorAll('input')];
        choices.find(isRight)?.click();
        for (const select of question.querySelectorAll('select')) {
            select.value = [...select.options].find(option => option.value && isRight(option)).value;
            select.dispatchEvent(new Event('change', { bubbles: true }));
        }
    }
}, how);

/** What can be seen of a question. */
const seen = (page, id) => page.$eval(id, question => {
    const texts = selector => [...question.querySelectorAll(selector)]
        .filter(part => part.checkVisibility()).map(part => part.textContent.trim());
    const checked = [...question.querySelectorAll(':checked')].map(choice => choice.value).join(',');
    const gap = question.querySelector('mark');
    return {
        checked, replies: texts('.reply, .in-order'), hints: texts('.hint').length,
        gap: gap && getComputedStyle(gap, '::before').content,
        ticks: [...question.querySelectorAll('label')]
            .map(label => getComputedStyle(label, '::after'))
            .filter(({ display, maskImage }) => display !== 'none' && maskImage.startsWith('url')).length,
    };
});

const [PREDICT, SIXTH, GAP, ORDER] = [1, 2, 5, 6].map(number => `#choose-02-listen-${number}`);

for (const javascript of [true, false]) test(`a question replies ${javascript ? 'with' : 'without'} JavaScript`, async () => {
    const page = await open(browser, book.url + '02-listen.html', { javascript });
    const asked = await seen(page, PREDICT);
    assert.deepEqual(asked, { checked: '', replies: [], hints: 1, gap: null, ticks: 0 });
    await page.click(`${PREDICT}-a`);
    const { replies, hints, ticks } = await seen(page, PREDICT);
    assert.deepEqual([hints, ticks], [0, 1]);
    assert.equal(replies.length, 1);
    assert.match(replies[0], /^The RST came/);
    await page.click(`${PREDICT}-c`);
    assert.match((await seen(page, PREDICT)).replies.join(), /^Yes/);

    assert.match((await seen(page, GAP)).gap, /\?/);
    await page.click(`${GAP}-a`);
    assert.match((await seen(page, GAP)).gap, /35|attr\(data-is\)/);

    const places = ['3', '4', '2', '5', '1']; // of the five events, as they're shown
    const selects = await page.$$(`${ORDER} select`);
    await selects[0].select('1');
    assert.match((await seen(page, ORDER)).replies.join(), /^It can’t send before/);
    for (const [index, select] of selects.entries()) await select.select(places[index]);
    const ordered = await seen(page, ORDER);
    assert.equal(ordered.ticks, 5);
    assert.equal(ordered.replies.length, 1);
    assert.match(ordered.replies[0], /^Yes. Look at what’s missing/);
    await page.close();
});

test('what was chosen is remembered when the page comes again, and said where it is put to the test', async () => {
    const page = await open(browser, book.url + '02-listen.html');
    const said = () => page.$$eval('p.chosen', lines => lines
        .filter(line => line.checkVisibility()).map(line => line.textContent));
    assert.deepEqual(await said(), []);
    await page.click(`${PREDICT}-b`);
    await page.click(`${SIXTH}-a`);
    const expected = ['You chose b: “It waits outside until the program accepts”', 'You chose a: “It’s refused”'];
    assert.deepEqual(await said(), expected);
    await page.$eval(`${ORDER} select`, select => select.focus());
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('ArrowDown');
    await page.reload();
    assert.deepEqual(await said(), expected);
    assert.equal((await seen(page, PREDICT)).checked, 'b');
    assert.equal((await seen(page, ORDER)).checked, '2,,,,');
    await page.close();
});

test('a rebuilt book remembers, and asks again what was edited', async () => {
    const page = await open(browser, book.url + '02-listen.html');
    for (const id of [PREDICT, SIXTH, GAP]) await page.click(`${id}-b`);
    const text = await page.$eval(`${PREDICT} legend`, legend => legend.textContent);
    const added = '## Predict\n\n```choose\nIs this new?\n- (right) Yes\n  > Yes.\n- No\n  > No.\n'
        + 'proof: tests/02-listen/snapshots/browser.snap: still loading\n```\n';
    edit('02-listen.md', page => page.replace('## Predict\n', added)
        .replace('- It gets in', '- It gets inside').replace('- (right) It gets in\n', '- (right) It gets inside\n')
        .replace('**2.** A client sent', '**7.** A client sent'));
    await page.reload();
    // All are one further now.
    const [isNew, predict, sixth] = [1, 2, 3].map(number => `#choose-02-listen-${number}`);
    assert.equal(await page.$eval(`${predict} legend`, legend => legend.textContent), text);
    assert.equal((await seen(page, isNew)).checked, '');
    assert.equal((await seen(page, predict)).checked, 'b');
    assert.equal((await seen(page, sixth)).checked, '', 'an edited question is not asked again');
    assert.equal((await seen(page, ORDER)).checked, 'b', 'a number is part of the question'); // the gap
    await page.close();
});

test('the page of all questions knows what was chosen, asks the wrong ones again, and forgets', async () => {
    const page = await open(browser, book.url + '01-bind.html');
    await page.click('#choose-01-bind-1-a');
    await page.click('#choose-01-bind-2-b');
    await page.goto(book.url + 'answered.html');
    const [wrong, right, other] = [1, 2, 3].map(number => `#again-01-bind-${number}`);
    const told = () => page.$eval('.tally [role=status]', line => line.textContent);
    const shown = selector => page.$$eval(selector, parts => parts.filter(part => part.checkVisibility()).length);
    const number = await shown('.predict');
    assert.ok(number > 80, `only ${number} questions`);
    assert.equal(await told(), `2 of ${number} answered, 1 of them right.`);
    assert.equal(await shown(`${wrong} .option`), 2, 'the chosen answer and the right one');
    assert.equal(await shown(`${right} .option`), 1);
    assert.ok(await shown(`${other} .option`) > 2);
    // What's answered here counts too.
    await page.click(`${other}-a`);
    assert.equal(await told(), `3 of ${number} answered, 1 of them right.`);

    await page.$eval('.tally button', button => button.focus());
    await page.keyboard.press('Enter');
    assert.equal(await shown('.predict'), 2);
    assert.equal(await shown('#questions h2'), 0);
    assert.equal((await seen(page, wrong)).checked, '');
    assert.ok(await page.$eval(wrong, question => question.contains(document.activeElement)));
    assert.equal(await told(), `1 of ${number} answered, 1 of them right.`);
    await page.keyboard.press('ArrowDown'); // to b, the right one
    assert.equal(await told(), `2 of ${number} answered, 2 of them right.`);
    await page.goto(book.url + '01-bind.html');
    assert.equal((await seen(page, '#choose-01-bind-1')).checked, 'b');
    assert.equal((await seen(page, '#choose-01-bind-3')).checked, '');

    await page.goto(book.url + 'answered.html');
    page.on('dialog', dialog => dialog.accept());
    await page.click('.tally button:last-child');
    assert.equal(await told(), `0 of ${number} answered, 0 of them right.`);
    assert.deepEqual(await page.$$eval('.tally button', buttons => buttons.map(button => button.disabled)), [true, true]);
    await page.reload();
    assert.equal(await told(), `0 of ${number} answered, 0 of them right.`);
    await page.close();
});

test('without JavaScript the page of all questions says what it is, and they reply', async () => {
    const page = await open(browser, book.url + 'answered.html', { javascript: false });
    const text = await page.$eval('main', main => main.innerText);
    assert.match(text, /Without JavaScript nothing is remembered/);
    await page.click('#again-01-bind-1-a');
    assert.match((await seen(page, '#again-01-bind-1')).replies.join(), /^A good guess/);
    assert.equal(await page.$('.tally'), null);
    await page.close();
});

test('memory that is not allowed, or not ours, keeps no question from replying', async () => {
    const page = await open(browser, book.url + '02-listen.html');
    for (const stored of ['null', '"a"', '{', '{"x":1}']) {
        await page.evaluate(stored => localStorage.setItem('answers', stored), stored);
        await page.reload();
        await page.click(`${GAP}-a`);
        assert.equal((await seen(page, GAP)).replies.length, 1, stored);
    }
    await page.close();
    const strict = await browser.newPage();
    await strict.evaluateOnNewDocument(() => Object.defineProperty(window, 'localStorage', {
        get() { throw new DOMException('not allowed', 'SecurityError'); },
    }));
    await strict.goto(book.url + '04-respond.html');
    await strict.click('#choose-04-respond-1-a');
    assert.match(await strict.$eval('p.chosen', line => line.textContent), /^You chose a/);
    await strict.close();
});

test('the keyboard chooses and orders, and each choice has a name', async () => {
    const page = await open(browser, book.url + '04-respond.html');
    const url = page.url();
    const named = async selector => {
        const { name, role } = await page.accessibility.snapshot({ root: await page.$(selector) });
        return `${role}: ${name}`;
    };
    assert.match(await named('#choose-04-respond-1'), /^group: What will a browser do/);
    assert.equal(await named('#choose-04-respond-1-b'), 'radio: b Show the page');
    await page.focus('#choose-04-respond-1-a');
    await page.keyboard.press('Space');
    await page.keyboard.press('ArrowDown');
    assert.equal((await seen(page, '#choose-04-respond-1')).checked, 'b');
    assert.equal(await named('#choose-04-respond-1-b'), 'radio: b Show the page the right one');
    const order = '#choose-04-respond-6 .event:nth-of-type(2) select';
    assert.match(await named(order), /^combobox: b program calls: sendto\(4, /);
    await page.focus(order);
    await page.keyboard.press('5');
    assert.equal(await page.$eval(order, select => select.value), '5');
    assert.match(await named(order), /the right one$/);
    await page.keyboard.press('ArrowUp');
    await page.keyboard.press('ArrowLeft');
    assert.equal(page.url(), url, 'the arrow turned the page');
    await page.close();
});

test('on paper a question gives nothing away, and the answers come last', async () => {
    const page = await open(browser, book.url + '04-respond.html');
    for (const how of ['right', 'wrong']) {
        await answer(page, how);
        await page.emulateMediaType('print');
        for (const number of [1, 5, 6]) {
            const { replies, hints, gap, ticks } = await seen(page, `#choose-04-respond-${number}`);
            assert.deepEqual([replies, hints, ticks], [[], 0, 0]);
            if (gap) assert.match(gap, /\?/);
        }
        const answers = await page.$eval('main .answers', list => list.checkVisibility() && list.innerText);
        assert.match(answers, /\(b\) Show the page/);
        assert.match(answers, /\(c, e, a, d, b\)/);
        await page.emulateMediaType('screen');
    }
    await page.close();
});

/** The pages that ask, and the one of all questions. */
async function asking() {
    const page = await open(browser, book.url + 'answered.html');
    const urls = await page.$$eval('#questions > p > a', links => links.map(link => link.href));
    await page.close();
    return [...urls, book.url + 'answered.html'];
}

for (const theme of ['light', 'navy']) for (const width of [1400, 360]) {
    test(`axe-core finds nothing in questions asked, answered right and wrong, ${theme}, ${width} pixels wide`, { timeout: 600_000 }, async () => {
        const found = [];
        let asked = 0;
        for (const url of await asking()) {
            const page = await open(browser, url, { theme, width });
            asked += await page.$$eval('.predict', questions => questions.length);
            await page.evaluate(axe);
            for (const state of ['asked', 'right', 'wrong']) {
                if (state !== 'asked') await answer(page, state);
                const nodes = await page.evaluate(async () => {
                    const { violations } = await window.axe.run({ include: ['.predict', 'p.chosen', '.tally'].filter(part => document.querySelector(part)) });
                    return violations.flatMap(({ id, nodes }) => nodes.map(({ target, failureSummary }) => `${id}: ${target}: ${failureSummary}`));
                });
                found.push(...nodes.map(what => `${url}, ${state}: ${what}`));
                const wide = await page.evaluate(() => document.documentElement.scrollWidth);
                if (wide > width) found.push(`${url}, ${state}: ${wide} pixels wide`);
            }
            await page.close();
        }
        assert.ok(asked > 160, `only ${asked} questions, all of them twice`);
        assert.deepEqual(found, []);
    });
}
