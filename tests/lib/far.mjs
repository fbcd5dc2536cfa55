// SPDX-License-Identifier: GPL-3.0-or-later
// A machine far away: a network namespace behind a cable of its own, whose addresses can be changed,
// and programs and native listeners that live there.
import { execFileSync, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { within } from './wait.mjs';

const HERE = fileURLToPath(new URL('far_listener.mjs', import.meta.url));
const opened = new Set();
let made = 0;
process.on('exit', () => { for (const far of opened) far.forget(); });

function ip(...args) {
    return execFileSync('ip', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

// Why there can be none here, or false: it takes root, and a kernel that lets it.
export function cannotGoFar() {
    const name = `ff${process.pid}x`;
    try {
        ip('netns', 'add', name);
        ip('netns', 'del', name);
        return false;
    } catch (error) {
        return `no network namespace: ${String(error.stderr ?? error).trim()}`;
    }
}

class FarListener {
    #next = 1;
    #waiting = new Map();

    constructor(child) {
        this.child = child;
        createInterface({ input: child.stdout }).on('line', (line) => {
            const { id, result, error } = JSON.parse(line);
            const { done, fail } = this.#waiting.get(id);
            this.#waiting.delete(id);
            if (error) fail(new Error(error));
            else done(result);
        });
        child.on('exit', () => {
            for (const { fail } of this.#waiting.values()) fail(new Error('it has ended'));
        });
    }

    // Does one of far_listener.mjs' things there.
    ask(what, options = {}) {
        const id = this.#next++;
        this.child.stdin.write(`${JSON.stringify({ id, what, ...options })}\n`);
        return within(what, 30000,
            new Promise((done, fail) => { this.#waiting.set(id, { done, fail }); }));
    }

    end() {
        this.child.kill('SIGKILL');
    }
}

export class Far {
    // `net` is the number of its network: 10.77.NET.1 here and .2 there, or fd77:NET::1 and ::2.
    // Here is `behind`, another Far, where there is one: nothing is forwarded through that.
    constructor({ net = process.pid % 250, family = 4, behind = null } = {}) {
        made++;
        this.family = family;
        this.name = `ff${process.pid}f${made}`;
        this.cable = `ff${process.pid}a${made}`;
        this.end = `ff${process.pid}b${made}`;
        this.where = behind ? ['-n', behind.name] : [];
        this.prefix = family === 4 ? `10.77.${net}.` : `fd77:${net}::`;
        this.length = family === 4 ? 24 : 64;
        this.children = [];
        opened.add(this);
        ip('netns', 'add', this.name);
        ip(...this.where, 'link', 'add', this.cable, 'type', 'veth', 'peer', 'name', this.end,
            'netns', this.name);
        this.#add(this.where, this.cable, 1);
        ip(...this.where, 'link', 'set', this.cable, 'up');
        ip('-n', this.name, 'link', 'set', 'lo', 'up');
        ip('-n', this.name, 'link', 'set', this.end, 'up');
        this.addAddress(2);
    }

    #add(where, device, number) {
        ip(...where, 'addr', 'add', `${this.prefix}${number}/${this.length}`, 'dev', device,
            ...(this.family === 6 ? ['nodad'] : []));
    }

    // Our own address as it is seen from there, and as it goes into an address of the web.
    get here() {
        return `${this.prefix}1`;
    }

    get host() {
        return this.family === 6 ? `[${this.here}]` : this.here;
    }

    addAddress(number) {
        this.#add(['-n', this.name], this.end, number);
    }

    removeAddress(number) {
        ip('-n', this.name, 'addr', 'del', `${this.prefix}${number}/${this.length}`, 'dev', this.end);
    }

    // As child_process.spawn(), there.
    spawn(command, args, options) {
        return spawn('ip', ['netns', 'exec', this.name, command, ...args], options);
    }

    // A listener there, which has not joined yet.
    listener() {
        const child = this.spawn(process.execPath, [HERE], { stdio: ['pipe', 'pipe', 'inherit'] });
        const listener = new FarListener(child);
        this.children.push(listener);
        return listener;
    }

    forget() {
        if (!opened.delete(this)) return;
        for (const child of this.children) child.end();
        for (const args of [['netns', 'del', this.name],
            [...this.where, 'link', 'del', this.cable]]) {
            try {
                ip(...args);
            } catch {
                // its other end has taken it along
            }
        }
    }
}
