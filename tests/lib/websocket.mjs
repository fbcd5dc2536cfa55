// SPDX-License-Identifier: GPL-3.0-or-later
// For programs that are run by `node --import`: a WebSocket as Node 22 has it.
import WebSocket from 'ws';

globalThis.WebSocket ??= WebSocket;
