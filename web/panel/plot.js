// SPDX-License-Identifier: GPL-3.0-or-later
// A plot of the last minutes. The drawing is uPlot's, which is fetched when a plot is first shown;
// where it is missing, the words and the table tell the same. Both are there for everybody: the
// words beside the title, the table below it, unfolded by a press.
import { colour, onTheme } from './colours.js';
import { arrange, make, write } from './elements.js';

const MODULE = '../node_modules/uplot/dist/uPlot.esm.js';
const STYLE = '../node_modules/uplot/dist/uPlot.min.css';
const ROWS = 10; // of the table
const FONT = '11px system-ui, sans-serif';

let library = null; // promise of uPlot, or of null
let attempts = 0; // that failed: the browser remembers an address that did

function style(address) {
    document.head.append(make('link', { rel: 'stylesheet',
        href: new URL(address, import.meta.url).href }));
}

style('plot.css');

function load() {
    library ??= (async () => {
        try {
            const { default: UPlot } = await import(attempts ? `${MODULE}?${attempts}` : MODULE);
            style(STYLE);
            return UPlot;
        } catch {
            attempts++;
            library = null; // to be tried again when a plot is shown again
            return null;
        }
    })();
    return library;
}

const hour = (time) => new Date(time * 1000).toLocaleTimeString([], { hour12: false });

export class Plot {
    #series;
    #sync;
    #least;
    #span;
    #plot = null;
    #data = [[]];
    #chart = make('div', { className: 'plot-chart' });
    #words; // an element for each series
    #body = make('tbody');
    #table;
    #isShown = false;
    #endTheme = null;
    #observer;

