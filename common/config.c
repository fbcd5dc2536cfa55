// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/error.h"

struct value {
    char *text;   // owned
    char *source; // owned: "default", "FILE:LINE", "FARFIELD_X" or "--x"
};

struct config {
    enum program program;
    struct value *values; // owned, one for each row of `settings`
};

static const char *const program_names[] = {
    [PROGRAM_CONTROLLER] = "farfield-controller",
    [PROGRAM_PIPELINE] = "farfield-pipeline",
};

static int setting_index(const char *name)
{
    for (int i = 0; settings[i].name; i++)
        if (strcmp(settings[i].name, name) == 0)
            return i;
    return -1;
}

static char *variable_name(const struct setting *setting)
{
    g_autofree char *upper = g_ascii_strup(setting->name, -1);
    return g_strconcat("FARFIELD_", g_strdelimit(upper, "-", '_'), NULL);
}

static bool parse_boolean(const char *text, bool *value)
{
    static const char *const yes[] = {"yes", "true", "1", "on", NULL};
    static const char *const no[] = {"no", "false", "0", "off", NULL};
    *value = g_strv_contains(yes, text);
    return *value || g_strv_contains(no, text);
}

static bool check_value(const struct setting *setting, const char *text, GError **error)
{
    switch (setting->type) {
    case SETTING_INTEGER: {
        gint64 ignored;
        if (g_ascii_string_to_signed(text, 10, setting->min, setting->max, &ignored, NULL))
            return true;
        g_set_error(error, FARFIELD_ERROR, ERROR_INVALID,
                    "%s must be a whole number from %" G_GINT64_FORMAT " to %" G_GINT64_FORMAT
                    ", not \"%s\"",
                    setting->name, setting->min, setting->max, text);
        return false;
    }
    case SETTING_BOOLEAN: {
        bool ignored;
        if (parse_boolean(text, &ignored))
            return true;
        g_set_error(error, FARFIELD_ERROR, ERROR_INVALID, "%s must be yes or no, not \"%s\"",
                    setting->name, text);
        return false;
    }
    case SETTING_CHOICE: {
        g_auto(GStrv) choices = g_strsplit(setting->choices, "|", -1);
        if (g_strv_contains((const char *const *)choices, text))
            return true;
        g_set_error(error, FARFIELD_ERROR, ERROR_INVALID, "%s must be one of %s, not \"%s\"",
                    setting->name, setting->choices, text);
        return false;
    }
    case SETTING_STRING:
    case SETTING_SECRET:
        if (g_utf8_validate(text, -1, NULL))
            return true;
        g_set_error(error, FARFIELD_ERROR, ERROR_INVALID, "%s is not UTF-8", setting->name);
        return false;
    }
    g_assert_not_reached();
}

// The index of the setting, or -1 with `error`, which names the source.
static int check_name(const char *name, const char *source, GError **error)
{
    int i = setting_index(name);
    if (i < 0)
        g_set_error(error, FARFIELD_ERROR, ERROR_INVALID,
                    "%s: there is no setting \"%s\"; --help lists them", source, name);
    return i;
}

static bool set_value(struct config *config, int i, const char *text, const char *source,
                      GError **error)
{
    if (!check_value(&settings[i], text, error)) {
        g_prefix_error(error, "%s: ", source);
        return false;
    }
    g_free(config->values[i].text);
    g_free(config->values[i].source);
    config->values[i] = (struct value){g_strdup(text), g_strdup(source)};
    return true;
}

