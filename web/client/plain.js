// SPDX-License-Identifier: GPL-3.0-or-later
// The ring without an audio worklet, which browsers have for pages by https and of this machine
// only. It runs beside all else that the page does, so it needs a ring with much in it.
import { Ring } from './ring.js';
import { RingHost } from './ring-host.js';

const BLOCK = 2048; // samples

export class PlainRing {
    constructor(context, options) {
        const { port1, port2 } = new MessageChannel();
        this.port = port1;
        const host = new RingHost(new Ring(options), port2);
        this.node = context.createScriptProcessor(BLOCK, 0, 2);
        this.node.onaudioprocess = ({ outputBuffer, playbackTime }) => {
            host.pull(outputBuffer.getChannelData(0), outputBuffer.getChannelData(1), playbackTime);
        };
    }
}
