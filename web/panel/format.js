// SPDX-License-Identifier: GPL-3.0-or-later
// Figures as people read them.

const SIZES = ['bytes', 'kB', 'MB', 'GB', 'TB'];

// "0:07", "12:31", "1:02:05".
export function duration(seconds) {
    const whole = Math.floor(seconds);
    const two = (number) => String(number).padStart(2, '0');
    const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
    return hours ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
}

export function bytes(count) {
    let at = 0;
    let size = count;
    while (size >= 999.5 && at < SIZES.length - 1) {
        size /= 1000;
        at++;
    }
    return `${at > 0 && size < 9.95 ? size.toFixed(1) : size.toFixed(0)} ${SIZES[at]}`;
}

// The time of day of today, else the date, too; `time` is Unix seconds.
export function when(time) {
    const date = new Date(time * 1000);
    const clock = date.toLocaleTimeString([], { hour: '2-digit', minute: '2-digit', hour12: false });
    if (date.toDateString() === new Date().toDateString()) return clock;
    return `${date.toLocaleDateString([], { day: 'numeric', month: 'short', year: 'numeric' })}, ${clock}`;
}

// "1 synth", "3 synths"; nothing for none.
export function counted(number, one, many = `${one}s`) {
    return number ? `${number} ${number === 1 ? one : many}` : '';
}
