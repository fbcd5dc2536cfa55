// SPDX-License-Identifier: GPL-3.0-or-later
// Whether answers are what the served descriptions (OpenAPI, OpenRPC) say.
import assert from 'node:assert/strict';
import Ajv from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';

// The same schema, but an object has no member that it does not name: for clients more may come
// some day, for tests every member is to be described.
export function closed(schema) {
    if (Array.isArray(schema)) return schema.map(closed);
    if (schema === null || typeof schema !== 'object') return schema;
    const copy = Object.fromEntries(Object.entries(schema).map(([key, value]) =>
        [key, ['const', 'enum', 'default', 'examples'].includes(key) ? value : closed(value)]));
    if (copy.type === 'object' && copy.properties) copy.additionalProperties ??= false;
    return copy;
}

// valid(schema, value, what) fails with what is wrong; references are those of the document.
export function schemasOf(document) {
    const ajv = addFormats(new Ajv({ strict: false, allErrors: true }));
    ajv.addSchema(closed({ $id: 'farfield:document', components: document.components }));
    const inside = (part) => JSON.parse(JSON.stringify(part)
        .replaceAll('"$ref":"#/', '"$ref":"farfield:document#/'));
    return (schema, value, what) => {
        const validate = ajv.compile(closed(inside(schema)));
        assert.ok(validate(value), `${what}: ${ajv.errorsText(validate.errors)}\n` +
            JSON.stringify(value).slice(0, 2000));
    };
}

export function resolveRef(document, part) {
    return part?.$ref ? part.$ref.slice(2).split('/').reduce((at, key) => at[key], document) : part;
}

// Every operation of the document: {method, verb, path, ...operation}.
export function operationsOf(document) {
    return Object.entries(document.paths).flatMap(([path, verbs]) =>
        Object.entries(verbs).map(([verb, operation]) => ({
            ...operation, method: operation.operationId, verb: verb.toUpperCase(), path,
        })));
}

// check(method, answer) of farfield.api(): its status is one of the operation's, its body and
// headers are as described.
export function answersOf(document) {
    const valid = schemasOf(document);
    const operations = new Map(operationsOf(document).map((o) => [o.method, o]));
    return (method, { status, headers, body }) => {
        const { responses } = operations.get(method) ?? assert.fail(`${method} is not described`);
        assert.ok(status >= 400 || responses[status], `${method} may not answer ${status}`);
        const response = resolveRef(document, responses[status] ?? responses.default);
        if (response.headers?.Location) {
            assert.match(headers.get('location'), status === 307 ? /^\w+:\/\// : /^\/v1\//, method);
        }
        if (!response.content) {
            assert.equal(body, '', `${method} ${status} has no body`);
            return;
        }
        const type = headers.get('content-type');
        const media = response.content[type] ?? response.content[type.replace(/\/.*/, '/*')];
        assert.ok(media, `${method} ${status} may not be ${type}`);
        valid(media.schema, body, `${method} ${status}`);
    };
}
