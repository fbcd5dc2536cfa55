// SPDX-License-Identifier: GPL-3.0-or-later
// How a report of AddressSanitizer and its kin is told from a program's other words.
export const SANITIZER =
    /(ERROR|WARNING): (Address|Leak|Thread|UndefinedBehavior)Sanitizer|runtime error:/;
