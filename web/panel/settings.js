// SPDX-License-Identifier: GPL-3.0-or-later
// What somebody sets for this browser: the name that others see, and light or dark.
import { keep, recall } from './choices.js';
import { make } from './elements.js';

const THEMES = [['auto', 'As the system'], ['light', 'Light'], ['dark', 'Dark']];
const LONGEST = 40; // letters of a name

// Until somebody says better: what they sit at.
function usualName() {
    const { userAgentData, platform, userAgent } = navigator;
    const browser = /Firefox|Edg|OPR|Chrome|Safari/.exec(userAgent)?.[0]
        .replace('Edg', 'Edge').replace('OPR', 'Opera') ?? 'A browser';
    const system = userAgentData?.platform || platform;
    return system ? `${browser} on ${system}` : browser;
}

export class Settings {
    #farfield;
    #menu;

    constructor({ farfield, find }) {
        this.#farfield = farfield;
        this.#tellName();
        this.#menu = make('div', { id: 'settings-menu', className: 'menu', popover: 'auto',
            role: 'dialog', 'aria-label': 'Settings of this browser' },
        this.#makeName(), this.#makeThemes());
        find('#settings').after(this.#menu);
    }

    #makeName() {
        const input = make('input', { type: 'text', id: 'my-name', maxLength: LONGEST,
            autocomplete: 'nickname', value: recall('name', ''), placeholder: usualName() });
        input.onchange = () => {
            keep('name', input.value.trim() || null);
            this.#tellName();
        };
        return make('label', { className: 'setting' }, 'Your name, as others see it', input);
    }

    // Without one they see what the server calls us.
    #tellName() {
        this.#farfield.rename(recall('name', '') || usualName());
    }

    #makeThemes() {
        const { dataset } = document.documentElement;
        const choices = THEMES.map(([theme, title]) => make('label', {}, make('input', {
            type: 'radio', name: 'theme', value: theme, checked: dataset.theme === theme,
            onchange: () => {
                dataset.theme = theme;
                keep('theme', theme); // theme.js reads it before the first paint
            } }), title));
        return make('fieldset', { className: 'segments' },
            make('legend', { className: 'hidden' }, 'Colours'), ...choices);
    }
}
