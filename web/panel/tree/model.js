// SPDX-License-Identifier: GPL-3.0-or-later
// The tree as scsynth runs it: which node comes after which. Events tell of nodes but not of their
// order among siblings, so the list is asked for again, not more often than is good.
//
// Event: `order`, when children() may answer otherwise.

const LEAST = 250; // ms from one list to the next

export class TreeModel extends EventTarget {
    #farfield;
    #children = new Map(); // group -> [ids]
    #parents = new Map(); // id -> group
    #seen = new Map(); // id -> what was known of it, as text
    #isShown = false;
    #isAsking = false;
    #isStale = true;
    #askedAt = -Infinity;

    constructor(farfield) {
        super();
        this.#farfield = farfield;
        farfield.watch('nodes', (nodes, change) => {
            if (change?.value && change.before) this.#onNode(change.value);
            else this.#onNodes();
        });
    }

    show() {
        this.#isShown = true;
        this.#isStale = true;
        this.refresh();
    }

    hide() {
        this.#isShown = false;
    }

    get(id) {
        return this.#farfield.nodes.get(id);
    }

    // Ids of what is in a group, in the order in which scsynth runs them.
    children(id) {
        return this.#children.get(id) ?? [];
    }

    // The group that a node is in, null of the root.
    parent(id) {
        return this.#parents.get(id) ?? this.get(id)?.parent ?? null;
    }

    isWithin(id, group) {
        for (let at = id; at !== null; at = this.parent(at)) {
            if (at === group) return true;
        }
        return false;
    }

    // Asks for the order again, soon.
    refresh() {
        this.#isStale = true;
        if (!this.#isShown || this.#isAsking) return;
        this.#isAsking = true;
        setTimeout(() => this.fetch(), Math.max(0, this.#askedAt + LEAST - performance.now()));
    }

    // Asks for the order now; resolves when it is known.
    async fetch() {
        this.#askedAt = performance.now();
        this.#isStale = false;
        try {
            const { nodes } = await this.#farfield.call('node.list');
            this.#children = new Map();
            this.#parents = new Map();
            this.#seen = new Map(nodes.map((node) => [node.id, JSON.stringify(node)]));
            for (const { id, parent } of nodes) this.#append(parent, id);
            this.dispatchEvent(new Event('order'));
        } catch {
            // The connection went: the next list of nodes brings us back.
        }
        this.#isAsking = false;
        if (this.#isStale) this.refresh();
    }

    #append(parent, id) {
        if (parent === null) return;
        this.#parents.set(id, parent);
        if (!this.#children.has(parent)) this.#children.set(parent, []);
        this.#children.get(parent).push(id);
    }

    // Until the list is there: what is new comes first, as scsynth puts it unless told otherwise.
    #onNodes() {
        const { nodes } = this.#farfield;
        for (const [parent, ids] of this.#children) {
            this.#children.set(parent, ids.filter((id) => nodes.get(id)?.parent === parent));
        }
        const known = new Set([...this.#children.values()].flat());
        let isNew = false;
        for (const { id, parent } of nodes.values()) {
            if (parent === null || known.has(id)) continue;
            isNew = true;
            this.#parents.set(id, parent);
            this.#children.set(parent, [id, ...this.children(parent)]);
        }
        this.dispatchEvent(new Event('order'));
        if (isNew) this.refresh();
    }

    // Told again without a change of its own, it has another place.
    #onNode(node) {
        if (!this.#isShown) return;
        const text = JSON.stringify(node);
        const before = this.#seen.get(node.id);
        this.#seen.set(node.id, text);
        if (before === text || !this.children(node.parent).includes(node.id)) this.refresh();
    }
}
