// SPDX-License-Identifier: GPL-3.0-or-later
// Scenes as files: what is saved is what PUT /v1/scenes/NAME takes.
import { make } from '../elements.js';

const MOST = 5e6; // bytes; the server takes four million of a scene

export function save(name, blob) {
    const href = URL.createObjectURL(blob);
    make('a', { href, download: name }).click();
    setTimeout(() => URL.revokeObjectURL(href), 60000);
}

export function saveScene(name, { scene }) {
    const text = `${JSON.stringify({ scene }, null, 1)}\n`;
    save(`${name}.json`, new Blob([text], { type: 'application/json' }));
}

// {name, scene} of a file; throws an Error that says what is wrong with it.
export async function readScene(file) {
    if (file.size > MOST) throw new Error(`“${file.name}” is too large to be a scene.`);
    let content;
    try {
        content = JSON.parse(await file.text());
    } catch {
        throw new Error(`“${file.name}” is no JSON file.`);
    }
    const scene = content?.scene ?? content;
    if (scene?.format !== 'farfield.scene') {
        throw new Error(`“${file.name}” is no scene that Farfield has saved.`);
    }
    return { name: file.name.replace(/\.json$/i, ''), scene };
}

// Has files that are dropped on `element` taken; it has the class "wanted" meanwhile.
export function takeDrops(element, take) {
    let inside = 0; // enter and leave come for each child
    const mark = (change) => {
        inside = change === null ? 0 : Math.max(0, inside + change);
        element.classList.toggle('wanted', inside > 0);
    };
    const isFile = ({ dataTransfer }) => dataTransfer?.types.includes('Files');
    element.addEventListener('dragenter', (event) => isFile(event) && mark(1));
    element.addEventListener('dragleave', (event) => isFile(event) && mark(-1));
    element.addEventListener('dragover', (event) => isFile(event) && event.preventDefault());
    element.addEventListener('drop', (event) => {
        if (!isFile(event)) return;
        event.preventDefault();
        mark(null);
        take([...event.dataTransfer.files]);
    });
}
