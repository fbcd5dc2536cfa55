// SPDX-License-Identifier: GPL-3.0-or-later
#include "controller/core/synthdefs/txarcmeta.h"

#include <math.h>
#include <stdarg.h>
#include <stdbool.h>
#include <string.h>

#include "common/error.h"
#include "controller/core/synthdefs/sidecar.h"

enum kind { NOTHING, NUMBER, SYMBOL, STRING, REFERENCE, OTHER };

struct value {
    enum kind kind;
    double number; // of a REFERENCE the object
    char *text;    // owned: of a SYMBOL or STRING
};

struct slot {
    char *name; // owned, NULL where it has none
    struct value value;
};

// One entry of `o`: an object of a class, or a plain value.
struct object {
    char *class; // owned, NULL for a plain value
    struct value value;
    GArray *slots; // owned: struct slot; NULL while it has none
};

struct reader {
    const char *text;
    gsize length, at;
    GArray *objects; // struct object
    guint slots;     // so far
    GError *error;   // owned; the first refusal
};

G_GNUC_PRINTF(2, 3)
static void refuse(struct reader *reader, const char *format, ...)
{
    if (reader->error)
        return;
    va_list arguments;
    va_start(arguments, format);
    g_autofree char *sentence = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    g_set_error(&reader->error, FARFIELD_ERROR, ERROR_INVALID, "byte %zu: expected %s", reader->at,
                sentence);
}

// --- words --------------------------------------------------------------------------------------

static char peek(const struct reader *reader)
{
    return reader->at < reader->length ? reader->text[reader->at] : '\0';
}

static void skip_space(struct reader *reader)
{
    for (;;) {
        while (reader->at < reader->length && g_ascii_isspace(reader->text[reader->at]))
            reader->at++;
        if (reader->at + 1 >= reader->length || memcmp(reader->text + reader->at, "//", 2) != 0)
            return;
        while (reader->at < reader->length && reader->text[reader->at] != '\n')
            reader->at++;
    }
}

static bool take(struct reader *reader, const char *word)
{
    skip_space(reader);
    gsize length = strlen(word);
    if (reader->error || reader->length - reader->at < length ||
        memcmp(reader->text + reader->at, word, length) != 0)
        return false;
    reader->at += length;
    return true;
}

static void want(struct reader *reader, const char *word)
{
    if (!take(reader, word))
        refuse(reader, "\"%s\"", word);
}

static bool in_name(char c)
{
    return g_ascii_isalnum(c) || c == '_';
}

// The caller owns it; NULL where no name is there.
static char *take_name(struct reader *reader)
{
    skip_space(reader);
    gsize start = reader->at;
    while (in_name(peek(reader)))
        reader->at++;
    return reader->at > start ? g_strndup(reader->text + start, reader->at - start) : NULL;
}

static int want_count(struct reader *reader, int most)
{
    skip_space(reader);
    gsize start = reader->at;
    int count = 0;
    while (g_ascii_isdigit(peek(reader)) && count <= most)
        count = count * 10 + (reader->text[reader->at++] - '0');
    if (reader->at == start || count > most) {
        reader->at = start;
        refuse(reader, "a number from 0 to %d", most);
        return 0;
    }
    return count;
}

// What stands between two of `quote`, a backslash letting any character stand for itself.
static char *take_quoted(struct reader *reader, char quote)
{
    GString *text = g_string_new(NULL);
    gsize start = reader->at++;
    while (reader->at < reader->length && reader->text[reader->at] != quote) {
        if (reader->text[reader->at] == '\\')
            reader->at++;
        if (peek(reader))
            g_string_append_c(text, peek(reader));
        reader->at++;
    }
    if (reader->at >= reader->length || !g_utf8_validate(text->str, text->len, NULL)) {
        reader->at = start;
        refuse(reader, "text in UTF-8 up to another %c", quote);
    } else {
        reader->at++;
    }
    return g_string_free(text, FALSE);
}

// --- values -------------------------------------------------------------------------------------

static bool take_number(struct reader *reader, double *number)
{
    gsize start = reader->at;
    bool negative = take(reader, "-");
    if (g_ascii_isdigit(peek(reader))) {
        char digits[64] = "";
        gsize length = strspn(reader->text + reader->at, "0123456789.e+-");
        length = MIN(length, MIN(reader->length - reader->at, sizeof digits - 1));
        memcpy(digits, reader->text + reader->at, length);
        char *end;
        *number = g_ascii_strtod(digits, &end);
        reader->at += end - digits;
    } else if (take(reader, "inf")) {
        *number = INFINITY;
    } else {
        reader->at = start;
        return false;
    }
    *number = negative ? -*number : *number;
    return true;
}

static struct value read_word(struct reader *reader)
{
    static const char *const words[] = {"nil", "true", "false", NULL};
    gsize start = reader->at;
    g_autofree char *word = take_name(reader);
    if (g_strcmp0(word, "o") == 0 && take(reader, "[")) {
        int index = want_count(reader, TXARCMETA_MAX_OBJECTS);
        want(reader, "]");
        return (struct value){REFERENCE, index, NULL};
    }
    if (word && g_strv_contains(words, word))
        return (struct value){strcmp(word, "nil") == 0 ? NOTHING : OTHER};
    reader->at = start;
    refuse(reader, "a number, a symbol, a string or o[N]");
    return (struct value){0};
}

