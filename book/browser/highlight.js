// highlight.js with the languages of this book only; mdBook's own knows forty, and is six times as
// long. `npm run highlight` puts it into the theme, a test compares.

import hljs from 'highlight.js/lib/core';
import python from 'highlight.js/lib/languages/python';
import rust from 'highlight.js/lib/languages/rust';

for (const [name, language] of Object.entries({ python, rust })) {
    hljs.registerLanguage(name, language);
}
window.hljs = hljs;
