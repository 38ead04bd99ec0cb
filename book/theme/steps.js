'use strict';
// Steps through a figure. Without JavaScript, and on paper, all of it is shown at once.
for (const figure of document.querySelectorAll('figure.diagram')) {
    const events = [...figure.querySelectorAll('.seq li')];
    if (events.length < 4) continue;
    const lines = [...figure.querySelectorAll('.made [data-n]')];
    const words = [...figure.querySelectorAll('.said li')];
    const last = events.length;
    let at = last; // how many have happened
    let timer = null;

    const element = (name, className, content = '') => {
        const made = document.createElement(name);
        made.className = className;
        made.innerHTML = content;
        return made;
    };
    const button = (name, label, content, act) => {
        const made = element('button', name, content);
        made.type = 'button';
        made.setAttribute('aria-label', label);
        made.onclick = act;
        return made;
    };
    // From the whole picture, the first step begins anew.
    const next = () => show(at === last ? 1 : at + 1);
    const back = button('back', 'Step back', '<i></i>', () => pause(show(at - 1)));
    const step = button('step', 'Step', 'Step<i></i>', () => pause(next()));
    const play = button('play', 'Play', 'Play', () => (timer ? pause() : start()));
    const whole = button('whole', 'Show all', 'All', () => pause(show(last, false)));
    const count = element('span', 'count');
    const told = document.createElement('output');
    const controls = element('div', 'steps');
    controls.setAttribute('role', 'group');
    controls.setAttribute('aria-label', 'Step through the figure');
    controls.append(back, step, play, whole, count, told);
    figure.querySelector('figcaption').append(controls);

    function start() {
        next();
        timer = setInterval(() => (at === last ? pause() : next()), 2500);
        play.textContent = 'Pause';
        play.setAttribute('aria-label', 'Pause');
    }

    function pause() {
        clearInterval(timer);
        timer = null;
        play.textContent = 'Play';
        play.setAttribute('aria-label', 'Play');
    }

    /** Shows the first `to` events, and tells of the last of them; or, untouched, of none. */
    function show(to, isTold = true) {
        at = Math.max(1, Math.min(last, to));
        figure.classList.toggle('stepping', isTold);
        const isNow = number => isTold && Number(number) === at;
        events.forEach((event, index) => {
            event.classList.toggle('later', index >= at);
            event.classList.toggle('now', isNow(index + 1));
        });
        for (const line of lines) line.classList.toggle('now', line.dataset.n.split(' ').some(isNow));
        for (const word of words) word.classList.toggle('now', isNow(word.value));
        back.setAttribute('aria-disabled', at === 1);
        count.textContent = isTold ? `${at} of ${last}` : `${last} events`;
        told.replaceChildren(...(isTold ? parts(events[at - 1]) : []));
    }

    /** What is told of an event: what it is, the author's words, its bytes, and what the kernel holds. */
    function parts(event) {
        const [who, says] = event.querySelectorAll('.who, .says');
        const name = element('span', 'who', `${who.textContent}${says.textContent}`);
        const said = words.find(word => word.value === at);
        const code = event.querySelector('code');
        const held = code?.dataset.held;
        const bytes = code && element('code', '', code.innerHTML);
        if (bytes) bytes.tabIndex = 0; // it may have to be scrolled
        return [
            name,
            said && element('p', '', said.innerHTML),
            bytes,
            held && element('p', 'held', `<b>The kernel holds</b> ${held}`),
        ].filter(Boolean);
    }

    controls.addEventListener('keydown', event => {
        const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 1, End: last, Escape: last }[event.key];
        if (to === undefined) return;
        pause(show(to, event.key !== 'Escape'));
        event.preventDefault();
        event.stopPropagation(); // these keys turn pages elsewhere
    });
    show(last, false);
}
