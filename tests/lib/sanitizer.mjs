// SPDX-License-Identifier: GPL-3.0-or-later
// AddressSanitizer and its kin: how their reports are told from a program's other words, and how
// they are to behave.
import { fileURLToPath } from 'node:url';

export const SANITIZER =
    /(ERROR|WARNING): (Address|Leak|Thread|UndefinedBehavior)Sanitizer|runtime error:/;

const suppressions = fileURLToPath(new URL('../lsan.supp', import.meta.url));

// Environment variables for what is tested; what the caller has set wins. The slow unwinder is the
// one that sees through libraries without frame pointers, and so what is suppressed.
export const sanitizerOptions = {
    ASAN_OPTIONS: `fast_unwind_on_malloc=0:${process.env.ASAN_OPTIONS ?? ''}`,
    LSAN_OPTIONS: `suppressions=${suppressions}:print_suppressions=0:` +
        `${process.env.LSAN_OPTIONS ?? ''}`,
    UBSAN_OPTIONS: `print_stacktrace=1:${process.env.UBSAN_OPTIONS ?? ''}`,
};
