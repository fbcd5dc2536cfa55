// SPDX-License-Identifier: GPL-3.0-or-later
// The OSC port is announced by the machine's Avahi daemon, if there is one, whenever it comes; with
// a message bus and a daemon of the test's own.
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { freePort, startFarfield, temporaryFolder } from '../lib/farfield.mjs';
import { waitFor } from '../lib/wait.mjs';

// The daemon's own files have one place on a machine, and it needs to be root to be there.
const PID = '/run/avahi-daemon/pid';
const isRunning = existsSync(PID) && existsSync(`/proc/${readFileSync(PID, 'utf8').trim()}`);
const skip = process.getuid() !== 0 ? 'needs root' : isRunning ? 'another Avahi runs here' : false;

let farfield, folder, bus, daemon, port;

async function startBus() {
    const config = join(folder, 'bus.conf');
    writeFileSync(config, `<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>system</type><listen>unix:path=${join(folder, 'bus')}</listen>
<policy context="default"><allow user="*"/><allow own="*"/><allow send_destination="*"/>
<allow receive_sender="*"/></policy></busconfig>`);
    bus = spawn('dbus-daemon', ['--nofork', `--config-file=${config}`], { stdio: 'ignore' });
    await waitFor('the message bus', () => existsSync(join(folder, 'bus')));
}

async function startDaemon() {
    const config = join(folder, 'avahi.conf');
    writeFileSync(config, '[server]\nhost-name=farfield-test\nuse-ipv6=no\nallow-interfaces=lo\n' +
        '[publish]\npublish-workstation=no\n');
    daemon = spawn('avahi-daemon', ['--no-drop-root', '--no-chroot', '--no-rlimits', '-f', config],
        { stdio: 'ignore', env: process.env });
    await waitFor('Avahi', async () => (await browse()) !== null);
}

async function end(child) {
    if (!child || child.exitCode !== null) return;
    child.kill('SIGTERM');
    await once(child, 'exit');
}

// Services of OSC, resolved: [{name, port}], null while Avahi is away.
async function browse() {
    try {
        const { stdout } = await promisify(execFile)('avahi-browse', ['-rptk', '_osc._udp'],
            { timeout: 5000 });
        return stdout.split('\n').filter((line) => line.startsWith('=')).map((line) => {
            const fields = line.split(';');
            const name = fields[3].replace(/\\(\d{3})/g, (_, code) => String.fromCharCode(code));
            return { name, port: Number(fields[8]) };
        });
    } catch {
        return null;
    }
}

before(async () => {
    if (skip) return;
    folder = temporaryFolder();
    process.env.DBUS_SYSTEM_BUS_ADDRESS = `unix:path=${join(folder, 'bus')}`;
    await startBus();
    port = await freePort();
    farfield = await startFarfield({ settings: { 'osc-port': port, 'osc-address': '0.0.0.0' } });
});
after(async () => {
    if (skip) return;
    await farfield.stop();
    await end(daemon);
    await end(bus);
    rmSync(folder, { recursive: true, force: true });
});

const announced = () => waitFor('the announcement', async () => (await browse())
    ?.find((service) => service.port === port));

test('it is announced when Avahi comes, and again when that was away', { skip }, async () => {
    assert.equal(await browse(), null);
    await startDaemon();
    assert.match((await announced()).name, /^Farfield/);
    await end(daemon);
    assert.equal((await farfield.api('GET', '/v1/health/ready')).status, 200);
    await startDaemon();
    await announced();
});

test('an Avahi that hangs keeps nobody waiting', { skip }, async () => {
    daemon.kill('SIGSTOP');
    for (let i = 0; i < 20; i++) {
        const began = performance.now();
        assert.equal((await farfield.api('GET', '/v1/server')).status, 200);
        assert.ok(performance.now() - began < 500);
    }
    daemon.kill('SIGCONT');
});

test('it is gone with Farfield, and gets another name where its own is taken', { skip }, async () => {
    const { name } = await announced();
    await farfield.stop({ keep: true });
    await waitFor('its end', async () => (await browse())
        ?.every((service) => service.port !== port));
    const other = await freePort();
    const publisher = spawn('avahi-publish', ['-s', name, '_osc._udp', String(other)],
        { stdio: 'ignore', env: process.env });
    await waitFor('the other', async () => (await browse())
        ?.some((service) => service.port === other));
    farfield.launch();
    await farfield.ready();
    assert.equal((await announced()).name, `${name} #2`);
    await end(publisher);
});