    // `series`: [{name, colour, write(value), fill}]; `least`: what the scale reaches at least;
    // `span`: seconds that are shown; plots of one `sync` share their cursor.
    constructor(title, series, { least = 1, span = 600, sync = null } = {}) {
        this.#series = series;
        this.#least = least;
        this.#span = span;
        this.#sync = sync;
        const head = ['Time', ...series.map(({ name }) => name)];
        this.#table = make('details', { className: 'plot-table', ontoggle: () => this.#fillTable() },
            make('summary', {}, 'As a table'),
            make('table', {}, make('caption', { className: 'hidden' }, title),
                make('thead', {}, make('tr', {}, ...head.map((name) =>
                    make('th', { scope: 'col' }, name)))), this.#body));
        this.#words = series.map((each) => {
            const words = make('span', { className: series.length > 1 ? 'plot-key' : '' });
            words.style.setProperty('--key', `var(--${each.colour})`);
            return words;
        });
        this.#chart.setAttribute('aria-hidden', 'true');
        this.element = make('figure', { className: 'plot' },
            make('figcaption', {}, make('h3', {}, title),
                make('p', { className: 'plot-words' }, ...this.#words)),
            this.#chart, this.#table);
        this.#observer = new ResizeObserver(() => this.#resize());
    }

    async show() {
        if (this.#isShown) return;
        this.#isShown = true;
        this.#observer.observe(this.#chart);
        this.#endTheme = onTheme(() => this.#plot?.redraw(false));
        const UPlot = await load();
        if (!this.#plot && UPlot) this.#create(UPlot);
        else if (!UPlot && !this.#plot) this.#chart.textContent = 'No plot: uPlot is not there. “make web” fetches it.';
        this.#render();
    }

    hide() {
        this.#isShown = false;
        this.#observer.disconnect();
        this.#endTheme?.();
    }

    // `times`: Unix seconds, the oldest first; `values`: for each series as many, null where unknown.
    update(times, ...values) {
        this.#data = [times, ...values];
        if (this.#isShown) this.#render();
    }

    #render() {
        const [times, ...values] = this.#data;
        this.#series.forEach((series, i) =>
            write(this.#words[i], this.#tell(series, values[i] ?? [])));
        if (this.#table.open) this.#fillTable();
        if (!this.#plot) return;
        const now = times.at(-1) ?? Date.now() / 1000;
        this.#plot.setData(this.#data, false);
        this.#plot.batch(() => {
            this.#plot.setScale('x', { min: now - this.#span, max: now });
            this.#plot.setScale('y', { min: 0, max: this.#top(values, times, now) });
        });
    }

    // A little above what is seen, in steps, so that the scale does not breathe.
    #top(values, times, now) {
        let most = this.#least;
        for (const list of values) {
            list.forEach((value, i) => {
                if (value > most && times[i] >= now - this.#span) most = value;
            });
        }
        if (most <= this.#least) return this.#least;
        const size = 10 ** Math.floor(Math.log10(most));
        return [1.5, 2, 3, 5, 7.5, 10].map((step) => step * size).find((top) => top >= most * 1.05) ??
            most * 1.1;
    }

    // "73 ms, between 62 ms and 80 ms"; of several "peak 5 %, 2 % to 9 %".
    #tell({ name, write: words }, values) {
        const isOne = this.#series.length === 1;
        const lead = isOne ? '' : `${name} `;
        const known = values.filter((value) => value !== null && value !== undefined);
        if (known.length === 0) return `${lead}not known yet`;
        const now = values.at(-1) ?? null;
        const [least, most] = [Math.min(...known), Math.max(...known)].map(words);
        const range = least === most ? '' : isOne ? `, between ${least} and ${most}`
            : `, ${least} to ${most}`;
        return `${lead}${now === null ? '–' : words(now)}${range}`;
    }

    #fillTable() {
        const [times, ...values] = this.#data;
        const step = Math.max(1, Math.ceil(times.length / ROWS));
        const rows = [];
        for (let i = times.length - 1; i >= 0; i -= step) {
            rows.push(make('tr', {}, make('th', { scope: 'row' }, hour(times[i])),
                ...this.#series.map((each, k) => make('td', {},
                    values[k][i] === null ? '–' : each.write(values[k][i])))));
        }
        arrange(this.#body, rows);
    }

    #create(UPlot) {
        const axis = {
            stroke: () => colour('soft'),
            grid: { stroke: () => colour('edge'), width: 1 },
            ticks: { show: false },
            font: FONT,
        };
        const words = this.#series[0].write;
        this.#chart.replaceChildren(); // the words in its place, of an earlier try
        this.#plot = new UPlot({
            ...this.#size(),
            pxAlign: 0,
            padding: [8, 8, 0, 0],
            legend: { show: false },
            cursor: {
                y: false,
                drag: { x: false, y: false },
                points: { size: 6 },
                ...(this.#sync && { sync: { key: this.#sync } }),
            },
            scales: { x: { time: true, auto: false }, y: { auto: false } },
            axes: [
                { ...axis, size: 24, space: 70, values: (_, ticks) => ticks.map((time) =>
                    hour(time).slice(0, 5)) },
                { ...axis, size: 58, space: 28, values: (_, ticks) => ticks.map(words) },
            ],
            series: [{}, ...this.#series.map((series) => ({
                label: series.name,
                stroke: () => colour(series.colour),
                width: 1.5,
                spanGaps: false,
                points: { show: false },
                ...(series.fill && { fill: () => faint(colour(series.colour)) }),
            }))],
            hooks: { setCursor: [({ cursor }) => this.#point(cursor.idx)] },
        }, this.#data, this.#chart);
    }

    // What is under the mouse, in words over the plot.
    #point(index) {
        const [times, ...values] = this.#data;
        this.#chart.dataset.point = index === null || index === undefined || !times[index] ? ''
            : `${hour(times[index])}  ${this.#series.map((each, i) =>
                (values[i][index] === null ? '–' : each.write(values[i][index]))).join(' · ')}`;
    }

    #size() {
        return { width: Math.max(120, this.#chart.clientWidth),
            height: Math.max(80, this.#chart.clientHeight) };
    }

    #resize() {
        const { width, height } = this.#size();
        if (this.#plot && (this.#plot.width !== width || this.#plot.height !== height)) {
            this.#plot.setSize({ width, height });
        }
    }
}

function faint(rgb) {
    return rgb.replace(/^rgba?\(([^)]*?)\)$/, (_, parts) => `rgb(${parts.split(/[ ,/]+/).slice(0, 3)
        .join(' ')} / 14%)`);
}
