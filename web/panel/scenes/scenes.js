// SPDX-License-Identifier: GPL-3.0-or-later
// Scenes: kept by a name, recalled with a fade, renamed, deleted and brought back, saved as files
// and read from them.
import { keep, recall } from '../choices.js';
import { arrangeRows, make, write } from '../elements.js';
import { counted } from '../format.js';
import { readScene, saveScene, takeDrops } from './files.js';
import { deletedRow, SceneRow } from './scene.js';

const FADE = 2; // seconds, to begin with
const UNDO = 15000; // ms in which what was deleted can be had back

export class Scenes {
    #farfield;
    #complain;
    #tell;
    #rows = new Map(); // name -> SceneRow
    #deleted = new Map(); // name -> {element, timer}
    #scenes = new Map();
    #last = ''; // recalled last
    #wanted = null; // name of a scene that gets the focus as soon as it is there
    #ends = [];
    #name;
    #keep = make('button', { type: 'submit', className: 'main' }, 'Keep');
    #hint = make('p', { className: 'hint', id: 'keep-hint' });
    #fade;
    #recalled = Promise.resolve();
    #beside = make('input', { type: 'checkbox', id: 'scene-beside' });
    #outcome = make('div', { className: 'outcome', role: 'status' });
    #list = make('ul', { className: 'rows', id: 'scenes' });
    #empty = make('p', { className: 'empty' }, 'None yet. Keep what plays now, or drop a file here.');

