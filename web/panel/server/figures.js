// SPDX-License-Identifier: GPL-3.0-or-later
// The server's figures: as they are now, and plotted over the last ten minutes.
import { make, write } from '../elements.js';
import { bytes } from '../format.js';
import { Plot } from '../plot.js';

const percent = (value) => `${value.toFixed(value > 0 && value < 9.95 ? 1 : 0)} %`;
const whole = (value) => String(Math.round(value));
const share = (value) => `${(value * 100).toFixed(value > 0 && value < 0.0995 ? 1 : 0)} %`;
const milliseconds = (value) => `${(value * 1000).toFixed(0)} ms`;

// What is counted since the server began, as how much it rose between two figures. A counter that
// fell began anew.
function rises(figures, name) {
    return figures.map((figure, i) => (i === 0 ? 0
        : figure[name] >= figures[i - 1][name] ? figure[name] - figures[i - 1][name] : figure[name]));
}

const of = (name) => (figures) => figures.map((figure) => figure[name]);
const risen = (name) => (figures) => rises(figures, name);

const PLOTS = [
    { title: 'Load', least: 5, series: [
        { name: 'average', colour: 'accent', write: percent, fill: true, values: of('cpu') },
        { name: 'peak', colour: 'hot', write: percent, values: of('cpu_peak') }] },
    { title: 'Playing', least: 5, series: [
        { name: 'synths', colour: 'accent', write: whole, fill: true, values: of('synths') },
        { name: 'groups', colour: 'hot', write: whole, values: of('groups') }] },
    { title: 'UGens', least: 50, series: [
        { name: 'UGens', colour: 'accent', write: whole, fill: true, values: of('ugens') }] },
    { title: 'Faults', least: 3, series: [
        { name: 'xruns', colour: 'danger', write: whole, values: risen('xruns') },
        { name: 'late', colour: 'hot', write: whole, values: risen('late') },
        { name: 'out of memory', colour: 'text', write: whole, values: risen('failures') }] },
    { title: 'Memory', least: 1e8, series: [
        { name: 'in use', colour: 'accent', write: bytes, fill: true, values: of('memory') }] },
    { title: 'Listeners', least: 3, series: [
        { name: 'listeners', colour: 'accent', write: whole, fill: true, values: of('listeners') }] },
    { title: 'Loss of listeners', least: 0.02, series: [
        { name: 'lost', colour: 'danger', write: share, fill: true, values: of('loss') }] },
    { title: 'Delay of listeners', least: 0.05, series: [
        { name: 'mean', colour: 'accent', write: milliseconds, fill: true, values: of('delay') }] },
];

// What is shown as a number: name, words, whether it comes from the status or from the last of the
// figures, how it is made of that, and what makes it a bad one.
const NUMBERS = [
    ['cpu', 'CPU, average', 'status', ({ cpu }) => percent(cpu.average)],
    ['cpu-peak', 'CPU, peak', 'status', ({ cpu }) => percent(cpu.peak)],
    ['synths', 'Synths', 'status', ({ synths }) => whole(synths)],
    ['groups', 'Groups', 'status', ({ groups }) => whole(groups)],
    ['ugens', 'UGens', 'status', ({ ugens }) => whole(ugens)],
    ['synthdefs', 'SynthDefs', 'status', ({ synthdefs }) => whole(synthdefs)],
    ['late', 'Late bundles', 'status', ({ late }) => whole(late), ({ late }) => late > 0],
    ['failures', 'Out of memory', 'status', (status) => whole(status.alloc_failed),
        (status) => status.alloc_failed > 0],
    ['xruns', 'Xruns', 'figure', ({ xruns }) => whole(xruns), ({ xruns }) => xruns > 0],
    ['memory', 'Memory', 'figure', ({ memory }) => bytes(memory)],
    ['rate', 'Sample rate', 'status', (status) => `${(status.sample_rate / 1000).toFixed(3)} kHz`],
    ['restarts', 'Restarts', 'status', ({ restarts }) => whole(restarts)],
];

export class Figures {
    #numbers = new Map(); // name -> <dd>
    #plots;
    element;
    plots;

    constructor() {
        const list = NUMBERS.map(([name, words]) => {
            const value = make('dd', { id: `figure-${name}`, className: 'number' }, '–');
            this.#numbers.set(name, value);
            return make('div', {}, make('dt', {}, words), value);
        });
        this.element = make('dl', { className: 'figures' }, ...list);
        this.#plots = PLOTS.map(({ title, least, series }) =>
            new Plot(title, series, { least, sync: 'server' }));
        this.plots = make('div', { className: 'plots' }, ...this.#plots.map(({ element }) =>
            make('div', { className: 'card' }, element)));
    }

    show() {
        for (const plot of this.#plots) plot.show();
    }

    hide() {
        for (const plot of this.#plots) plot.hide();
    }

    update(status, figures) {
        const known = { status, figure: figures.at(-1) };
        for (const [name, , from, value, isBad] of NUMBERS) {
            const element = this.#numbers.get(name);
            const source = known[from];
            write(element, source ? value(source) : '–');
            element.classList.toggle('bad', Boolean(source && isBad?.(source)));
        }
    }

    plot(figures) {
        const times = figures.map(({ time }) => time);
        PLOTS.forEach(({ series }, i) =>
            this.#plots[i].update(times, ...series.map(({ values }) => values(figures))));
    }
}
