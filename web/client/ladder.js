// SPDX-License-Identifier: GPL-3.0-or-later
// Which paths this browser can take, the best first.
import { DirectSink } from './direct.js';
import { MsePath } from './mse.js';
import { SocketPath } from './socket.js';
import { WebRtcPath } from './webrtc.js';

// [{make(tools), patience: ms until the next one is tried besides, reason}] for what was asked for:
// "automatic", "lowest", "balanced" or "safe". `kinds` are those that may be used.
export function ladder(asked, kinds = ['webrtc', 'websocket', 'webm', 'pcm']) {
    let mode = asked === 'automatic' ? 'balanced' : asked;
    let reason = null;
    if (mode === 'lowest' && !DirectSink.supported) {
        mode = 'balanced';
        reason = 'this browser does not hand over what it receives';
    }
    const rungs = [
        { kind: 'webrtc', patience: 1500, reason, can: WebRtcPath.supported,
            make: (tools) => new WebRtcPath({ ...tools, mode }) },
        { kind: 'websocket', patience: 2000, can: SocketPath.supports('websocket'),
            make: (tools) => new SocketPath({ ...tools, mode }, 'websocket') },
        { kind: 'webm', patience: 6000, can: MsePath.supported,
            make: (tools) => new MsePath(tools) },
        { kind: 'pcm', patience: 3000, can: SocketPath.supports('pcm'),
            make: (tools) => new SocketPath({ ...tools, mode }, 'pcm') },
    ].filter(({ kind, can }) => can && kinds.includes(kind));
    const best = rungs[0]?.kind;
    return rungs.map((rung) => ({
        ...rung,
        reason: rung.reason ?? (rung.kind === best ? null : 'WebRTC does not come through'),
    }));
}
