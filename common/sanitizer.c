// SPDX-License-Identifier: GPL-3.0-or-later
// For builds with AddressSanitizer only. GLib grows its table of quarks, which libraries fill with
// their names, by leaving the old one behind; that was made while GLib was
// loaded, and the only way to tell it from a leak of ours is a stack that goes through GLib's
// frames.
#ifdef __SANITIZE_ADDRESS__

const char *__asan_default_options(void);
const char *__lsan_default_suppressions(void);

const char *__asan_default_options(void)
{
    return "fast_unwind_on_malloc=0:malloc_context_size=16";
}

const char *__lsan_default_suppressions(void)
{
    // OpenSSL frees a thread's random numbers and errors when the thread ends, for which an exit
    // does not wait.
    return "leak:_dl_init\nleak:RAND_get0_public\nleak:RAND_get0_private\nleak:ERR_clear_error\n";
}

#endif
