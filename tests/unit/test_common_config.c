// SPDX-License-Identifier: GPL-3.0-or-later
// Settings from file, environment and command line; ICE servers.
#include "common/config.h"

#include <glib/gstdio.h>
#include <unistd.h>

#include "common/error.h"
#include "common/ice.h"
#include "tests/unit/fake_asserts.h"

// No setting of who runs the tests may leak in.
static int clear_environment(void **state)
{
    g_auto(GStrv) names = g_listenv();
    for (int i = 0; names[i]; i++)
        if (g_str_has_prefix(names[i], "FARFIELD_"))
            g_unsetenv(names[i]);
    g_setenv("FARFIELD_CONFIG", "/dev/null", TRUE);
    return 0;
}

static struct config *load(enum program program, const char *arguments, GError **error)
{
    g_autofree char *line = g_strconcat("program ", arguments, NULL);
    g_auto(GStrv) argv = NULL;
    int argc;
    assert_true(g_shell_parse_argv(line, &argc, &argv, NULL));
    struct config *config = NULL;
    enum config_outcome outcome = config_load(program, argc, argv, &config, error);
    assert_int_equal(outcome, config ? CONFIG_RUN : CONFIG_ERROR);
    return config;
}

static void fails(const char *arguments, const char *sentence)
{
    g_autoptr(GError) error = NULL;
    struct config *config = load(PROGRAM_CONTROLLER, arguments, &error);
    if (config)
        fail_msg("%s is accepted", arguments);
    assert_string_equal(error->message, sentence);
}

static char *file_with(const char *text)
{
    char *path;
    int fd = g_file_open_tmp("farfield-XXXXXX", &path, NULL);
    close(fd);
    assert_true(g_file_set_contents(path, text, -1, NULL));
    return path;
}

static void every_setting_has_a_fallback_that_it_would_accept(void **state)
{
    for (const struct setting *s = settings; s->name; s++) {
        g_autofree char *arguments = g_strdup_printf("'--%s=%s'", s->name, s->fallback);
        g_autoptr(GError) error = NULL;
        struct config *config = load(PROGRAM_CONTROLLER, arguments, &error);
        if (!config)
            fail_msg("%s: %s", s->name, error->message);
        config_destroy(config);
        assert_true(s->programs != 0 && s->words && *s->words);
        for (const struct setting *t = settings; t < s; t++)
            assert_string_not_equal(t->name, s->name);
    }
}

static void later_sources_win(void **state)
{
    g_autofree char *path =
        file_with("# a comment\n\n http-port = 1001 \nws-port=1002\njack-server = a b\n");
    g_setenv("FARFIELD_CONFIG", path, TRUE);
    g_setenv("FARFIELD_WS_PORT", "2002", TRUE);
    g_setenv("FARFIELD_JACK_PERIOD", "64", TRUE);
    struct config *config = load(PROGRAM_CONTROLLER, "--jack-period=256 --log-level debug", NULL);
    assert_non_null(config);
    assert_int_equal(config_integer(config, "http-port"), 1001);
    assert_int_equal(config_integer(config, "ws-port"), 2002);
    assert_int_equal(config_integer(config, "jack-period"), 256);
    assert_int_equal(config_integer(config, "jack-rate"), 48000);
    assert_string_equal(config_string(config, "jack-server"), "a b");
    assert_string_equal(config_string(config, "log-level"), "debug");
    assert_string_equal(config_string(config, "api-key"), "");
    config_destroy(config);
    config_destroy(NULL);
    g_unlink(path);
}

static void an_option_s_file_stands_for_the_variable_s(void **state)
{
    g_autofree char *path = file_with("http-port = 1001\n");
    g_setenv("FARFIELD_CONFIG", "missing", TRUE);
    g_autofree char *arguments = g_strdup_printf("--config=%s", path);
    struct config *config = load(PROGRAM_CONTROLLER, arguments, NULL);
    assert_non_null(config);
    assert_int_equal(config_integer(config, "http-port"), 1001);
    config_destroy(config);
    g_unlink(path);
}

