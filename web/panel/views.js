// SPDX-License-Identifier: GPL-3.0-or-later
// The views as tabs. The address says which one is open (#play, #tree ...). A view's module and
// style sheet, panel/NAME/view.js and view.css, are fetched when it is first opened; one that is
// not seen costs nothing: hide() ends what show() began.
//
// A view is a class View with constructor(context), element, show() and hide().
import { make } from './elements.js';

const VIEWS = [['play', 'Play'], ['listen', 'Listen'], ['tree', 'Tree'], ['scenes', 'Scenes'],
    ['server', 'Server']];
const STEPS = { ArrowLeft: -1, ArrowRight: 1, Home: -Infinity, End: Infinity };

function styled(address) {
    return new Promise((resolve, reject) => {
        const link = make('link', { rel: 'stylesheet', href: address, onload: resolve,
            onerror: () => {
                link.remove();
                reject(new Error(`${address} did not come`));
            } });
        document.head.append(link);
    });
}

class Tab {
    #context;
    #attempts = 0;
    #loading = null;
    #view = null;
    #isShown = false;
    isOpen = false;

    constructor(name, title, context) {
        this.name = name;
        this.title = title;
        this.#context = context;
        this.tab = make('a', { href: `#${name}`, id: `tab-${name}`, role: 'tab',
            'aria-controls': `view-${name}`, 'aria-selected': 'false' }, title);
        this.panel = make('section', { id: `view-${name}`, role: 'tabpanel', className: 'view',
            'aria-labelledby': this.tab.id, hidden: true });
    }

    // An address that failed is remembered by the browser as failed, so each attempt has its own.
    load() {
        const again = this.#attempts ? `?${this.#attempts}` : '';
        this.#loading ??= Promise.all([
            import(`./${this.name}/view.js${again}`),
            styled(`panel/${this.name}/view.css`),
        ]).then(([{ View }]) => {
            this.#view = new View(this.#context);
            this.panel.replaceChildren(this.#view.element);
        }).catch((error) => {
            this.#loading = null;
            this.#attempts++;
            throw error;
        });
        return this.#loading;
    }

    async open() {
        this.isOpen = true;
        this.#mark();
        if (!this.#view) {
            try {
                await this.load();
            } catch (error) {
                this.#fail(error);
                return;
            }
        }
        // It may have been left meanwhile, and opened again before it came.
        if (!this.isOpen || this.#isShown) return;
        this.#isShown = true;
        this.#view.show();
    }

    close() {
        if (!this.isOpen) return;
        this.isOpen = false;
        this.#mark();
        if (!this.#isShown) return;
        this.#isShown = false;
        this.#view.hide();
    }

    #mark() {
        this.panel.hidden = !this.isOpen;
        this.tab.setAttribute('aria-selected', this.isOpen);
        this.tab.tabIndex = this.isOpen ? 0 : -1;
    }

    #fail(error) {
        console.warn(`${this.name}: ${error.message}`);
        // What the module itself imports has an address that the page cannot change: where that has
        // failed, only a page that is loaded anew asks for it again.
        const [words, act] = this.#attempts > 1 ? ['Load the page anew', () => location.reload()]
            : ['Try again', () => this.isOpen && this.open()];
        const button = make('button', { type: 'button', onclick: act }, words);
        const hadFocus = this.panel.contains(document.activeElement);
        this.panel.replaceChildren(make('p', { className: 'empty' },
            `${this.title} could not be fetched. `, button));
        if (hadFocus) button.focus();
    }
}

export class Views {
    #tabs;
    #open = null;

    constructor(context, { list, main }) {
        this.#tabs = VIEWS.map(([name, title]) => new Tab(name, title, context));
        list.append(...this.#tabs.map(({ tab }) => tab));
        main.append(...this.#tabs.map(({ panel }) => panel));
        list.onkeydown = (event) => this.#onTabKey(event);
        addEventListener('hashchange', () => this.#follow());
        addEventListener('keydown', (event) => this.#onKey(event));
        this.#follow();
    }

    // Has a view work that is not opened yet.
    load(name) {
        return this.#tabs.find((tab) => tab.name === name).load();
    }

    // Opens a view by its name.
    go(name) {
        location.hash = name;
    }

    get open() {
        return this.#open.name;
    }

    #follow() {
        const name = location.hash.slice(1);
        const next = this.#tabs.find((tab) => tab.name === name) ?? this.#tabs[0];
        if (next === this.#open) return;
        this.#open?.close();
        this.#open = next;
        document.title = `${next.title} · Farfield`;
        next.open();
    }

    #onTabKey(event) {
        if (event.altKey || event.ctrlKey || event.metaKey) return; // the browser's own
        const step = STEPS[event.key];
        if (event.key === ' ') this.go(this.#tabs.find(({ tab }) => tab === event.target).name);
        else if (step !== undefined) {
            const last = this.#tabs.length - 1;
            const at = this.#tabs.findIndex(({ tab }) => tab === event.target);
            const to = Number.isFinite(step) ? (at + step + last + 1) % (last + 1)
                : step < 0 ? 0 : last;
            this.#tabs[to].tab.focus();
        } else return;
        event.preventDefault();
    }

    // By the key's place, for Alt makes other letters of it on some machines.
    #onKey(event) {
        if (!event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
        const next = this.#tabs[Number(/^Digit(\d)$/.exec(event.code)?.[1]) - 1];
        if (!next) return;
        event.preventDefault();
        this.go(next.name);
        next.tab.focus();
    }
}
