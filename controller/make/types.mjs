// SPDX-License-Identifier: GPL-3.0-or-later
// types.mjs PROGRAM FOLDER [--check]: writes into FOLDER what the client library knows of the command
// table, which PROGRAM (`reference`, built by make) prints: commands.js, how each command is called,
// and commands.d.ts, what it takes and answers. With --check it only fails where they differ.
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const SPDX = '// SPDX-License-Identifier: GPL-3.0-or-later';
const NOTE = '// Made from the command table by `make types`; what is written here by hand is lost.';
const WIDTH = 100;
// What the library does itself.
const OWN = new Set(['auth', 'subscribe', 'unsubscribe']);

const [program, folder, check] = process.argv.slice(2);

function ask(what) {
    const { status, stdout, stderr } = spawnSync(program, [what],
        { encoding: 'utf8', maxBuffer: 1 << 26 });
    if (status !== 0) throw new Error(`${program} ${what} failed: ${stderr}`);
    return JSON.parse(stdout);
}

const byName = ([a], [b]) => (a < b ? -1 : 1);
const quote = (value) => JSON.stringify(value).replaceAll('"', "'");

// --- the table ----------------------------------------------------------------------------------

// One description of each command from the two documents: {words, params: [{name, required,
// schema}], result, rpc, http: "GET /v1/...", body: type of a body that is a file or SDP}.
function commandsOf(openrpc, openapi) {
    const commands = new Map();
    for (const { name, summary, params, result } of openrpc.methods) {
        commands.set(name, { words: summary, params, result: result.schema, rpc: true });
    }
    for (const [path, verbs] of Object.entries(openapi.paths)) {
        for (const [verb, operation] of Object.entries(verbs)) {
            if (!operation.operationId) continue;
            const types = Object.keys(operation.requestBody?.content ?? {});
            const body = types.find((type) => type !== 'application/json');
            const known = commands.get(operation.operationId);
            if (known && !body) continue;
            const [, success] = Object.entries(operation.responses)
                .find(([status]) => /^[23]/.test(status));
            commands.set(operation.operationId, {
                words: operation.summary ?? operation.description,
                params: (operation.parameters ?? []).map(({ description, schema, ...rest }) =>
                    ({ ...rest, schema: { description, ...schema } })),
                result: success.content?.['application/json']?.schema ?? null,
                ...known,
                http: `${verb.toUpperCase()} ${path}`,
                body,
            });
        }
    }
    return new Map([...commands].filter(([name]) => !OWN.has(name)).sort(byName));
}

function topicsOf(openrpc) {
    const { params } = openrpc.methods.find(({ name }) => name === 'subscribe');
    return params.find(({ name }) => name === 'topics').schema.items.enum;
}

function table(commands, topics) {
    const rows = [...commands].map(([name, { rpc, http, body }]) => {
        const fields = [rpc && 'rpc: true', http && `http: '${http}'`, body && `body: '${body}'`];
        return `    '${name}': { ${fields.filter(Boolean).join(', ')} },`;
    });
    return `${SPDX}
${NOTE}
//
// How each command is called: \`rpc\`, by the WebSocket; \`http\`, by this verb and path, where it
// needs HTTP or its \`data\` comes as bytes, then as a body of type \`body\`.
export const COMMANDS = {
${rows.join('\n')}
};

// What can be subscribed to.
export const TOPICS = [${topics.map((topic, i) => `${i % 8 ? ' ' : '\n    '}'${topic}',`).join('')}
];
`;
}

// --- types --------------------------------------------------------------------------------------

const typeName = (name) => name.replace(/(^|_)(\w)/g, (_, __, letter) => letter.toUpperCase());
const key = (name) => (/^[A-Za-z_$][\w$]*$/.test(name) ? name : `'${name}'`);

function comment(text, indent) {
    if (!text) return '';
    const line = `${indent}/** ${text} */`;
    if (line.length <= WIDTH) return `${line}\n`;
    const lines = [];
    for (const word of text.split(' ')) {
        const longer = lines.length > 0 ? `${lines.at(-1)} ${word}` : word;
        if (indent.length + 3 + longer.length <= WIDTH) lines.splice(-1, 1, longer);
        else lines.push(word);
    }
    return `${indent}/**\n${lines.map((part) => `${indent} * ${part}\n`).join('')}${indent} */\n`;
}

function describe({ description, 'x-unit': unit, default: fallback }) {
    const standard = fallback !== undefined && `[${JSON.stringify(fallback)}]`;
    return [description, unit && `(${unit})`, standard].filter(Boolean).join(' ');
}

