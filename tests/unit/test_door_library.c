// SPDX-License-Identifier: GPL-3.0-or-later
#include "controller/doors/library.h"

#include <glib/gstdio.h>
#include <signal.h>
#include <sys/resource.h>

#include "tests/unit/fake_asserts.h"

#define SIZE 5000 // bytes of a definition

static struct synthdef *definition(void)
{
    struct synthdef *synthdef = synthdef_create("mine");
    guint8 bytes[SIZE] = "SCgf";
    synthdef->bytes = g_bytes_new(bytes, sizeof bytes);
    return synthdef;
}

// Half of it must not pass for the whole when there is room again.
static void a_disk_that_is_full_leaves_no_half_of_a_definition(void **state)
{
    g_autofree char *dir = g_dir_make_tmp("farfield-XXXXXX", NULL);
    g_autofree char *server_dir = g_strconcat(dir, "/", NULL);
    struct library *library = library_create("/nowhere", dir, server_dir);
    struct synthdef *synthdef = definition();
    struct rlimit before, little;
    getrlimit(RLIMIT_FSIZE, &before);
    little = (struct rlimit){SIZE / 2, before.rlim_max};
    signal(SIGXFSZ, SIG_IGN);
    setrlimit(RLIMIT_FSIZE, &little);
    g_autoptr(GError) error = NULL;
    assert_null(library_stage(library, synthdef, &error));
    assert_non_null(error);
    setrlimit(RLIMIT_FSIZE, &before);
    g_autofree char *path = library_stage(library, synthdef, NULL);
    GStatBuf status;
    assert_non_null(path);
    assert_int_equal(g_stat(path, &status), 0);
    assert_int_equal(status.st_size, SIZE);
    g_unlink(path);
    g_rmdir(dir);
    synthdef_unref(synthdef);
    library_destroy(library);
}

// The last line of a start that fails is the one that is read.
static void what_keeps_our_own_definitions_out_is_told(void **state)
{
    g_autofree char *dir = g_dir_make_tmp("farfield-XXXXXX", NULL);
    g_autofree char *guard = g_build_filename(dir, "farfield_guard.scsyndef", NULL);
    g_autofree char *nowhere = g_build_filename(dir, "gone", NULL);
    struct fake_session *f = fake_session_create();
    struct library *library = library_create(nowhere, dir, dir);
    g_autoptr(GError) missing = NULL, broken = NULL;
    catalog_remove(&f->session->catalog, "farfield_guard", ORIGIN_SHIPPED);
    assert_false(library_start(library, f->session, &missing));
    assert_non_null(strstr(missing->message, "synthdef-dir"));
    library_destroy(library);
    assert_true(g_file_set_contents(guard, "no definition", -1, NULL));
    library = library_create(dir, nowhere, nowhere);
    assert_false(library_start(library, f->session, &broken));
    assert_true(g_str_has_prefix(broken->message, "Farfield's own SynthDefs cannot be taken in: "));
    assert_null(strstr(broken->message, "synthdef-dir"));
    library_destroy(library);
    fake_session_destroy(f);
    g_unlink(guard);
    g_rmdir(dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_disk_that_is_full_leaves_no_half_of_a_definition),
        cmocka_unit_test(what_keeps_our_own_definitions_out_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
