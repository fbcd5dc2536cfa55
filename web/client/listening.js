// SPDX-License-Identifier: GPL-3.0-or-later
// Hearing a room, by the best path that there is. Paths are a ladder: WebRTC, Opus packets by
// WebSocket, WebM, plain samples. When a rung does not carry, the next is tried while it still may;
// from a lower rung the higher ones are tried again now and then. A path is left only when another
// one sounds, by a cross-fade, or when nothing comes by it any more. None needs the control
// connection once it sounds.
//
// Events: `state` (detail: "idle", "connecting", "connected" or "lost"), `path` (what is heard now
// has changed: see `path`) and `stats` (detail: as the paths' stats()).
import { ServerClock } from './clock.js';
import { Output, outputDelay } from './output.js';
import { Rates } from './rates.js';
import { SampleOutput } from './samples.js';
import { tell } from './tell.js';

const LIMIT = 15000; // ms that a path may take until it sounds
const STALL = 1500; // ms without a packet after which another path is looked for
const LOST = 4000; // ms without a packet after which the sound is said to be lost
const ASLEEP = 5000; // ms without a look at the clock: the machine slept
const RETRY = [0, 100, 100, 200, 200, 200, 200, 400, 800, 1600]; // ms, after all rungs have failed
const CLIMB = [3000, 10000, 20000, 30000]; // ms until the rungs above are tried again
const LOOK = 500; // ms
const REPORT = 5000; // ms

const clamp = (value, most) => Math.min(most, Math.max(0, value));

// Resolves after so many milliseconds, or when `signal` says so.
function sleep(ms, signal) {
    return new Promise((resolve) => {
        const done = () => {
            clearTimeout(timer);
            signal.removeEventListener('abort', done);
            resolve();
        };
        const timer = setTimeout(done, ms);
        signal.addEventListener('abort', done);
    });
}

export class Listening extends EventTarget {
    #rpc;
    #room;
    #ladder;
    #mode = 'automatic';
    #wanted = false;
    #search = 0; // which search goes on; a later one makes those before end
    #isUrgent = false; // it goes on since what is heard is not what it should be
    #current = null; // the attempt that is heard
    #attempts = new Set(); // those that are not heard yet
    #failures = 0; // searches in a row that found nothing
    #climbs = 0;
    #timer = 0;
    #watching = null; // an AbortController, while it is wanted
    #packets = -1;
    #packetsAt = 0;
    #lookedAt = Date.now();
    #reportedAt = 0;
    #reported = {}; // what the last report was made of
    #rates = new Rates();
    clock;
    output;
    state = 'idle';
    stats = null;
    error = '';

