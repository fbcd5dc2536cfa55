// SPDX-License-Identifier: GPL-3.0-or-later
// The Farfield of this page: nodes, SynthDefs, rooms and status are kept as long as the page is
// open, since several views show them, and told of by events.
//
// Events: `connection` (detail: its state; also when all of it is known), `synthdefs`, `nodes` (the
// list), `node` (detail: one that changed), `server`, `room` (detail: its name) and `meter` (detail:
// {room, peak, rms}).
import { Farfield } from '../client/farfield.js';

const KINDS = ['nodes', 'synthdefs', 'rooms', 'server'];

function event(type, detail = null) {
    return new CustomEvent(type, { detail });
}

export class KeptFarfield extends Farfield {
    #known = new Set(); // of KINDS, since the connection opened

    constructor(base, options) {
        super(base, options);
        this.on('connection', (state) => state === 'open' || this.#known.clear());
        for (const kind of KINDS) {
            this.watch(kind, (value, change) => {
                this.#tell(kind, value, change);
                if (change || this.#known.has(kind)) return;
                this.#known.add(kind);
                if (this.synced) this.dispatchEvent(event('connection', this.connection));
            });
        }
        this.on('meter', (meter) => this.dispatchEvent(event('meter', meter)));
    }

    // Whether all is known.
    get synced() {
        return this.#known.size === KINDS.length;
    }

    #tell(kind, value, change) {
        if (kind === 'rooms') {
            const names = change ? [change.key] : [...value.keys()];
            for (const name of names) this.dispatchEvent(event('room', name));
        } else if (kind === 'nodes' && change?.value && change.before) {
            this.dispatchEvent(event('node', change.value));
        } else this.dispatchEvent(event(kind));
    }

    play(synthdef, controls = {}) {
        return this.commands.synth.new({ synthdef, controls });
    }

    set(id, controls) {
        return this.commands.node.set({ id, controls });
    }

    // Lets it ring out, where it can.
    release(id) {
        return this.commands.node.release({ id });
    }

    // At once, in the middle of its sound.
    free(id) {
        return this.commands.node.free({ id });
    }

    panic() {
        return this.commands.server.panic();
    }
}