static bool read_file(struct config *config, const char *path, bool may_be_missing, GError **error)
{
    g_autofree char *text = NULL;
    g_autoptr(GError) failure = NULL;
    if (!g_file_get_contents(path, &text, NULL, &failure)) {
        if (may_be_missing && g_error_matches(failure, G_FILE_ERROR, G_FILE_ERROR_NOENT))
            return true;
        g_set_error(error, FARFIELD_ERROR, ERROR_INVALID, "configuration: %s", failure->message);
        return false;
    }
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    for (int i = 0; lines[i]; i++) {
        char *line = g_strstrip(lines[i]);
        if (*line == '\0' || *line == '#')
            continue;
        g_autofree char *source = g_strdup_printf("%s:%d", path, i + 1);
        char *equals = strchr(line, '=');
        if (!equals) {
            g_set_error(error, FARFIELD_ERROR, ERROR_INVALID, "%s: expected key = value", source);
            return false;
        }
        *equals = '\0';
        int setting = check_name(g_strstrip(line), source, error);
        if (setting < 0 || !set_value(config, setting, g_strstrip(equals + 1), source, error))
            return false;
    }
    return true;
}

static bool read_environment(struct config *config, GError **error)
{
    for (int i = 0; settings[i].name; i++) {
        g_autofree char *variable = variable_name(&settings[i]);
        const char *text = g_getenv(variable);
        if (text && !set_value(config, i, text, variable, error))
            return false;
    }
    return true;
}

static void print_help(enum program program)
{
    printf("Usage: %s [--SETTING=VALUE ...]\n\n"
           "  --config=FILE    settings from FILE, lines of key = value\n"
           "  --print-config   print every setting, its value and where that came from\n"
           "  --version        print the version\n"
           "  --help           print this\n\n"
           "Each setting is an option (--http-port=80), a line of the file (http-port = 80) and a\n"
           "variable of the environment (FARFIELD_HTTP_PORT=80).\n\n",
           program_names[program]);
    for (const struct setting *s = settings; s->name; s++) {
        if (!(s->programs & program))
            continue;
        printf("  --%s=%s\n      %s", s->name,
               s->type == SETTING_INTEGER   ? "N"
               : s->type == SETTING_BOOLEAN ? "yes|no"
               : s->type == SETTING_CHOICE  ? s->choices
                                            : "TEXT",
               s->words);
        if (s->type == SETTING_INTEGER)
            printf(", %" G_GINT64_FORMAT " to %" G_GINT64_FORMAT, s->min, s->max);
        printf(*s->fallback ? " (%s)\n" : "\n", s->fallback);
    }
}

static void print_values(const struct config *config)
{
    for (int i = 0; settings[i].name; i++) {
        if (!(settings[i].programs & config->program))
            continue;
        bool hidden = settings[i].type == SETTING_SECRET && *config->values[i].text;
        printf("%s = %s  # %s\n", settings[i].name, hidden ? "(hidden)" : config->values[i].text,
               config->values[i].source);
    }
}

// Options are --name=value or --name value.
static bool read_arguments(struct config *config, int argc, char **argv, GError **error)
{
    for (int i = 1; i < argc; i++) {
        if (!g_str_has_prefix(argv[i], "--")) {
            g_set_error(error, FARFIELD_ERROR, ERROR_INVALID,
                        "\"%s\" is no option; --help lists them", argv[i]);
            return false;
        }
        const char *equals = strchr(argv[i], '=');
        g_autofree char *name =
            equals ? g_strndup(argv[i] + 2, equals - argv[i] - 2) : g_strdup(argv[i] + 2);
        g_autofree char *source = g_strconcat("--", name, NULL);
        bool is_config = strcmp(name, "config") == 0;
        int setting = is_config ? 0 : check_name(name, source, error);
        if (setting < 0)
            return false;
        const char *text = equals ? equals + 1 : i + 1 < argc ? argv[++i] : NULL;
        if (!text) {
            g_set_error(error, FARFIELD_ERROR, ERROR_INVALID, "--%s needs a value", name);
            return false;
        }
        if (!is_config && !set_value(config, setting, text, source, error))
            return false;
    }
    return true;
}

