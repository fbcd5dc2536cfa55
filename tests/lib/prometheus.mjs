// SPDX-License-Identifier: GPL-3.0-or-later
// A strict reader of Prometheus' text format, 0.0.4: whatever is not exactly so is an error.
// https://prometheus.io/docs/instrumenting/exposition_formats/
import assert from 'node:assert/strict';

const NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*/;
const LABEL = /^([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"/;
const VALUE = /^(?:[-+]?(?:\d+\.?\d*(?:[eE][-+]?\d+)?|Inf)|NaN)$/;

function readSample(line) {
    const [name] = NAME.exec(line) ?? assert.fail(`no name: ${line}`);
    const labels = {};
    let rest = line.slice(name.length);
    if (rest.startsWith('{')) {
        rest = rest.slice(1);
        while (!rest.startsWith('}')) {
            const [all, key, value] = LABEL.exec(rest) ?? assert.fail(`no label: ${line}`);
            assert.ok(!(key in labels) && !key.startsWith('__'), line);
            labels[key] = value.replace(/\\(.)/g, (_, c) => (c === 'n' ? '\n' : c));
            rest = rest.slice(all.length);
            if (rest.startsWith(',')) rest = rest.slice(1);
            else assert.ok(rest.startsWith('}'), line);
        }
        rest = rest.slice(1);
    }
    assert.match(rest, /^ /, line);
    assert.match(rest.slice(1), VALUE, line);
    return { name, labels, value: Number(rest.slice(1).replace('Inf', 'Infinity')) };
}

// {name: {type, help, samples: [{labels, value}]}} of the text.
export function readMetrics(text) {
    assert.ok(text.endsWith('\n'), 'the last line ends');
    const metrics = {};
    const seen = new Set();
    let current;
    for (const line of text.slice(0, -1).split('\n')) {
        const [, word, name, rest] = /^# (HELP|TYPE) (\S+) (.*)$/.exec(line) ?? [];
        if (word === 'HELP') {
            assert.match(name, new RegExp(`${NAME.source}$`), line);
            assert.ok(!metrics[name], `${name} comes once`);
            current = { name, help: rest, samples: [] };
            metrics[name] = current;
        } else if (word === 'TYPE') {
            assert.equal(name, current.name, line);
            assert.match(rest, /^(counter|gauge)$/, line);
            assert.equal(current.samples.length, 0, `${name} has its type first`);
            assert.equal(rest === 'counter', name.endsWith('_total'), `${name} is a ${rest}`);
            current.type = rest;
        } else {
            const sample = readSample(line);
            assert.equal(sample.name, current.name, line);
            assert.ok(current.type, `${current.name} has a type`);
            const key = `${sample.name} ${JSON.stringify(Object.entries(sample.labels).sort())}`;
            assert.ok(!seen.has(key), `${key} comes once`);
            seen.add(key);
            current.samples.push({ labels: sample.labels, value: sample.value });
        }
    }
    return metrics;
}
