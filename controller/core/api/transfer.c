// SPDX-License-Identifier: GPL-3.0-or-later
#include "controller/core/api/transfer.h"

#include <stdio.h>
#include <string.h>

#define LAST_SECOND G_GINT64_CONSTANT(253402300799) // of the year 9999

static gboolean is_space(char c)
{
    return c == ' ' || c == '\t';
}

// --- validators ---------------------------------------------------------------------------------

// Whether `list` ("*", or entity tags separated by commas) names `etag`. A weak tag is none of ours
// where the comparison is a strong one.
static bool names_tag(const char *list, const char *etag, bool weakly)
{
    if (strcmp(list, "*") == 0)
        return true;
    while (*list) {
        while (is_space(*list) || *list == ',')
            list++;
        bool weak = g_str_has_prefix(list, "W/");
        const char *tag = list + (weak ? 2 : 0);
        if (*tag != '"')
            return false;
        const char *close = strchr(tag + 1, '"');
        if (!close)
            return false;
        gsize length = close + 1 - tag;
        if ((!weak || weakly) && strlen(etag) == length && strncmp(tag, etag, length) == 0)
            return true;
        list = close + 1;
    }
    return false;
}

bool transfer_names_tag(const char *list, const char *etag)
{
    return names_tag(list, etag, true);
}

static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

struct date {
    int year, day, hour, minute, second;
    char month[4];
};

// One of the three forms; each ends where the text does.
static bool scan_date(const char *text, struct date *d)
{
    int end = -1;
    if (sscanf(text, "%*3[a-zA-Z], %2d %3s %4d %2d:%2d:%2d GMT%n", &d->day, d->month, &d->year,
               &d->hour, &d->minute, &d->second, &end) == 6 &&
        end > 0)
        return text[end] == '\0';
    if (sscanf(text, "%*[a-zA-Z], %2d-%3s-%2d %2d:%2d:%2d GMT%n", &d->day, d->month, &d->year,
               &d->hour, &d->minute, &d->second, &end) == 6 &&
        end > 0) {
        // The year has two digits; 1970 to 2069 are meant.
        d->year += d->year < 70 ? 2000 : 1900;
        return text[end] == '\0';
    }
    return sscanf(text, "%*3[a-zA-Z] %3s %2d %2d:%2d:%2d %4d%n", d->month, &d->day, &d->hour,
                  &d->minute, &d->second, &d->year, &end) == 6 &&
           end > 0 && text[end] == '\0';
}

gint64 transfer_parse_date(const char *text)
{
    struct date d;
    if (!scan_date(text, &d))
        return -1;
    for (int i = 0; i < 12; i++) {
        if (strcmp(d.month, months[i]) != 0)
            continue;
        g_autoptr(GDateTime) time =
            g_date_time_new_utc(d.year, i + 1, d.day, d.hour, d.minute, d.second);
        return time ? g_date_time_to_unix(time) : -1;
    }
    return -1;
}

char *transfer_format_date(gint64 time)
{
    static const char *const days[] = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
    g_autoptr(GDateTime) t = g_date_time_new_from_unix_utc(CLAMP(time, 0, LAST_SECOND));
    // Not by a format of GLib's, whose names of days follow the locale.
    return g_strdup_printf("%s, %02d %s %d %02d:%02d:%02d GMT",
                           days[g_date_time_get_day_of_week(t) - 1],
                           g_date_time_get_day_of_month(t), months[g_date_time_get_month(t) - 1],
                           g_date_time_get_year(t), g_date_time_get_hour(t),
                           g_date_time_get_minute(t), g_date_time_get_second(t));
}

// Section 13.2.2, steps 1 to 4; 0 where the request goes on.
static int check_conditions(const struct transfer_head *head, const struct transfer_file *file)
{
    if (head->if_match) {
        if (!names_tag(head->if_match, file->etag, false))
            return 412;
    } else if (head->if_unmodified_since) {
        gint64 date = transfer_parse_date(head->if_unmodified_since);
        if (date >= 0 && file->modified > date)
            return 412;
    }
    if (head->if_none_match)
        return names_tag(head->if_none_match, file->etag, true) ? 304 : 0;
    gint64 date = head->if_modified_since ? transfer_parse_date(head->if_modified_since) : -1;
    return date >= 0 && file->modified <= date ? 304 : 0;
}

// Step 5: whether the part still belongs to what the asker has.
static bool range_holds(const struct transfer_head *head, const struct transfer_file *file)
{
    if (!head->if_range)
        return true;
    if (*head->if_range == '"')
        return strcmp(head->if_range, file->etag) == 0;
    // A date proves nothing of a file that has changed in this very second (section 8.8.2.2).
    return transfer_parse_date(head->if_range) == file->modified && file->now > file->modified + 1;
}