    constructor({ farfield, complain, tell }) {
        this.element = this.#make();
        this.#farfield = farfield;
        this.#complain = complain;
        this.#tell = tell;
        takeDrops(this.element, (files) => this.#import(files));
    }

    show() {
        this.#ends = [
            this.#farfield.watch('scenes', (scenes) => this.#render(scenes)),
            this.#farfield.on('scene.recalled', ({ name }) => {
                this.#last = name;
                this.#mark();
            }),
        ];
    }

    hide() {
        for (const end of this.#ends.splice(0)) end();
    }

    #make() {
        this.#name = make('input', { type: 'text', id: 'scene-name', maxLength: 100, required: true,
            autocomplete: 'off', 'aria-describedby': 'keep-hint', oninput: () => this.#advise() });
        this.#fade = make('input', { type: 'number', id: 'scene-fade', min: 0, max: 600, step: 'any',
            value: recall('fade', FADE),
            onchange: () => keep('fade', this.#fade.value) });
        const file = make('input', { type: 'file', accept: '.json,application/json', multiple: true,
            hidden: true, id: 'scene-file', onchange: () => {
                this.#import([...file.files]);
                file.value = '';
            } });
        this.#advise();
        return make('section', { className: 'card scenes', 'aria-labelledby': 'scenes-title' },
            make('header', {}, make('h2', { id: 'scenes-title' }, 'Scenes'),
                make('button', { type: 'button', onclick: () => file.click() }, 'Import'), file),
            make('form', { className: 'line', onsubmit: (event) => this.#onKeep(event) },
                make('label', { htmlFor: 'scene-name' }, 'Keep what plays as'), this.#name, this.#keep),
            this.#hint,
            make('div', { className: 'line' },
                make('label', { htmlFor: 'scene-fade' }, 'Recall with a fade of'), this.#fade,
                make('span', {}, 's'),
                make('label', { className: 'check' }, this.#beside, 'beside what plays')),
            this.#outcome, this.#list, this.#empty);
    }

    #advise() {
        const isKnown = this.#scenes.has(this.#name.value.trim());
        write(this.#keep, isKnown ? 'Replace' : 'Keep');
        write(this.#hint, isKnown ? 'There is a scene of this name: it will be replaced.'
            : 'Groups, synths, controls, buses and buffers, as they are now.');
    }

    #render(scenes) {
        this.#scenes = scenes;
        const names = [...scenes.keys()].sort((a, b) => a.localeCompare(b));
        const actions = {
            recall: (name) => this.#recall(name),
            rename: (name, to) => this.#rename(name, to),
            save: (name) => this.#save(name),
            remove: (name) => this.#remove(name),
        };
        const rows = new Map();
        for (const name of names) {
            const row = this.#rows.get(name) ?? new SceneRow(scenes.get(name), actions);
            row.update(scenes.get(name));
            rows.set(name, row);
            if (this.#deleted.has(name)) this.#forget(name); // it is there again
        }
        this.#rows = rows;
        const all = [...names.map((name) => [name, rows.get(name).element]),
            ...[...this.#deleted].map(([name, { element }]) => [name, element])]
            .sort(([a], [b]) => a.localeCompare(b));
        arrangeRows(this.#list, all.map(([, element]) => element), this.#name);
        this.#focusWanted();
        this.#empty.hidden = all.length > 0;
        this.#mark();
        this.#advise();
    }

    #focusWanted() {
        const row = this.#rows.get(this.#wanted);
        if (!row) return;
        this.#wanted = null;
        row.focus();
    }

    #mark() {
        for (const [name, row] of this.#rows) row.isLast = name === this.#last;
    }

    // Does something with the server, and tells what went wrong; whether it went well.
    async #try(what, act) {
        try {
            await act();
            return true;
        } catch (error) {
            this.#complain(new Error(`${what}: ${error.message}`));
            return false;
        }
    }

    #onKeep(event) {
        event.preventDefault();
        const name = this.#name.value.trim();
        if (!name) return;
        this.#try(`“${name}” was not kept`, async () => {
            const { left_out: left } = await this.#farfield.call('scene.put', { name });
            this.#tell(`“${name}” is kept.${left ? ` Left out: ${left} that end by themselves.` : ''}`);
            this.#name.value = '';
            this.#advise();
        });
    }

    #recall(name) {
        const fade = this.#fade.valueAsNumber || 0;
        this.#outcome.replaceChildren();
        const mode = this.#beside.checked ? 'add' : 'replace';
        // One after another: what replaces a scene must find the nodes of that.
        this.#recalled = this.#recalled.then(() =>
            this.#try(`“${name}” was not recalled`, () => this.#bringBack({ name, mode, fade })));
    }

    async #bringBack(wish) {
        const { nodes, skipped = [], failed = 0 } = await this.#farfield.call('scene.recall', wish);
        this.#tell(`“${wish.name}” is recalled: ${counted(nodes.length, 'node') || 'silence'}.`);
        const left = skipped.map((control) =>
            `${control}: the SynthDef has no such control any more, or a smaller one`);
        if (failed) left.push(`${failed} of its steps, which the sound server refused`);
        if (left.length === 0) return;
        this.#outcome.append(make('p', {}, `Of “${wish.name}” this could not be brought back:`),
            make('ul', {}, ...left.map((words) => make('li', {}, words))));
    }

    #rename(name, to) {
        if (this.#scenes.has(to)) {
            this.#complain(new Error(`There is a scene “${to}” already.`));
            return false;
        }
        return this.#try(`“${name}” was not renamed`, async () => {
            await this.#farfield.call('scene.rename', { name, to });
            this.#wanted = to;
            this.#focusWanted();
        });
    }

    #save(name) {
        this.#try(`“${name}” was not exported`, async () =>
            saveScene(name, await this.#farfield.call('scene.show', { name })));
    }

    #remove(name) {
        this.#try(`“${name}” was not deleted`, async () => {
            const { scene } = await this.#farfield.call('scene.show', { name });
            const undo = () => this.#try(`“${name}” was not brought back`, async () => {
                await this.#farfield.call('scene.put', { name, scene });
                this.#wanted = name;
                this.#focusWanted();
            });
            const element = deletedRow(name, undo);
            const timer = setTimeout(() => {
                this.#forget(name);
                this.#render(this.#scenes);
            }, UNDO);
            this.#deleted.set(name, { element, timer });
            await this.#farfield.call('scene.delete', { name }).catch((error) => {
                this.#forget(name);
                throw error;
            });
            element.querySelector('button')?.focus();
        });
    }

    #forget(name) {
        clearTimeout(this.#deleted.get(name)?.timer);
        this.#deleted.delete(name);
    }

    async #import(files) {
        for (const file of files) {
            await this.#try(`“${file.name}” was not imported`, async () => {
                const { name, scene } = await readScene(file);
                const free = this.#free(name);
                await this.#farfield.call('scene.put', { name: free, scene });
                this.#tell(`“${free}” is imported.`);
            });
        }
    }

    // A name that no scene has: "morning", "morning 2" ...
    #free(name) {
        let free = name;
        for (let i = 2; this.#scenes.has(free); i++) free = `${name} ${i}`;
        return free;
    }
}