static struct value read_value(struct reader *reader)
{
    double number;
    skip_space(reader);
    if (reader->error)
        return (struct value){0};
    if (peek(reader) == '"')
        return (struct value){STRING, 0, take_quoted(reader, '"')};
    if (peek(reader) == '\'')
        return (struct value){SYMBOL, 0, take_quoted(reader, '\'')};
    if (peek(reader) == '$') {
        // A character, one of those that are written with a backslash too.
        reader->at +=
            reader->length - reader->at > 1 && reader->text[reader->at + 1] == '\\' ? 3 : 2;
        reader->at = MIN(reader->at, reader->length);
        return (struct value){OTHER};
    }
    if (take_number(reader, &number))
        return (struct value){NUMBER, number, NULL};
    return read_word(reader);
}

static void value_clear(struct value *value)
{
    g_free(value->text);
}

// --- objects ------------------------------------------------------------------------------------

static void slot_clear(gpointer data)
{
    struct slot *slot = data;
    g_free(slot->name);
    value_clear(&slot->value);
}

static void object_clear(gpointer data)
{
    struct object *object = data;
    g_free(object->class);
    value_clear(&object->value);
    if (object->slots)
        g_array_unref(object->slots);
}

// "Event.prNew", "Array.prNew(4)", or a plain value.
static void read_object(struct reader *reader)
{
    struct object object = {0};
    skip_space(reader);
    if (g_ascii_isupper(peek(reader))) {
        object.class = take_name(reader);
        want(reader, ".prNew");
        if (take(reader, "(")) {
            want_count(reader, TXARCMETA_MAX_SLOTS);
            want(reader, ")");
        }
    } else {
        object.value = read_value(reader);
    }
    g_array_append_val(reader->objects, object);
}

static void read_objects(struct reader *reader)
{
    want(reader, "o");
    want(reader, "=");
    want(reader, "[");
    do {
        if (reader->objects->len >= TXARCMETA_MAX_OBJECTS)
            refuse(reader, "at most %d objects", TXARCMETA_MAX_OBJECTS);
        read_object(reader);
    } while (!reader->error && take(reader, ","));
    want(reader, "]");
    want(reader, ";");
}

// "minval: " is a name; what does not end in a colon is none.
static char *take_slot_name(struct reader *reader)
{
    gsize start = reader->at;
    g_autofree char *name = take_name(reader);
    if (name && !g_ascii_isdigit(*name) && peek(reader) == ':') {
        reader->at++;
        return g_steal_pointer(&name);
    }
    reader->at = start;
    return NULL;
}

static void read_slots(struct reader *reader, struct object *object)
{
    if (object->slots)
        refuse(reader, "another object, this one has its slots");
    else
        object->slots = g_array_new(FALSE, FALSE, sizeof(struct slot));
    g_array_set_clear_func(object->slots, slot_clear);
    want(reader, "[");
    if (take(reader, "]"))
        return;
    do {
        skip_space(reader);
        if (reader->slots++ >= TXARCMETA_MAX_SLOTS)
            refuse(reader, "at most %d slots", TXARCMETA_MAX_SLOTS);
        if (reader->error)
            return;
        struct slot slot = {.name = take_slot_name(reader)};
        slot.value = read_value(reader);
        g_array_append_val(object->slots, slot);
    } while (!reader->error && take(reader, ","));
    want(reader, "]");
}

static void read_contents(struct reader *reader)
{
    want(reader, "p");
    want(reader, "=");
    want(reader, "[");
    if (take(reader, "]")) {
        want(reader, ";");
        return;
    }
    do {
        int index = want_count(reader, MAX(0, (int)reader->objects->len - 1));
        want(reader, ",");
        if (!reader->error)
            read_slots(reader, &g_array_index(reader->objects, struct object, index));
    } while (!reader->error && take(reader, ","));
    want(reader, "]");
    want(reader, ";");
}

static void read_archive(struct reader *reader)
{
    want(reader, "var o, p;");
    read_objects(reader);
    read_contents(reader);
    want(reader, "prUnarchive(o,p);");
    skip_space(reader);
    if (reader->at < reader->length)
        refuse(reader, "the end of the file");
}

// --- what it says -------------------------------------------------------------------------------

static const struct object *object_of(const struct reader *reader, const struct value *value)
{
    if (!value || value->kind != REFERENCE || value->number >= reader->objects->len)
        return NULL;
    return &g_array_index(reader->objects, struct object, (guint)value->number);
}

static const struct value *slot_of(const struct object *object, const char *name)
{
    for (guint i = 0; object && object->slots && i < object->slots->len; i++) {
        const struct slot *slot = &g_array_index(object->slots, struct slot, i);
        if (g_strcmp0(slot->name, name) == 0)
            return &slot->value;
    }
    return NULL;
}

