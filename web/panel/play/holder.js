// SPDX-License-Identifier: GPL-3.0-or-later
// Who holds a parameter besides us, in words beside it and for those who cannot see them there.
import { make } from '../elements.js';

let count = 0;

export function holderBadge(by) {
    const badge = make('span', { className: 'badge held', id: `holder-${++count}` }, `held by ${by}`);
    badge.dataset.by = by;
    return badge;
}

// Has these elements described by the badge, by nothing where that is null.
export function describe(elements, badge) {
    for (const element of elements) {
        if (badge) element.setAttribute('aria-describedby', badge.id);
        else element.removeAttribute('aria-describedby');
    }
}
