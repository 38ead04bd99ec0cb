'use strict';
// The book can be read without any of this.

// The copy button: of a listing the whole program, without what was removed; of a transcript
// what the reader types. mdBook's own would copy what is visible.
(() => {
    const original = window.playground_text;
    window.playground_text = (pre, hidden = true) => {
        const code = pre.querySelector('code');
        const typed = [...code.querySelectorAll('kbd')].map(kbd => kbd.textContent + '\n');
        if (typed.length) return typed.join('');
        if (!pre.closest('figure.listing')) return original(pre, hidden);
        const copy = code.cloneNode(true);
        copy.querySelectorAll('del').forEach(removed => removed.remove());
        return copy.textContent;
    };
})();

// Rust and Python in tabs. All of them follow the reader's choice, on the next page too.
(() => {
    const groups = [...document.querySelectorAll('.tabs')];
    const tabs = group => [...group.querySelectorAll('[role=tab]')];
    const select = name => groups.flatMap(tabs).forEach(tab => {
        const chosen = tab.textContent === name;
        tab.setAttribute('aria-selected', chosen);
        tab.tabIndex = chosen ? 0 : -1;
        document.getElementById(tab.getAttribute('aria-controls')).hidden = !chosen;
    });
    const choose = tab => {
        const top = tab.getBoundingClientRect().top;
        select(tab.textContent);
        try { localStorage.setItem('language', tab.textContent); } catch { /* not allowed */ }
        // Tabs above may have changed their height.
        window.scrollBy(0, tab.getBoundingClientRect().top - top);
        tab.focus({ preventScroll: true });
    };
    groups.forEach((group, number) => {
        const list = document.createElement('div');
        list.setAttribute('role', 'tablist');
        list.setAttribute('aria-label', 'Language');
        [...group.children].forEach((section, index) => {
            const tab = document.createElement('button');
            tab.type = 'button';
            tab.textContent = section.dataset.title;
            section.id = `tab-${number}-${index}`;
            tab.id = `${section.id}-title`;
            tab.setAttribute('role', 'tab');
            tab.setAttribute('aria-controls', section.id);
            section.setAttribute('role', 'tabpanel');
            section.setAttribute('aria-labelledby', tab.id);
            tab.onclick = () => choose(tab);
            list.append(tab);
        });
        list.onkeydown = event => {
            const all = tabs(group), at = all.indexOf(document.activeElement);
            const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: -1 }[event.key];
            if (to === undefined) return;
            event.preventDefault();
            event.stopPropagation(); // these keys turn pages elsewhere
            choose(all.at(to % all.length));
        };
        group.prepend(list);
    });
    let saved;
    try { saved = localStorage.getItem('language'); } catch { /* not allowed */ }
    select(saved === 'Python' ? saved : 'Rust');
})();

// mdBook's toggle of the sidebar is a label, out of reach for the keyboard.
(() => {
    const box = document.getElementById('mdbook-sidebar-toggle-anchor');
    const label = document.getElementById('mdbook-sidebar-toggle');
    if (!box || !label) return;
    const button = document.createElement('button');
    button.type = 'button';
    button.id = label.id;
    button.className = label.className;
    button.title = label.title;
    button.setAttribute('aria-label', label.title);
    button.setAttribute('aria-controls', 'mdbook-sidebar');
    button.innerHTML = label.innerHTML;
    const show = () => button.setAttribute('aria-expanded', box.checked);
    button.onclick = () => {
        box.checked = !box.checked;
        box.dispatchEvent(new Event('change'));
        show();
    };
    show();
    label.replaceWith(button);
    document.getElementById('mdbook-menu-bar').setAttribute('role', 'banner');
})();

// What scrolls sideways must scroll by the keyboard too.
document.querySelectorAll('pre > code, .table-wrapper').forEach(box => {
    if (box.scrollWidth > box.clientWidth) box.tabIndex = 0;
});

// The sidebar comes before the text: a way past it.
(() => {
    const link = document.createElement('a');
    link.className = 'skip';
    link.href = '#mdbook-content';
    link.textContent = 'Skip to the text';
    const nav = document.createElement('nav');
    nav.setAttribute('aria-label', 'Skip');
    nav.append(link);
    document.body.prepend(nav);
})();
