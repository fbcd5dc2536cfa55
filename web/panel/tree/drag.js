// SPDX-License-Identifier: GPL-3.0-or-later
// A row is taken by a pointer and put before, behind or into another one.

const START = 6; // px until a press is a drag
const EDGE = 48; // px at the window's edges where it scrolls
const SCROLL = 12; // px a frame

export class RowDrag {
    #list;
    #on;
    #from = null; // row element
    #pointer = null;
    #at = { x: 0, y: 0 };
    #isDragging = false;
    #goal = null; // {row, action}
    #frame = 0;

    // `on` has mayTake(id), mayDrop(id, target, action), drop(id, target, action), and
    // end() after each drag, whatever came of it.
    constructor(list, on) {
        this.#list = list;
        this.#on = on;
        list.addEventListener('pointerdown', (event) => this.#onDown(event));
        list.addEventListener('pointermove', (event) => this.#onMove(event));
        list.addEventListener('pointerup', (event) => this.#onEnd(event, true));
        list.addEventListener('pointercancel', (event) => this.#onEnd(event, false));
        addEventListener('keydown', (event) => {
            if (event.key !== 'Escape' || !this.#isDragging) return;
            event.stopImmediatePropagation(); // no half of a panic
            this.#end();
        }, { capture: true });
    }

    get isDragging() {
        return this.#isDragging;
    }

    // A finger drags by the handle, so that it can scroll by all else.
    #onDown(event) {
        const row = event.target.closest('[data-row]');
        if (!row || event.button !== 0 || event.target.closest('button, .twist')) return;
        if (event.pointerType === 'touch' && !event.target.closest('.handle')) return;
        if (!this.#on.mayTake(Number(row.dataset.row))) return;
        this.#from = row;
        this.#pointer = event.pointerId;
        this.#at = { x: event.clientX, y: event.clientY };
    }

    #onMove(event) {
        if (event.pointerId !== this.#pointer) return;
        // Let go outside of the list, before it was a drag.
        if (event.buttons === 0) {
            this.#end();
            return;
        }
        const { clientX: x, clientY: y } = event;
        if (!this.#isDragging) {
            if (Math.hypot(x - this.#at.x, y - this.#at.y) < START) return;
            this.#isDragging = true;
            this.#list.setPointerCapture(this.#pointer);
            this.#list.classList.add('dragging');
            this.#from.classList.add('taken');
            this.#frame = requestAnimationFrame(() => this.#scroll());
        }
        this.#at = { x, y };
        this.#aim();
    }

    #aim() {
        const { x, y } = this.#at;
        const row = document.elementFromPoint(x, y)?.closest('[data-row]');
        const id = Number(this.#from.dataset.row);
        let goal = null;
        if (row && row !== this.#from && this.#list.contains(row)) {
            const { top, height } = row.getBoundingClientRect();
            const part = (y - top) / height;
            const isGroup = row.classList.contains('group');
            const wanted = isGroup && part > 0.3 && (part < 0.7 || row.ariaExpanded === 'true')
                ? 'head' : part < 0.5 ? 'before' : 'after';
            const target = Number(row.dataset.row);
            if (this.#on.mayDrop(id, target, wanted)) goal = { row, action: wanted };
        }
        this.#show(goal);
    }

    #show(goal) {
        if (this.#goal?.row === goal?.row && this.#goal?.action === goal?.action) return;
        if (this.#goal) delete this.#goal.row.dataset.drop;
        if (goal) goal.row.dataset.drop = goal.action;
        this.#goal = goal;
    }

    #scroll() {
        const { y } = this.#at;
        const by = y < EDGE * 3 ? -SCROLL : y > innerHeight - EDGE ? SCROLL : 0;
        if (by) {
            scrollBy(0, by);
            this.#aim();
        }
        this.#frame = requestAnimationFrame(() => this.#scroll());
    }

    #onEnd(event, isDropped) {
        if (event.pointerId !== this.#pointer) return;
        const goal = isDropped ? this.#goal : null;
        const from = Number(this.#from.dataset.row);
        this.#end();
        if (goal) this.#on.drop(from, Number(goal.row.dataset.row), goal.action);
    }

    #end() {
        cancelAnimationFrame(this.#frame);
        this.#show(null);
        this.#list.classList.remove('dragging');
        this.#from?.classList.remove('taken');
        if (this.#isDragging && this.#list.hasPointerCapture(this.#pointer)) {
            this.#list.releasePointerCapture(this.#pointer);
        }
        this.#from = this.#pointer = null;
        if (!this.#isDragging) return;
        this.#isDragging = false;
        this.#on.end();
    }
}
