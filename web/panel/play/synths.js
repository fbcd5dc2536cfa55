// SPDX-License-Identifier: GPL-3.0-or-later
// The synths that run, whoever started them. However many there are, a frame does little: what
// changes is shown once in a frame, what is out of sight when it comes into sight, and controls
// are made a few at a time.
import { arrange, make } from '../elements.js';
import { Builder, OncePerFrame } from '../frames.js';
import { sameDef } from './same.js';
import { Scale } from './scale.js';
import { Synth } from './synth.js';

const NEAR = '300px'; // of what is seen, where cards are kept up to date
const BUDGET = 4; // ms of a frame for new cards
const AT_ONCE = 2; // new synths that are built in the frame that shows them
const HELD = /^held-[a-z0-9]+-\d+$/; // what a key holds comes and goes too fast for a card

export class SynthList {
    #farfield;
    #heard;
    #context;
    #synths = new Map(); // id -> Synth
    #changed = new Set(); // ids
    #near = new Set(); // ids of those that are seen, or almost
    #builder = new Builder();
    #jobs = new Map(); // id -> its job of building
    #isShown = false;
    #quota = 0; // synths that may still be built in this frame
    #isDue = true; // the list itself has changed
    #list = make('div', { id: 'synths' });
    #empty = make('p', { id: 'no-synths', className: 'empty' },
        'Nothing sounds. What you or anyone else starts appears here.');
    #count = make('span', { id: 'synth-count' });
    #title = make('h2', { id: 'synths-title', tabIndex: -1 }, 'Playing ', this.#count);
    #frame = new OncePerFrame(() => this.#draw());
    #sight = new IntersectionObserver((entries) => this.#onSight(entries), { rootMargin: NEAR });

    // `context` is what a Synth needs, with midi.
    constructor(farfield, heard, context, tools) {
        this.#farfield = farfield;
        this.#heard = heard;
        this.#context = context;
        this.element = make('section', { className: 'playing', 'aria-labelledby': 'synths-title' },
            make('div', { className: 'playing-head' },
                this.#title, tools),
            this.#list, this.#empty);
        farfield.watch('nodes', (nodes, change) => {
            if (change?.value && change.before) this.#changed.add(change.key);
            else this.#isDue = true;
            this.#ask();
        });
        farfield.watch('synthdefs', () => {
            this.#isDue = true;
            this.#ask();
        });
        heard.addEventListener('nodes', () => this.#ask());
        context.holds.addEventListener('held', ({ detail }) =>
            this.#synths.get(detail)?.showHolders());
        context.midi.addEventListener('learned', () => this.#each((synth) => synth.showLearned()));
        context.midi.addEventListener('turn', ({ detail: { synthdef, parameter, position } }) =>
            this.#turn(synthdef, parameter, position));
    }

    show() {
        this.#isShown = true;
        this.#ask();
    }

    hide() {
        this.#isShown = false;
    }

    showFaces() {
        this.#each((synth) => synth.isBuilt && synth.showFaces());
    }

    #each(callback) {
        for (const synth of this.#synths.values()) callback(synth);
    }

    // What a MIDI controller turns is turned whether it is shown or not.
    #turn(synthdef, name, position) {
        const { nodes, synthdefs } = this.#farfield;
        const parameter = synthdefs.get(synthdef)?.parameters.find((each) => each.name === name);
        if (!Number.isFinite(parameter?.min) || !Number.isFinite(parameter.max)) return;
        const value = new Scale(parameter).value(position);
        for (const node of nodes.values()) {
            if (node.synthdef !== synthdef || !this.#shows(node)) continue;
            const card = this.#synths.get(node.id);
            if (card?.isBuilt) card.turn(name, position);
            else this.#context.set(node.id, name, value);
        }
    }

    #ask() {
        if (this.#isShown) this.#frame.ask();
    }

    #draw() {
        if (this.#isDue) {
            this.#isDue = false;
            this.#arrange();
            if (this.#isDue) this.#ask();
        }
        for (const id of this.#changed) {
            if (!this.#near.has(id) && this.#synths.has(id)) continue; // when it is seen
            this.#changed.delete(id);
            const node = this.#farfield.nodes.get(id);
            if (node) this.#synths.get(id)?.update(node);
        }
        for (const [id, { element }] of this.#synths) {
            element.classList.toggle('heard', this.#heard.hears(id));
        }
    }

    // What ends by itself soon is shown on the SynthDef's own button.
    #shows({ kind, system, synthdef, name }) {
        return kind === 'synth' && !system && !HELD.test(name ?? '') &&
            !this.#farfield.synthdefs.get(synthdef)?.one_shot;
    }

    #arrange() {
        const nodes = [...this.#farfield.nodes.values()].filter((node) => this.#shows(node))
            .sort((a, b) => b.id - a.id);
        const next = this.#cards(nodes);
        this.#keepFocus(next);
        for (const [id, synth] of this.#synths) if (next.get(id) !== synth) this.#forget(id, synth);
        this.#synths = next;
        arrange(this.#list, [...next.values()].map(({ element }) => element));
        this.#empty.hidden = nodes.length > 0;
        this.#count.textContent = nodes.length || '';
    }

    // A card for each node: new ones only as long as the frame has time, the rest in the next.
    #cards(nodes) {
        const until = performance.now() + BUDGET;
        const cards = new Map();
        this.#quota = AT_ONCE;
        for (const node of nodes) {
            if (!this.#synths.has(node.id) && performance.now() > until) this.#isDue = true;
            else cards.set(node.id, this.#synthOf(node));
        }
        return cards;
    }

    #synthOf(node) {
        const def = this.#farfield.synthdefs.get(node.synthdef);
        const known = this.#synths.get(node.id);
        if (known && sameDef(known.def, def)) {
            this.#changed.add(node.id);
            return known;
        }
        const synth = new Synth(node, def, this.#context);
        this.#builder.drop(this.#jobs.get(node.id));
        this.#jobs.delete(node.id);
        if (this.#quota-- > 0) synth.build();
        else this.#buildLater(node.id, synth);
        this.#sight.observe(synth.element);
        return synth;
    }

    #buildLater(id, synth) {
        const job = () => {
            this.#jobs.delete(id);
            synth.build();
            const node = this.#farfield.nodes.get(id);
            if (node) synth.update(node);
        };
        this.#jobs.set(id, job);
        this.#builder.add(job);
    }

    #forget(id, synth) {
        this.#sight.unobserve(synth.element);
        const isGone = !this.#farfield.nodes.has(id);
        synth.end(isGone);
        if (!isGone) return; // it has another card by now
        this.#builder.drop(this.#jobs.get(id));
        this.#jobs.delete(id);
        this.#near.delete(id);
        this.#changed.delete(id);
    }

    #onSight(entries) {
        for (const { target, isIntersecting } of entries) {
            const id = Number(target.dataset.node);
            if (isIntersecting) {
                this.#near.add(id);
                if (this.#jobs.has(id)) this.#builder.hurry(this.#jobs.get(id));
            } else this.#near.delete(id);
        }
        this.#ask();
    }

    // Who stops one synth after another by keyboard stays in the list; after the last one the next
    // press must start nothing.
    #keepFocus(next) {
        const focused = [...this.#synths.values()]
            .find((synth) => synth.element.contains(document.activeElement));
        if (!focused || next.has(focused.id)) return;
        const ids = [...this.#synths.keys()];
        const after = ids.slice(ids.indexOf(focused.id) + 1).find((id) => next.has(id)) ??
            [...next.keys()].at(-1);
        const target = next.get(after)?.stop ?? this.#title;
        queueMicrotask(() => target.focus());
    }
}