static const struct value *element(const struct object *array, guint index)
{
    if (!array || !array->slots || index >= array->slots->len)
        return NULL;
    return &g_array_index(array->slots, struct slot, index).value;
}

static const char *text_of(const struct reader *reader, const struct value *value)
{
    const struct object *object = object_of(reader, value);
    if (object && !object->class)
        value = &object->value;
    return value && (value->kind == STRING || value->kind == SYMBOL) ? value->text : NULL;
}

static double number_of(const struct value *value, double fallback)
{
    return value && value->kind == NUMBER ? value->number : fallback;
}

// A sidecar's range, in so far as it can be one.
static json_t *make_range(double min, double max, bool exponential, double step, const char *unit)
{
    json_t *entry = json_object();
    double low = MIN(min, max), high = MAX(min, max);
    if (unit && *unit)
        json_object_set_new(entry, "unit", json_string(unit));
    if (!isfinite(low) || !isfinite(high) || low >= high)
        return entry;
    json_object_set_new(entry, "min", json_real(low));
    json_object_set_new(entry, "max", json_real(high));
    exponential = exponential && (low > 0 || high < 0);
    json_object_set_new(entry, "curve", json_string(exponential ? "exponential" : "linear"));
    if (isfinite(step) && step > 0)
        json_object_set_new(entry, "step", json_real(step));
    return entry;
}

static bool is_exponential(const struct reader *reader, const struct value *warp)
{
    const struct object *object = object_of(reader, warp);
    const char *name = object && object->class ? object->class : text_of(reader, warp);
    return name && (strcmp(name, "ExponentialWarp") == 0 || strcmp(name, "exp") == 0 ||
                    strcmp(name, "exponential") == 0);
}

static json_t *range_of_spec(const struct reader *reader, const struct object *spec)
{
    return make_range(number_of(slot_of(spec, "minval"), NAN),
                      number_of(slot_of(spec, "maxval"), NAN),
                      is_exponential(reader, slot_of(spec, "warp")),
                      number_of(slot_of(spec, "step"), 0), text_of(reader, slot_of(spec, "units")));
}

// [min, max, warp, step, default, units], as ControlSpec.new takes them.
static json_t *range_of_array(const struct reader *reader, const struct object *array)
{
    return make_range(number_of(element(array, 0), NAN), number_of(element(array, 1), NAN),
                      is_exponential(reader, element(array, 2)), number_of(element(array, 3), 0),
                      text_of(reader, element(array, 5)));
}

static json_t *read_spec(const struct reader *reader, const struct value *value)
{
    const struct object *object = object_of(reader, value);
    if (object && g_strcmp0(object->class, "ControlSpec") == 0)
        return range_of_spec(reader, object);
    if (object && g_strcmp0(object->class, "Array") == 0)
        return range_of_array(reader, object);
    // The name of one that is well known.
    const char *name = text_of(reader, value);
    return name ? sidecar_well_known(name) : NULL;
}

// An event's array: key, value, key, value, with holes.
static const struct value *look_up(const struct reader *reader, const struct object *event,
                                   const char *key)
{
    const struct object *array = object_of(reader, slot_of(event, "array"));
    for (guint i = 0; array && array->slots && i + 1 < array->slots->len; i += 2)
        if (g_strcmp0(text_of(reader, element(array, i)), key) == 0)
            return element(array, i + 1);
    return NULL;
}

static json_t *describe(const struct reader *reader)
{
    const struct object *root = &g_array_index(reader->objects, struct object, 0);
    const struct object *specs = object_of(reader, look_up(reader, root, "specs"));
    const struct object *array = object_of(reader, slot_of(specs, "array"));
    json_t *parameters = json_object();
    for (guint i = 0; array && array->slots && i + 1 < array->slots->len; i += 2) {
        const char *name = text_of(reader, element(array, i));
        json_t *entry = name ? read_spec(reader, element(array, i + 1)) : NULL;
        if (entry)
            json_object_set_new(parameters, name, entry);
    }
    return json_pack("{s:o}", "parameters", parameters);
}

json_t *txarcmeta_parse(const char *text, gsize length, GError **error)
{
    if (length > SIDECAR_MAX_BYTES) {
        g_set_error(error, FARFIELD_ERROR, ERROR_TOO_LARGE, "expected at most %d bytes, found %zu",
                    SIDECAR_MAX_BYTES, length);
        return NULL;
    }
    // A copy with an end, which the reading of numbers counts on.
    g_autofree char *copy = g_strndup(text, length);
    struct reader reader = {.text = copy, .length = strlen(copy)};
    reader.objects = g_array_new(FALSE, FALSE, sizeof(struct object));
    g_array_set_clear_func(reader.objects, object_clear);
    if (reader.length < length) {
        reader.at = reader.length;
        refuse(&reader, "no NUL");
    }
    read_archive(&reader);
    json_t *sidecar = reader.error ? NULL : describe(&reader);
    g_array_unref(reader.objects);
    if (reader.error)
        g_propagate_error(error, reader.error);
    return sidecar;
}