function objectType(schema, indent) {
    const { properties = {}, required = [], additionalProperties } = schema;
    const inner = `${indent}    `;
    const members = Object.entries(properties).map(([name, part]) => {
        const member = `${key(name)}${required.includes(name) ? '' : '?'}`;
        return `${comment(describe(part), inner)}${inner}${member}: ${typeOf(part, inner)};\n`;
    });
    if (members.length === 0) {
        if (schema.maxProperties === 0) return 'Record<string, never>';
        const isTyped = typeof additionalProperties === 'object';
        const value = isTyped ? typeOf(additionalProperties, indent) : 'unknown';
        return `{ [name: string]: ${value} }`;
    }
    // Of further members nothing can be said that would be true of these, too.
    const more = additionalProperties ? `${inner}[name: string]: unknown;\n` : '';
    return `{\n${members.join('')}${more}${indent}}`;
}

const SIMPLE = { string: 'string', number: 'number', integer: 'number', boolean: 'boolean',
    null: 'null' };

function typeOf(schema, indent = '') {
    if (schema.$ref) return typeName(schema.$ref.split('/').at(-1));
    if ('const' in schema) return quote(schema.const);
    if (schema.enum) return schema.enum.map(quote).join(' | ');
    const choices = schema.oneOf ?? schema.anyOf;
    if (choices) return choices.map((choice) => typeOf(choice, indent)).join(' | ');
    if (Array.isArray(schema.type)) {
        return schema.type.map((type) => typeOf({ ...schema, type }, indent)).join(' | ');
    }
    if (schema.type === 'array') {
        const { items = {}, minItems, maxItems } = schema;
        const item = typeOf(items, indent);
        const isTuple = minItems === maxItems && minItems > 0 && minItems <= 4;
        if (isTuple) return `[${Array(minItems).fill(item).join(', ')}]`;
        return /[|{]/.test(item) ? `Array<${item}>` : `${item}[]`;
    }
    const isObject = schema.type === 'object' || (schema.properties && !schema.type);
    if (isObject) return objectType(schema, indent);
    return SIMPLE[schema.type] ?? 'unknown';
}

function schemaType([name, schema]) {
    const head = `${comment(schema.description, '')}export `;
    const type = typeOf(schema);
    return schema.properties ? `${head}interface ${typeName(name)} ${type}\n`
        : `${head}type ${typeName(name)} = ${type};\n`;
}

function paramsOf({ params, body }) {
    const members = params.filter(({ name }) => !(body && name === 'data'));
    const properties = Object.fromEntries(members.map(({ name, schema }) => [name, schema]));
    const required = members.filter((param) => param.required).map(({ name }) => name);
    const type = members.length ? objectType({ properties, required }, '        ')
        : 'Record<string, never>';
    if (!body) return type;
    // Base64 is for callers without bytes: those without this library.
    const isOptional = params.some(({ name }) => name === 'frames'); // silence, too
    const data = body.includes('sdp') ? 'data: string' : `data${isOptional ? '?' : ''}: Bytes`;
    const with_ = `${comment(`the body, ${body}`, '            ')}            ${data};\n        }`;
    return members.length ? type.replace(/ {8}\}$/, with_) : `{\n${with_}`;
}

function resultOf({ result }) {
    return result ? typeOf(result, '        ') : 'Response';
}

function commandType([name, command]) {
    return `${comment(command.words, '    ')}    '${name}': {
        params: ${paramsOf(command)};
        result: ${resultOf(command)};
    };
`;
}

function tree(commands) {
    const families = new Map();
    for (const [method, { words }] of commands) {
        const [family, name] = method.split('.');
        if (!families.has(family)) families.set(family, []);
        families.get(family).push(
            `${comment(words, '        ')}        ${key(name)}: Command<'${method}'>;\n`);
    }
    return [...families].map(([family, methods]) =>
        `    ${key(family)}: {\n${methods.join('')}    };\n`).join('');
}

function types(commands, topics, schemas) {
    return `${SPDX}
${NOTE}
import type { Bytes, Command } from './farfield.js';

// --- what is told and answered ---

${Object.entries(schemas).sort(byName).map(schemaType).join('\n')}
// --- what can be asked for ---

/** What each command takes and answers. */
export interface Commands {
${[...commands].map(commandType).join('')}}

/** Each command as a function. */
export interface CommandTree {
${tree(commands)}}

/** What can be subscribed to. */
export type Topic = ${topics.map((topic) => `'${topic}'`).join(' | ')};
`;
}

const openrpc = ask('openrpc');
const openapi = ask('openapi');
const commands = commandsOf(openrpc, openapi);
const topics = topicsOf(openrpc);
const schemas = { ...openapi.components.schemas, ...openrpc.components.schemas };
for (const [file, text] of [['commands.js', table(commands, topics)],
    ['commands.d.ts', types(commands, topics, schemas)]]) {
    const path = join(folder, file);
    if (!check) writeFileSync(path, text);
    else if (readFileSync(path, 'utf8') !== text) {
        console.error(`${path} is not what the command table says: run \`make types\``);
        process.exitCode = 1;
    }
}
