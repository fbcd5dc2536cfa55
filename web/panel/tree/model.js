// SPDX-License-Identifier: GPL-3.0-or-later
// The tree as scsynth runs it: which node comes after which.
//
// Event: `nodes`, when any of this may answer otherwise.

export class TreeModel extends EventTarget {
    #farfield;

    constructor(farfield) {
        super();
        this.#farfield = farfield;
        farfield.watch('nodes', () => this.dispatchEvent(new Event('nodes')));
    }

    get(id) {
        return this.#farfield.nodes.get(id);
    }

    // Ids of what is in a group, in the order in which scsynth runs them.
    children(id) {
        return this.#farfield.children(id);
    }

    // The group that a node is in, null of the root.
    parent(id) {
        return this.get(id)?.parent ?? null;
    }

    isWithin(id, group) {
        for (let at = id; at !== null; at = this.parent(at)) {
            if (at === group) return true;
        }
        return false;
    }
}