static void mistakes_name_their_source(void **state)
{
    fails("--http-port=0", "--http-port: http-port must be a whole number from 1 to 65535, not "
                           "\"0\"");
    fails("--http-port=80x", "--http-port: http-port must be a whole number from 1 to 65535, not "
                             "\"80x\"");
    fails("--http-port=", "--http-port: http-port must be a whole number from 1 to 65535, not "
                          "\"\"");
    fails("--opus-fec=maybe", "--opus-fec: opus-fec must be yes or no, not \"maybe\"");
    fails("--log-level=loud", "--log-level: log-level must be one of error|warning|info|debug, "
                              "not \"loud\"");
    fails("--colour=red", "--colour: there is no setting \"colour\"; --help lists them");
    fails("--nonsense", "--nonsense: there is no setting \"nonsense\"; --help lists them");
    fails("http-port=80", "\"http-port=80\" is no option; --help lists them");
    fails("--http-port", "--http-port needs a value");
    fails("'--jack-server=\xff'", "--jack-server: jack-server is not UTF-8");
    g_setenv("FARFIELD_HTTP_PORT", "99999", TRUE);
    fails("", "FARFIELD_HTTP_PORT: http-port must be a whole number from 1 to 65535, not "
              "\"99999\"");
}

static void mistakes_in_a_file_name_their_line(void **state)
{
    static const char *const files[] = {
        "http-port = 1\n\nnonsense\n",
        ":3: expected key = value",
        "# x\nhttp-port = x\n",
        ":2: http-port must be a whole number from 1 to 65535, not \"x\"",
        "colour = red",
        ":1: there is no setting \"colour\"; --help lists them",
        "= 5",
        ":1: there is no setting \"\"; --help lists them",
    };
    for (gsize i = 0; i < G_N_ELEMENTS(files); i += 2) {
        g_autofree char *path = file_with(files[i]);
        g_autofree char *arguments = g_strdup_printf("--config=%s", path);
        g_autofree char *expected = g_strconcat(path, files[i + 1], NULL);
        fails(arguments, expected);
        g_unlink(path);
    }
    g_autoptr(GError) error = NULL;
    assert_null(load(PROGRAM_CONTROLLER, "--config=missing", &error));
    assert_true(g_str_has_prefix(error->message, "configuration: "));
}

static void booleans_have_many_names(void **state)
{
    static const char *const words[] = {"yes", "true", "1", "on", "no", "false", "0", "off"};
    for (int i = 0; i < 8; i++) {
        g_autofree char *arguments = g_strdup_printf("--opus-fec=%s", words[i]);
        struct config *config = load(PROGRAM_PIPELINE, arguments, NULL);
        assert_int_equal(config_boolean(config, "opus-fec"), i < 4);
        config_destroy(config);
    }
}

// All that was set reaches the pipeline, by whatever way; secrets too.
static void another_program_s_environment(void **state)
{
    static const char *const except[] = {"link-token", NULL};
    struct config *config =
        load(PROGRAM_CONTROLLER, "--opus-bitrate=64000 --link-token=t --api-key=k", NULL);
    g_auto(GStrv) environment = config_environment(config, PROGRAM_PIPELINE, except);
    assert_true(g_strv_contains((const char *const *)environment, "FARFIELD_OPUS_BITRATE=64000"));
    assert_true(g_strv_contains((const char *const *)environment, "FARFIELD_LOG_LEVEL=info"));
    for (int i = 0; environment[i]; i++) {
        assert_false(g_str_has_prefix(environment[i], "FARFIELD_LINK_TOKEN"));
        assert_false(g_str_has_prefix(environment[i], "FARFIELD_API_KEY"));
    }
    config_destroy(config);
}

// --- ICE servers --------------------------------------------------------------------------------

static char *ice_with(const char *text, const char *secret)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) servers = ice_servers_parse(text, secret, &error);
    if (!servers)
        return g_strdup(error->message);
    GString *shown = g_string_new(NULL);
    for (guint i = 0; i < servers->len; i++) {
        const struct ice_server *s = servers->pdata[i];
        g_string_append_printf(shown, "[%s %s %s]", s->url, s->username ? s->username : "-",
                               s->credential ? s->credential : "-");
    }
    return g_string_free(shown, FALSE);
}

static char *ice(const char *text)
{
    return ice_with(text, "");
}

static void ice_servers_are_read(void **state)
{
    assert_text(ice(""), "");
    assert_text(ice(" \t "), "");
    assert_text(ice("stun:a:3478  stun:b"), "[stun:a:3478 - -][stun:b - -]");
    assert_text(ice("turn:u:p@h:3478?transport=tcp"), "[turn:h:3478?transport=tcp u p]");
    assert_text(ice("turns:u:p@ss:w@h:5349"), "[turns:h:5349 u p@ss:w]");
    assert_text(ice("turn:u:@h"), "[turn:h u ]");
}

