// SPDX-License-Identifier: GPL-3.0-or-later
// A canvas that is as sharp as its screen and follows its size and theme. What stands still (lines,
// numbers) is painted on a layer below, and only when one of them changes.
import { onTheme } from '../colours.js';
import { make } from '../elements.js';

const SHARPEST = 2; // device pixels for one of CSS: more is not seen in what moves

export class Canvas {
    #still;
    #moving;
    #paint;
    #stale = true;
    #shown; // what is painted
    #observer;
    #ratio = 1; // device pixels for one of CSS
    width = 0; // CSS pixels
    height = 0;

    // `paint(context, width, height)` paints what stands still; `label` names it all.
    constructor(label, paint) {
        this.#paint = paint;
        this.#still = make('canvas', { className: 'still' });
        this.#moving = make('canvas', { className: 'moving' });
        this.element = make('div', { className: 'canvas', role: 'img', 'aria-label': label },
            this.#still, this.#moving);
        this.#observer = new ResizeObserver(([{ contentRect }]) => this.#resize(contentRect));
        this.#observer.observe(this.element);
        onTheme(() => {
            this.#stale = true;
            this.frame(); // there may be nothing that moves
        });
    }

    // The 2D context to draw a frame on, cleared; null while there is no place for it, and where
    // `picture`, which tells all that is to be seen, says that it is painted already: each canvas
    // that is touched costs the page, whatever is drawn on it.
    frame(picture = null) {
        if (this.width === 0 || this.height === 0) return null;
        if (this.#ratio !== Math.min(SHARPEST, devicePixelRatio)) this.#resize(this);
        if (this.#stale) {
            this.#stale = false;
            this.#shown = null;
            this.#paint(this.#cleared(this.#still), this.width, this.height);
        }
        if (picture !== null && picture === this.#shown) return null;
        this.#shown = picture;
        return this.#cleared(this.#moving);
    }

    // To the nearest device pixel, in CSS pixels.
    snap(x) {
        return Math.round(x * this.#ratio) / this.#ratio;
    }

    // The width of a line of one device pixel, which costs a fraction of what a wider one does.
    get hairline() {
        return 1 / this.#ratio;
    }

    #resize({ width, height }) {
        this.width = width;
        this.height = height;
        this.#ratio = Math.min(SHARPEST, devicePixelRatio);
        for (const canvas of [this.#still, this.#moving]) {
            canvas.width = Math.round(width * this.#ratio);
            canvas.height = Math.round(height * this.#ratio);
        }
        this.#stale = true;
        this.frame();
    }

    #cleared(canvas) {
        const context = canvas.getContext('2d');
        context.setTransform(this.#ratio, 0, 0, this.#ratio, 0, 0);
        context.clearRect(0, 0, this.width, this.height);
        return context;
    }

    set label(words) {
        if (this.element.getAttribute('aria-label') !== words) {
            this.element.setAttribute('aria-label', words);
        }
    }
}
