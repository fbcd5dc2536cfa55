// SPDX-License-Identifier: GPL-3.0-or-later
// How a report of AddressSanitizer and its kin is told from a program's other words.
export const SANITIZER =
    /(ERROR|WARNING): (Address|Leak|Thread|UndefinedBehavior)Sanitizer|runtime error:/;

// Environment variables for what is tested; what the caller has set wins.
export const sanitizerOptions = {
    UBSAN_OPTIONS: `print_stacktrace=1:${process.env.UBSAN_OPTIONS ?? ''}`,
};