static void ice_servers_that_are_none(void **state)
{
    static const char *const wrong[] = {"stun:",  "stun",     "turn:h:3478", "turn:u:p@",
                                        "http:a", "turn:u@h", ":x",          "turn:@h"};
    for (gsize i = 0; i < G_N_ELEMENTS(wrong); i++) {
        g_autofree char *expected = g_strdup_printf(
            "ice-servers: \"%s\" is neither stun:HOST:PORT nor turn:USER:PASSWORD@HOST:PORT (nor "
            "turn:HOST:PORT with turn-secret)",
            wrong[i]);
        assert_text(ice(wrong[i]), expected);
    }
}

static void a_secret_makes_passwords_that_end(void **state)
{
    assert_text(ice_with("turn:h:3478 stun:s turn:u:p@k", "north"),
                "[turn:h:3478 - -][stun:s - -][turn:k u p]");
    assert_has(ice_with("turn:u@h", "north"), "is neither");
    g_autoptr(GPtrArray) servers = ice_servers_parse("turn:h stun:s turn:u:p@k", "north", NULL);
    static const char *const expected[] = {
        // printf 1700043200 | openssl dgst -sha1 -hmac north -binary | base64
        "1700043200 PSvXQwCT00HksjK8g6LOQFVjgO8=", "- -", "u p"};
    for (guint i = 0; i < servers->len; i++) {
        g_autofree char *user = NULL, *credential = NULL;
        bool opens = ice_server_open(servers->pdata[i], 1700000000, &user, &credential);
        assert_int_equal(opens, i != 1);
        assert_text(g_strdup_printf("%s %s", user ? user : "-", credential ? credential : "-"),
                    expected[i]);
    }
}

static void addresses_and_ports_of_ice(void **state)
{
    g_autoptr(GError) error = NULL;
    g_auto(GStrv) addresses = ice_addresses_parse(" 192.0.2.1\t2001:DB8::1 ", &error);
    assert_text(g_strjoinv(",", addresses), "192.0.2.1,2001:db8::1");
    assert_null(ice_addresses_parse("192.0.2.1 example.org", &error));
    assert_string_equal(error->message, "ice-address: \"example.org\" is not a numeric address");
    static const char *const wrong[] = {"1", "1-", "0-5", "5-4", "1-65536", "1-2-3", "a-b", "1-2 "};
    int first, last;
    for (gsize i = 0; i < G_N_ELEMENTS(wrong); i++)
        assert_false(ice_ports_parse(wrong[i], &first, &last, NULL));
    assert_true(ice_ports_parse("40000-40009", &first, &last, NULL));
    assert_int_equal(first + last, 80009);
    assert_true(ice_ports_parse("", &first, &last, NULL));
    assert_int_equal(first + last, 0);
}

static void words_of_ice(void **state)
{
    static const char long_enough[] = "0123456789012345678901";
    g_autofree char *most = g_strnfill(ICE_MAX_WORD, 'a'),
                    *more = g_strnfill(ICE_MAX_WORD + 1, 'a');
    assert_true(ice_is_ufrag("ab+/") && ice_is_ufrag(most) && ice_is_password(long_enough));
    assert_false(ice_is_ufrag(NULL) || ice_is_ufrag("abc") || ice_is_ufrag(more) ||
                 ice_is_ufrag("ab c") || ice_is_ufrag("ab-d") || ice_is_ufrag("abcd\n") ||
                 ice_is_password(NULL) || ice_is_password(long_enough + 1));
}

int main(void)
{
#define CLEAN(test) cmocka_unit_test_setup(test, clear_environment)
    const struct CMUnitTest tests[] = {
        CLEAN(every_setting_has_a_fallback_that_it_would_accept),
        CLEAN(later_sources_win),
        CLEAN(an_option_s_file_stands_for_the_variable_s),
        CLEAN(mistakes_name_their_source),
        CLEAN(mistakes_in_a_file_name_their_line),
        CLEAN(booleans_have_many_names),
        CLEAN(another_program_s_environment),
        CLEAN(ice_servers_are_read),
        CLEAN(ice_servers_that_are_none),
        CLEAN(a_secret_makes_passwords_that_end),
        CLEAN(addresses_and_ports_of_ice),
        CLEAN(words_of_ice),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
