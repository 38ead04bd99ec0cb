'use strict';
// Steps through a sequence diagram. Without JavaScript, and on paper, all of it is shown at once.
for (const figure of document.querySelectorAll('figure.diagram')) {
    const events = [...figure.querySelectorAll('.seq li')];
    if (events.length < 4) continue;
    const last = events.length;
    let at = last; // how many have happened

    const button = (name, label, content, to) => {
        const made = document.createElement('button');
        made.type = 'button';
        made.className = name;
        made.setAttribute('aria-label', label);
        made.innerHTML = content;
        made.onclick = () => show(to());
        return made;
    };
    const back = button('back', 'Step back', '<i></i>', () => at - 1);
    // From the whole picture, the first step begins anew.
    const step = button('step', 'Step', 'Step<i></i>', () => (at === last ? 1 : at + 1));
    const told = document.createElement('output');
    const controls = document.createElement('div');
    controls.className = 'steps';
    controls.setAttribute('role', 'group');
    controls.setAttribute('aria-label', 'Step through the diagram');
    controls.append(back, step, told);
    figure.querySelector('figcaption').append(controls);

    /** Shows the first `to` events. */
    const show = (to, isSaid = true) => {
        at = Math.max(1, Math.min(last, to));
        events.forEach((event, index) => {
            event.classList.toggle('later', index >= at);
            event.classList.toggle('now', isSaid && index === at - 1);
        });
        back.setAttribute('aria-disabled', at === 1);
        told.textContent = isSaid ? `${at} of ${last}` : `${last} events`;
        const words = document.createElement('span');
        words.textContent = isSaid ? `: ${events[at - 1].textContent.trim()}` : '';
        told.append(words);
    };
    controls.addEventListener('keydown', event => {
        const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 1, End: last, Escape: last }[event.key];
        if (to === undefined) return;
        show(to, event.key !== 'Escape');
        event.preventDefault();
        event.stopPropagation(); // these keys turn pages elsewhere
    });
    show(last, false);
}
