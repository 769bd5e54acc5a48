/* test/dashboard/browser.js: what is wrong with how the page in the browser looks, by rule */
(() => {
    const found = {'nothing is wider than the page': [], 'texts do not overlap': [], 'texts have contrast': [], 'shapes have contrast': [],
                   'figures are not cut off': [], 'charts have an extent': [], 'charts are described': []};
    const say = (rule, what) => found[rule].push(what);
    const words = text => text.trim().slice(0, 40);
    const shown = element => element.checkVisibility({checkOpacity: true, checkVisibilityCSS: true}) && !element.closest('caption, desc');

    // the part of a box that its ancestors don't clip
    const visible = (box, element) => {
        let {left, right, top, bottom} = box;
        for (let e = element; e && e !== document.body; e = e.parentElement) {
            if (getComputedStyle(e).overflowX === 'visible')
                continue;
            const clip = e.getBoundingClientRect();
            [left, right, top, bottom] = [Math.max(left, clip.left), Math.min(right, clip.right), Math.max(top, clip.top), Math.min(bottom, clip.bottom)];
        }
        return {left, right, top, bottom};
    };

    const texts = [];
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node; (node = walker.nextNode());) {
        if (!node.data.trim() || !shown(node.parentElement))
            continue;
        const range = document.createRange();
        range.selectNodeContents(node);
        for (const rect of range.getClientRects()) {
            const box = visible(rect, node.parentElement);
            if (box.right - box.left > 1 && box.bottom - box.top > 1)
                texts.push({...box, text: words(node.data), node, element: node.parentElement});
        }
    }

    if (document.documentElement.scrollWidth > innerWidth)
        say('nothing is wider than the page', `${document.documentElement.scrollWidth} > ${innerWidth}`);
    for (const t of texts)
        if (t.left < -0.5 || t.right > innerWidth + 0.5)
            say('nothing is wider than the page', t.text);

    texts.sort((a, b) => a.top - b.top);
    texts.forEach((a, i) => {
        for (const b of texts.slice(i + 1)) {
            if (b.top > a.bottom)
                break;
            const width = Math.min(a.right, b.right) - Math.max(a.left, b.left);
            const height = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
            if (width > 1 && height > 3 && a.node !== b.node)
                say('texts do not overlap', `${a.text} | ${b.text}`);
        }
    });

    const canvas = new OffscreenCanvas(1, 1).getContext('2d', {willReadFrequently: true});
    const colour = text => {
        canvas.clearRect(0, 0, 1, 1);
        canvas.fillStyle = text;
        canvas.fillRect(0, 0, 1, 1);
        return canvas.getImageData(0, 0, 1, 1).data;
    };
    const light = rgb => {
        const [r, g, b] = [...rgb].slice(0, 3).map(v => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const contrast = (a, b) => {
        const [x, y] = [light(a), light(b)];
        return (Math.max(x, y) + 0.05) / (Math.min(x, y) + 0.05);
    };
    const ground = element => {
        for (let e = element; e; e = e.parentElement) {
            const c = colour(getComputedStyle(e).backgroundColor);
            if (c[3] === 255)
                return c;
        }
        return colour('white');
    };
    for (const t of texts) {
        const ratio = contrast(colour(getComputedStyle(t.element).color), ground(t.element));
        if (ratio < 4.5)
            say('texts have contrast', `${t.text}: ${ratio.toFixed(2)}`);
    }
    const root = getComputedStyle(document.documentElement);
    for (const name of ['--c1', '--c2', '--c3', '--c4', '--c5', '--c6', '--before']) {
        const ratio = contrast(colour(root.getPropertyValue(name)), colour(root.getPropertyValue('--card')));
        if (ratio < 3)
            say('shapes have contrast', `${name}: ${ratio.toFixed(2)}`);
    }

    for (const e of document.querySelectorAll('.figure, h1, h2, h3, .note, .sub > *, .legend li, .shares b, td:not(.text), th'))
        if (shown(e) && e.scrollWidth > e.clientWidth + 1 && getComputedStyle(e).display !== 'inline')
            say('figures are not cut off', e.textContent);
    for (const e of document.querySelectorAll('svg[role=img]')) {
        const box = e.getBoundingClientRect();
        if (box.width < 100 || box.height < 10 || !e.querySelector('path, rect, circle'))
            say('charts have an extent', e.getAttribute('aria-label'));
        if (!e.getAttribute('aria-label') || !e.querySelector('desc')?.textContent)
            say('charts are described', e.outerHTML.slice(0, 80));
    }
    return found;
})()