static const char *find_option(int argc, char **argv, const char *name)
{
    size_t length = strlen(name);
    for (int i = 1; i < argc; i++) {
        if (strncmp(argv[i], name, length) != 0)
            continue;
        if (argv[i][length] == '=')
            return argv[i] + length + 1;
        if (argv[i][length] == '\0')
            return i + 1 < argc ? argv[i + 1] : "";
    }
    return NULL;
}

static bool read_files(struct config *config, int argc, char **argv, GError **error)
{
    const char *named = find_option(argc, argv, "--config");
    if (!named)
        named = g_getenv("FARFIELD_CONFIG");
    if (named)
        return read_file(config, named, false, error);
    g_autofree char *home =
        g_build_filename(g_get_user_config_dir(), "farfield", "farfield.conf", NULL);
    return read_file(config, "/etc/farfield/farfield.conf", true, error) &&
           read_file(config, home, true, error);
}

enum config_outcome config_load(enum program program, int argc, char **argv, struct config **result,
                                GError **error)
{
    // The word may stand anywhere: `--http-port 1 --help` asks for help.
    bool print = false;
    g_autofree char **rest = g_new0(char *, argc + 1);
    int n = 0;
    for (int i = 0; i < argc; i++) {
        if (i > 0 && strcmp(argv[i], "--help") == 0) {
            print_help(program);
            return CONFIG_EXIT;
        }
        if (i > 0 && strcmp(argv[i], "--version") == 0) {
            printf("%s %s\n", program_names[program], FARFIELD_VERSION);
            return CONFIG_EXIT;
        }
        if (i > 0 && strcmp(argv[i], "--print-config") == 0)
            print = true;
        else
            rest[n++] = argv[i];
    }

    int count = 0;
    while (settings[count].name)
        count++;
    struct config *config = g_new0(struct config, 1);
    config->program = program;
    config->values = g_new0(struct value, count);
    for (int i = 0; i < count; i++)
        config->values[i] = (struct value){g_strdup(settings[i].fallback), g_strdup("default")};

    if (!read_files(config, n, rest, error) || !read_environment(config, error) ||
        !read_arguments(config, n, rest, error)) {
        config_destroy(config);
        return CONFIG_ERROR;
    }
    if (print) {
        print_values(config);
        config_destroy(config);
        return CONFIG_EXIT;
    }
    *result = config;
    return CONFIG_RUN;
}

void config_destroy(struct config *config)
{
    if (!config)
        return;
    for (int i = 0; settings[i].name; i++) {
        g_free(config->values[i].text);
        g_free(config->values[i].source);
    }
    g_free(config->values);
    g_free(config);
}

static const char *value_of(const struct config *config, const char *name)
{
    int i = setting_index(name);
    g_assert(i >= 0 && settings[i].programs & config->program);
    return config->values[i].text;
}

const char *config_string(const struct config *config, const char *name)
{
    return value_of(config, name);
}

int64_t config_integer(const struct config *config, const char *name)
{
    return g_ascii_strtoll(value_of(config, name), NULL, 10);
}

bool config_check_less(const struct config *config, const char *less, const char *more,
                       GError **error)
{
    if (config_integer(config, less) < config_integer(config, more))
        return true;
    g_set_error(error, FARFIELD_ERROR, ERROR_INVALID, "%s (%s) must be less than %s (%s)", less,
                value_of(config, less), more, value_of(config, more));
    return false;
}

bool config_boolean(const struct config *config, const char *name)
{
    bool value = false;
    parse_boolean(value_of(config, name), &value);
    return value;
}

char **config_environment(const struct config *config, enum program program,
                          const char *const *except)
{
    GPtrArray *environment = g_ptr_array_new();
    for (int i = 0; settings[i].name; i++) {
        if (!(settings[i].programs & program) || g_strv_contains(except, settings[i].name))
            continue;
        g_autofree char *variable = variable_name(&settings[i]);
        g_ptr_array_add(environment, g_strconcat(variable, "=", config->values[i].text, NULL));
    }
    g_ptr_array_add(environment, NULL);
    return (char **)g_ptr_array_free(environment, FALSE);
}
