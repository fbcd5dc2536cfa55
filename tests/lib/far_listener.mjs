// SPDX-License-Identifier: GPL-3.0-or-later
// What lib/far.mjs runs far away: one native listener, told by lines of JSON what to do.
import { createInterface } from 'node:readline';
import { askForStereo, gathered, listen } from './listener.mjs';
import { connectRpc } from './rpc.mjs';

let listener;
let rpc;
let joining; // by an offer that others carry
let answerWith;

// The pair in use: addresses of both sides and their kinds.
async function pair() {
    const all = await listener.peer.getStats();
    const transport = [...all.values()].find(({ type }) => type === 'transport');
    const used = all.get(transport.selectedCandidatePairId);
    const [local, remote] = [all.get(used.localCandidateId), all.get(used.remoteCandidateId)];
    return { local: local.address ?? local.ip, localType: local.candidateType,
        remote: remote.address ?? remote.ip, remoteType: remote.candidateType };
}

const does = {
    async join({ ws, key, ...options }) {
        if (ws) rpc = await connectRpc(ws, { key });
        listener = await listen({ ...options, rpc, headers: key
            ? { authorization: `Bearer ${key}` } : {} });
        return { session: listener.session ?? null };
    },
    // The same where no server can be reached from here: others carry the offer and the answer.
    offer: () => new Promise((done, fail) => {
        joining = listen({ join: async (peer) => {
            peer.addTransceiver('audio', { direction: 'recvonly' });
            await peer.setLocalDescription(await peer.createOffer());
            await gathered(peer);
            const answer = new Promise((take) => { answerWith = take; });
            done(askForStereo(peer.localDescription.sdp));
            await peer.setRemoteDescription({ type: 'answer', sdp: await answer });
            return { leave: () => null };
        } });
        joining.catch(fail);
    }),
    async answer({ sdp }) {
        answerWith(sdp);
        listener = await joining;
    },
    pitched: async ({ hz, deadline }) => (await listener.pitched(hz, 1, deadline)).hz,
    restart: () => listener.restart(),
    // Another connection for the signaling, the first one being of another time.
    async reconnect({ ws, key }) {
        rpc = await connectRpc(ws, { key });
        listener.useRpc(rpc);
    },
    pair,
    stats: () => listener.stats(),
    frames: () => listener.frames,
    close: () => listener.close(),
};

createInterface({ input: process.stdin }).on('line', async (line) => {
    const { id, what, ...options } = JSON.parse(line);
    try {
        console.log(JSON.stringify({ id, result: await does[what](options) ?? null }));
    } catch (error) {
        console.log(JSON.stringify({ id, error: String(error) }));
    }
}).on('close', () => process.exit(0));
