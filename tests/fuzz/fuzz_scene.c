// SPDX-License-Identifier: GPL-3.0-or-later
// Imports of any bytes. What is accepted is kept as it was, recalled against a scsynth that
// answers, both ways and with a fade, and leaves the guard last and nothing half done.
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "controller/core/scenes/scenes.h"
#include "tests/unit/fake_scsynth.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(struct fake_session *f)
{
    const struct node *guard = tree_find(&f->session->tree, 2);
    if (!guard || guard->next || !guard->running || !tree_find(&f->session->tree, 1)) {
        g_autofree char *tree = fake_tree(f);
        g_error("the guard is not last: %s", tree);
    }
    if (f->session->tree.planned != 0 || f->session->fades->len != 0)
        g_error("%d nodes and %u fades are left", f->session->tree.planned, f->session->fades->len);
}

static void recall(struct fake_scsynth *s, const char *wish)
{
    struct fake_session *f = s->session;
    struct fake_answer *answer = fake_call(f, "scene.recall", wish);
    fake_scsynth_run(s, FAKE_MS(2000));
    if (answer->times != 1)
        g_error("a recall was answered %d times", answer->times);
    check(f);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    log_setup("fuzz", LOG_ERROR_LEVEL, false);
    json_t *scene = json_loadb((const char *)data, size, JSON_REJECT_DUPLICATES, NULL);
    if (!json_is_object(scene)) {
        json_decref(scene);
        return 0;
    }
    struct fake_session *f = fake_session_create();
    fake_add_synthdef(f, "farfield_stash bus=0 stash=0 from=1 to=1 time=1");
    fake_add_synthdef(f, "farfield_unstash bus=0 stash=0 from=0 to=1 time=1");
    struct fake_scsynth *s = fake_scsynth_create(f, 1);
    fake_scsynth_run(s, FAKE_MS(20));
    json_t *params = json_pack("{s:s s:O}", "name", "x", "scene", scene);
    char *text = json_dumps(params, JSON_COMPACT | JSON_REAL_PRECISION(17));
    // In calls of tests it stands for ".
    g_strdelimit(text, "'", '-');
    const struct fake_answer *put = fake_call(f, "scene.put", text);
    free(text);
    json_decref(params);
    if (put->status == 200) {
        recall(s, "{'name': 'x'}");
        recall(s, "{'name': 'x', 'mode': 'add'}");
        recall(s, "{'name': 'x', 'fade': 0.5}");
        // What is kept of it can be kept again.
        fake_call(f, "scene.put", "{'name': 'y'}");
        recall(s, "{'name': 'y'}");
    }
    json_decref(scene);
    fake_scsynth_destroy(s);
    fake_session_destroy(f);
    return 0;
}