// --- the range ----------------------------------------------------------------------------------

static bool take_number(const char **at, guint64 *number)
{
    if (!g_ascii_isdigit(**at))
        return false;
    char *end;
    // What does not fit becomes the largest number, which is beyond any file.
    *number = g_ascii_strtoull(*at, &end, 10);
    *at = end;
    return true;
}

// "bytes=0-499", "bytes=500-", "bytes=-500".
static bool parse_range(const char *text, guint64 size, guint64 *first, guint64 *last)
{
    if (g_ascii_strncasecmp(text, "bytes=", 6) != 0)
        return false;
    const char *at = text + 6;
    guint64 a, b = G_MAXUINT64;
    while (is_space(*at))
        at++;
    bool has_first = take_number(&at, &a);
    if (*at++ != '-')
        return false;
    bool has_last = take_number(&at, &b);
    while (is_space(*at))
        at++;
    if (*at || (!has_first && !has_last) || (has_first && b < a))
        return false;
    *first = has_first ? a : b == 0 ? size : size - MIN(b, size);
    *last = has_first ? b : G_MAXUINT64;
    return true;
}

struct transfer transfer_decide(const struct transfer_head *head, const struct transfer_file *file)
{
    struct transfer transfer = {200, 0, file->size};
    int status = check_conditions(head, file);
    if (status)
        return (struct transfer){status, 0, 0};
    guint64 first, last;
    if (!head->is_get || !head->range || !range_holds(head, file) ||
        !parse_range(head->range, file->size, &first, &last))
        return transfer;
    if (first >= file->size)
        return (struct transfer){416, 0, 0};
    return (struct transfer){206, first, MIN(last, file->size - 1) - first + 1};
}

// --- the coding ---------------------------------------------------------------------------------

// "0", "0.5", "1.000" (section 12.4.2); -1 of what is none.
static double parse_weight(const char *text)
{
    gsize length = strlen(text);
    if (length == 0 || length > 5 || (text[0] != '0' && text[0] != '1') ||
        (length > 1 && text[1] != '.') || strspn(text, "0123456789.") != length ||
        (length > 1 && strchr(text + 2, '.')))
        return -1;
    double weight = g_ascii_strtod(text, NULL);
    return weight <= 1 ? weight : -1;
}

// One coding of the list, in place: "gzip;q=0.5" leaves "gzip". -1 where it cannot be read.
static double split_weight(char *coding)
{
    char *semicolon = strchr(coding, ';');
    if (semicolon)
        *semicolon = '\0';
    g_strstrip(coding);
    if (!semicolon)
        return 1;
    char *parameter = g_strstrip(semicolon + 1);
    return g_ascii_strncasecmp(parameter, "q=", 2) == 0 ? parse_weight(parameter + 2) : -1;
}

bool transfer_takes_gzip(const char *accept)
{
    double gzip = -1, any = -1, identity = -1;
    g_auto(GStrv) codings = g_strsplit(accept ? accept : "", ",", -1);
    for (int i = 0; codings[i]; i++) {
        double weight = split_weight(codings[i]);
        if (weight < 0)
            continue;
        if (g_ascii_strcasecmp(codings[i], "gzip") == 0 ||
            g_ascii_strcasecmp(codings[i], "x-gzip") == 0)
            gzip = weight;
        else if (strcmp(codings[i], "*") == 0)
            any = weight;
        else if (g_ascii_strcasecmp(codings[i], "identity") == 0)
            identity = weight;
    }
    // What is not named is as "*" says; identity is good without a word.
    double wanted = gzip >= 0 ? gzip : any;
    return wanted > 0 && wanted >= identity;
}

// --- the name -----------------------------------------------------------------------------------

char *transfer_disposition(const char *filename)
{
    g_autofree char *valid = g_utf8_make_valid(filename, -1);
    GString *plain = g_string_new(NULL);
    for (const char *at = valid; *at; at = g_utf8_next_char(at)) {
        // '%' and '\\' are read in different ways by different browsers.
        bool safe = *at >= ' ' && *at <= '~' && !strchr("\"\\%/", *at);
        g_string_append_c(plain, safe ? *at : '_');
    }
    // RFC 8187: attr-char besides letters and digits.
    g_autofree char *escaped = g_uri_escape_string(valid, "!#$&+^`|", FALSE);
    char *value = strcmp(plain->str, valid) == 0
                      ? g_strdup_printf("attachment; filename=\"%s\"", plain->str)
                      : g_strdup_printf("attachment; filename=\"%s\"; filename*=UTF-8''%s",
                                        plain->str, escaped);
    g_string_free(plain, TRUE);
    return value;
}