    // `kinds` are the rungs that may be used, all by default. With `onsamples` a program gets the
    // sound instead of the loudspeakers: {left, right, rate}; by WebRTC where `wrtc` is handed in,
    // the package @roamhq/wrtc.
    constructor(rpc, { room = 'main', kinds, onsamples, wrtc } = {}) {
        super();
        this.#rpc = rpc;
        this.#room = room;
        this.#ladder = async (mode) => (onsamples
            ? (await import('./sample-paths.js')).sampleLadder(mode, kinds, wrtc)
            : (await import('./ladder.js')).ladder(mode, kinds));
        this.output = onsamples ? new SampleOutput(onsamples) : new Output();
        this.clock = new ServerClock(rpc);
    }

    // To be called from a press of a button. After the connection was closed nothing comes of it.
    start() {
        if (this.#wanted) return;
        if (this.#rpc.state === 'closed') {
            this.error = 'the connection was closed';
            return;
        }
        this.#wanted = true;
        this.#failures = this.#climbs = 0;
        this.output.wake();
        this.clock.start();
        this.#watch();
        this.#setState('connecting');
        this.#seek();
    }

    // Looks after what is heard until stop().
    #watch() {
        this.#watching = new AbortController();
        const { signal } = this.#watching;
        this.#rpc.addEventListener('state', ({ detail }) => {
            if (detail === 'open' && !this.#current) this.#seek();
            if (detail === 'closed') this.stop();
        }, { signal });
        const recover = () => this.#recover();
        globalThis.addEventListener?.('online', recover, { signal });
        globalThis.navigator?.connection?.addEventListener?.('change', recover, { signal });
        this.#lookedAt = Date.now();
        const timer = setInterval(() => this.#look(), LOOK);
        signal.addEventListener('abort', () => clearInterval(timer));
    }

    async stop() {
        if (!this.#wanted) return;
        this.#wanted = false;
        this.#search++;
        this.#watching.abort();
        this.clock.stop();
        clearTimeout(this.#timer);
        const { path } = this.#current ?? {};
        this.#current = this.stats = null;
        for (const attempt of this.#attempts) this.#abandon(attempt);
        this.#setState('idle');
        await this.output.silence();
        path?.stop();
        if (!this.#wanted) this.output.stop();
    }

    get mode() {
        return this.#mode;
    }

    // "automatic", "lowest", "balanced" or "safe"; may change while it sounds.
    set mode(mode) {
        if (mode === this.#mode) return;
        this.#mode = mode;
        this.#failures = this.#climbs = 0;
        if (this.#wanted) this.#seek();
    }

    // {kind, mode, reason} of what is heard, or null: the reason for which it is not what was asked.
    get path() {
        if (!this.#current) return null;
        const { kind, mode } = this.#current.path;
        return { kind, mode, reason: this.#current.reason };
    }

    // Seconds from capture to the ear, null while unknown.
    get delay() {
        return this.stats?.delay ?? null;
    }

    // How it arrives, measured half a second ago at most; null while nothing is heard. README.md
    // has the members and their units.
    getAudioStats() {
        return this.stats;
    }

    // Goes down the ladder until something sounds. What sounds already goes on meanwhile; `below`
    // is the rung that it holds, where only those above are of interest.
    // Where it is a `retry`, what was tried and may still come is not begun anew.
    async #seek(below = Infinity, retry = false) {
        const search = ++this.#search;
        this.#isUrgent = below === Infinity;
        clearTimeout(this.#timer);
        for (const attempt of this.#attempts) {
            if (retry && performance.now() < attempt.due) attempt.search = search;
            else this.#abandon(attempt);
        }
        const rungs = await this.#rungs(below);
        if (search !== this.#search) return;
        for (const [order, rung] of rungs.entries()) {
            const attempt = [...this.#attempts].find((other) => other.order === order) ??
                this.#attempt(rung, order, search);
            const patience = sleep(rung.patience, this.#watching.signal);
            const outcome = await Promise.race([attempt.outcome, patience]);
            if (search !== this.#search) return;
            if (this.#current?.search === search) break;
            if (outcome?.isAway) break; // the other doors are the same process's
        }
        if (this.#isUrgent) this.#retryLater(search);
        else this.#climbLater();
    }

    // The paths are fetched when somebody first listens: a page that never does needs none.
    async #rungs(below) {
        try {
            return (await this.#ladder(this.#mode)).slice(0, below);
        } catch (error) {
            this.error = error.message;
            return [];
        }
    }

    #attempt(rung, order, search) {
        const due = performance.now() + 2 * rung.patience;
        const attempt = { order, search, due, reason: rung.reason, path: null };
        this.#attempts.add(attempt);
        attempt.outcome = this.#try(attempt, rung);
        return attempt;
    }

    // Resolves when it sounds or has failed; to {isAway: true} where the server cannot now.
    async #try(attempt, rung) {
        const { context } = this.output;
        const alarm = setTimeout(() => this.#abandon(attempt), LIMIT);
        try {
            const path = rung.make({ rpc: this.#rpc, room: this.#room, context });
            attempt.path = path;
            path.addEventListener('lost', ({ detail }) => this.#onLost(attempt, detail));
            await path.start();
            if (this.#attempts.has(attempt)) this.#switchTo(attempt);
            return {};
        } catch (error) {
            if (this.#attempts.has(attempt)) this.error = error.message;
            this.#abandon(attempt);
            return { isAway: error.data?.status === 503 };
        } finally {
            clearTimeout(alarm);
        }
    }

    async #switchTo(attempt) {
        const before = this.#current;
        this.#attempts.delete(attempt);
        this.#current = attempt;
        this.#isUrgent = false;
        this.#failures = 0;
        if (attempt.order === 0) this.#climbs = 0;
        this.#packets = -1;
        this.#packetsAt = performance.now();
        this.#rates = new Rates();
        this.error = '';
        for (const other of this.#attempts) {
            if (other.order > attempt.order) this.#abandon(other);
        }
        const faded = this.output.play(attempt.path.node);
        this.#setState('connected');
        this.dispatchEvent(new Event('path'));
        await faded;
        before?.path.stop();
    }

    #abandon(attempt) {
        if (this.#attempts.delete(attempt)) attempt.path?.stop();
    }

    #onLost(attempt, reason) {
        if (attempt !== this.#current) return this.#abandon(attempt);
        this.error = reason;
        this.#current = this.stats = null;
        this.#setState('lost');
        attempt.path.stop();
        this.output.silence();
        this.#seek();
        return undefined;
    }

    #retryLater(search) {
        const wait = RETRY[Math.min(this.#failures++, RETRY.length - 1)];
        this.#timer = setTimeout(() => {
            if (!this.#wanted || search !== this.#search) return;
            if (this.#isUrgent) this.#seek(Infinity, true);
            else this.#climbLater(); // one of them sounds after all
        }, wait);
    }

    #climbLater() {
        if (!this.#current || this.#current.order === 0) return;
        const wait = CLIMB[Math.min(this.#climbs++, CLIMB.length - 1)];
        clearTimeout(this.#timer);
        this.#timer = setTimeout(() => {
            if (this.#current) this.#seek(this.#current.order);
        }, wait);
    }

    // The network is another one.
    #recover() {
        this.#current?.path.recover?.();
        this.#suspect();
    }

    // Packets must come soon.
    #suspect() {
        this.#packetsAt = Math.min(this.#packetsAt, performance.now() - STALL + 2 * LOOK);
    }

    async #look() {
        const now = performance.now();
        const today = Date.now(); // which goes on where the other stands in sleep
        if (today - this.#lookedAt > ASLEEP) {
            this.#packetsAt = now;
            this.#suspect();
            this.clock.ask();
        }
        this.#lookedAt = today;
        const attempt = this.#current;
        if (!attempt) return;
        const stats = await attempt.path.stats(this.clock);
        if (attempt !== this.#current) return;
        if (stats.packets > this.#packets) {
            this.#packets = stats.packets;
            this.#packetsAt = now;
            this.#setState('connected');
        } else this.#onStall(now - this.#packetsAt);
        this.stats = { ...this.path, ...stats, ...this.#rates.add(now, stats) };
        tell(this, 'stats', this.stats);
        if (now > this.#reportedAt + REPORT) this.#report(now);
    }

    #onStall(ms) {
        if (ms > LOST) this.#setState('lost');
        if (ms > STALL && !this.#isUrgent) {
            this.error = 'no sound arrives';
            this.#seek();
        }
    }

    // Tells the server what only we know.
    #report(now) {
        const { listener, player } = this.#current.path;
        const { delay, buffer, gaps = 0, concealed = 0, played = 0 } = this.stats;
        const since = this.#reported;
        this.#reportedAt = now;
        this.#reported = { listener, concealed, played };
        if (!listener || delay === null) return;
        const isSame = since.listener === listener && played > since.played;
        const share = isSame ? (concealed - since.concealed) / (played - since.played) : 0;
        this.#rpc.call('listener.report', {
            id: listener,
            delay: clamp(delay, 60),
            buffer: clamp(buffer, 60),
            output: clamp(outputDelay(this.output.context), 60),
            concealed: clamp(share, 1),
            gaps,
            player,
        }).catch(() => {}); // next time, perhaps
    }

    #setState(state) {
        if (state === this.state) return;
        this.state = state;
        tell(this, 'state', state);
    }
}
