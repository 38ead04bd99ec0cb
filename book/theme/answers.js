'use strict';
// Remembers what the reader chose, in this browser and nowhere else. Questions reply without it.
(() => {
    const all = (selector, inside = document) => [...inside.querySelectorAll(selector)];
    const questions = all('.predict');
    let answers = {};
    try { answers = JSON.parse(localStorage.getItem('answers')) ?? {}; } catch { /* not allowed, or not ours */ }
    const save = () => {
        try { localStorage.setItem('answers', JSON.stringify(answers)); } catch { /* not allowed */ }
    };

    /** A question is known by its words: elsewhere on the page it's the same, edited it's another. */
    const key = question => all('legend, pre, label > span', question)
        .map(part => part.textContent.replace(/^\d+\. /, '').trim()).join('\n');
    /** The letter, or the places of the events. */
    const chosen = question => all(':checked', question).map(choice => choice.value).join(',');
    const isRight = question => all(':checked', question).every(choice => choice.closest('.correct'));
    const restore = question => {
        const values = (answers[key(question)] ?? '').split(',');
        all('input', question).forEach(input => { input.checked = input.value === values[0]; });
        all('select', question).forEach((select, index) => { select.value = values[index] ?? ''; });
    };

    /** Says again what was chosen, where it's put to the test: below the question. */
    const repeat = () => all('p.chosen').forEach(line => {
        const asked = questions.findLast(question => question.compareDocumentPosition(line) & 4);
        const label = asked?.querySelector('input:checked + label');
        line.textContent = label
            ? `You chose ${label.querySelector('b').textContent}: “${label.querySelector('span').textContent}”` : '';
    });

    // The page of all questions.
    const page = document.querySelector('#questions');
    const isAnswered = question => /[^,]/.test(chosen(question));
    const wrong = () => questions.filter(question => isAnswered(question) && !isRight(question));
    const told = document.createElement('p');
    const tell = () => {
        const answered = questions.filter(isAnswered).length;
        told.textContent = `${answered} of ${questions.length} answered, ${answered - wrong().length} of them right.`;
        again.disabled = !wrong().length;
        forget.disabled = !answered;
    };
    /** Forgets these answers, and shows these questions only. */
    const ask = (asked, isPart) => {
        asked.forEach(question => { delete answers[key(question)]; restore(question); });
        save();
        page.classList.toggle('part', isPart);
        questions.forEach(question => question.classList.toggle('asked', asked.includes(question)));
        tell();
        asked.find(question => question.checkVisibility())?.querySelector('input, select').focus();
    };
    const button = (text, act) => {
        const made = document.createElement('button');
        made.type = 'button';
        made.textContent = text;
        made.onclick = act;
        return made;
    };
    const again = button('Ask me the wrong ones again', () => ask(wrong(), true));
    const forget = button('Forget all my answers', () => {
        if (confirm('Forget all your answers?')) ask(questions, false);
    });

    questions.forEach(question => {
        if (answers[key(question)]) restore(question);
        question.addEventListener('change', () => {
            answers[key(question)] = chosen(question);
            save();
            repeat();
            if (page) tell();
        });
    });
    repeat();
    if (!page) return;
    const controls = document.createElement('div');
    controls.className = 'tally';
    told.setAttribute('role', 'status');
    controls.append(told, again, forget);
    page.before(controls);
    tell();
})();
