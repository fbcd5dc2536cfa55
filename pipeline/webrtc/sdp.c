// SPDX-License-Identifier: GPL-3.0-or-later
#include "pipeline/webrtc/sdp.h"

#include <gio/gio.h>
#include <gst/sdp/sdp.h>
#include <string.h>

#include "common/error.h"
#include "common/ice.h"
#include "common/link.h"

static bool refuse(GError **error, const char *format, ...) G_GNUC_PRINTF(2, 3);

static bool refuse(GError **error, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_autofree char *text = g_strdup_vprintf(format, args);
    va_end(args);
    g_set_error(error, FARFIELD_ERROR, ERROR_REFUSED, "SDP: %s", text);
    return false;
}

// The same of what is well-formed, and of no use to us.
static bool cannot_use(GError **error, const char *text)
{
    g_set_error(error, FARFIELD_ERROR, ERROR_UNUSABLE, "SDP: %s", text);
    return false;
}

static void section_destroy(gpointer data)
{
    struct sdp_section *section = data;
    g_free(section->media);
    g_free(section->protocol);
    g_free(section->format);
    g_free(section->mid);
    g_free(section);
}

void sdp_set_session(struct sdp *sdp, const char *ufrag, const char *password)
{
    g_free(sdp->ufrag);
    g_free(sdp->password);
    sdp->ufrag = g_strdup(ufrag);
    sdp->password = g_strdup(password);
}

void sdp_destroy(struct sdp *sdp)
{
    if (!sdp)
        return;
    g_ptr_array_unref(sdp->sections);
    g_ptr_array_unref(sdp->candidates);
    g_ptr_array_unref(sdp->sources);
    g_free(sdp->ufrag);
    g_free(sdp->password);
    g_free(sdp->fingerprint);
    g_free(sdp->setup);
    g_free(sdp);
}

// --- words ----------------------------------------------------------------------

#define ALNUM "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
#define ICE_CHARS ALNUM "+/"
#define TOKEN_CHARS ALNUM "!#$%&'*+-.^_`{|}~" // RFC 8866

static bool is_word(const char *text, const char *chars, size_t min, size_t max)
{
    size_t length = text ? strspn(text, chars) : 0;
    return text && text[length] == '\0' && length >= min && length <= max;
}

static bool is_fingerprint(const char *text)
{
    static const struct {
        const char *name;
        int bytes;
    } hashes[] = {
        {"sha-1", 20}, {"sha-224", 28}, {"sha-256", 32}, {"sha-384", 48}, {"sha-512", 64}};
    const char *space = text ? strchr(text, ' ') : NULL;
    for (size_t i = 0; space && i < G_N_ELEMENTS(hashes); i++)
        if (strlen(hashes[i].name) == (size_t)(space - text) &&
            g_ascii_strncasecmp(text, hashes[i].name, space - text) == 0)
            return is_word(space + 1, "0123456789abcdefABCDEF:", hashes[i].bytes * 3 - 1,
                           hashes[i].bytes * 3 - 1);
    return false;
}

static bool is_number(const char *text, guint64 max)
{
    return is_word(text, "0123456789", 1, 10) && g_ascii_strtoull(text, NULL, 10) <= max;
}

// RFC 8839: foundation component transport priority address port "typ" type, then what may be.
char *sdp_clean_candidate(const char *text)
{
    static const char *const types[] = {"host", "srflx", "prflx", "relay", NULL};
    if (strlen(text) > 1024 || !g_str_has_prefix(text, "candidate:"))
        return NULL;
    g_auto(GStrv) word = g_strsplit(text + strlen("candidate:"), " ", 9);
    if (g_strv_length(word) < 8 || !is_word(word[0], ICE_CHARS, 1, 32) ||
        strcmp(word[1], "1") != 0 || g_ascii_strcasecmp(word[2], "udp") != 0 ||
        !is_number(word[3], G_MAXUINT32) || !is_number(word[5], 65535) ||
        strcmp(word[5], "0") == 0 || strcmp(word[6], "typ") != 0 ||
        !g_strv_contains(types, word[7]))
        return NULL;
    g_autoptr(GInetAddress) address = g_inet_address_new_from_string(word[4]);
    if (!address)
        return NULL;
    g_autofree char *plain = g_inet_address_to_string(address);
    return g_strdup_printf("candidate:%s 1 UDP %s %s %s typ %s", word[0], word[3], plain, word[5],
                           word[7]);
}

// RFC 8445, section 5.1.2.1: server reflexive, of the preference that the host's has.
static guint32 reflexive_priority(const char *host)
{
    return (guint32)((g_ascii_strtoull(host, NULL, 10) & 0xffffff) | 100 << 24);
}

static bool same_family(const char *a, const char *b)
{
    return !strchr(a, ':') == !strchr(b, ':');
}

void sdp_add_outside(struct sdp *own, const char *const *addresses)
{
    guint inside = own->candidates->len;
    for (guint i = 0; i < inside; i++) {
        g_auto(GStrv) word = g_strsplit(g_ptr_array_index(own->candidates, i), " ", -1);
        for (int a = 0; strcmp(word[7], "host") == 0 && addresses[a]; a++)
            if (same_family(word[4], addresses[a]))
                g_ptr_array_add(own->candidates,
                                g_strdup_printf("candidate:%uo%d 1 UDP %u %s %s typ srflx raddr %s "
                                                "rport %s",
                                                i, a, reflexive_priority(word[3]), addresses[a],
                                                word[5], word[4], word[5]));
    }
}

// --- reading --------------------------------------------------------------------

static const char *attribute(const GstSDPMedia *media, const char *key)
{
    return gst_sdp_media_get_attribute_val(media, key);
}

static bool has_attribute(const GstSDPMedia *media, const char *key)
{
    for (guint i = 0; i < gst_sdp_media_attributes_len(media); i++)
        if (g_strcmp0(gst_sdp_media_get_attribute(media, i)->key, key) == 0)
            return true;
    return false;
}

// Printable lines "x=..." and nothing else may reach the parser.
static bool check_text(const char *text, GError **error)
{
    size_t length = strlen(text);
    if (length > LINK_MAX_SDP)
        return refuse(error, "longer than %d bytes", LINK_MAX_SDP);
    if (!g_str_has_prefix(text, "v=0") || !strchr("\r\n", text[3]))
        return refuse(error, "does not begin with the line \"v=0\"");
    if (!g_utf8_validate(text, length, NULL))
        return refuse(error, "not UTF-8");
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    for (int i = 0; lines[i]; i++) {
        char *line = lines[i];
        size_t end = strlen(line);
        if (end > 0 && line[end - 1] == '\r')
            line[--end] = '\0';
        if (end == 0 && !lines[i + 1])
            continue;
        if (end < 2 || line[0] < 'a' || line[0] > 'z' || line[1] != '=')
            return refuse(error, "line %d is not \"x=...\"", i + 1);
        for (size_t j = 2; j < end; j++)
            if ((guchar)line[j] < ' ' || line[j] == 0x7f)
                return refuse(error, "line %d holds a control character", i + 1);
    }
    return true;
}

static bool read_sections(struct sdp *sdp, const GstSDPMessage *message, GError **error)
{
    guint count = gst_sdp_message_medias_len(message);
    if (count == 0)
        return refuse(error, "there is no media section (m=audio ...), nor what belongs to it");
    if (count > SDP_MAX_SECTIONS)
        return refuse(error, "%u media sections, the most is %d", count, SDP_MAX_SECTIONS);
    for (guint i = 0; i < count; i++) {
        const GstSDPMedia *media = gst_sdp_message_get_media(message, i);
        struct sdp_section *section = g_new0(struct sdp_section, 1);
        g_ptr_array_add(sdp->sections, section);
        section->media = g_strdup(gst_sdp_media_get_media(media));
        section->protocol = g_strdup(gst_sdp_media_get_proto(media));
        section->mid = g_strdup(attribute(media, "mid"));
        if (gst_sdp_media_formats_len(media) > 0)
            section->format = g_strdup(gst_sdp_media_get_format(media, 0));
        if (!is_word(section->media, ALNUM "-", 1, 32) ||
            !is_word(section->protocol, TOKEN_CHARS "/", 1, 64) ||
            !is_word(section->format, TOKEN_CHARS, 1, 64))
            return refuse(error, "media section %u lacks its kind, protocol or format", i);
        if (section->mid && !is_word(section->mid, TOKEN_CHARS, 1, 64))
            return refuse(error, "media section %u has a bad mid", i);
    }
    return true;
}

// The payload type that is mapped to `encoding` and is among the section's formats, or -1. Those
// that both sides know by heart lie below 35 (RFC 5761 leaves 64 to 95 to RTCP).
static int find_payload(const GstSDPMedia *media, const char *encoding)
{
    for (guint i = 0; i < gst_sdp_media_attributes_len(media); i++) {
        const GstSDPAttribute *a = gst_sdp_media_get_attribute(media, i);
        if (g_strcmp0(a->key, "rtpmap") != 0 || !a->value)
            continue;
        g_auto(GStrv) word = g_strsplit(a->value, " ", 2);
        if (g_strv_length(word) != 2 || !is_number(word[0], 127) ||
            g_ascii_strcasecmp(word[1], encoding) != 0)
            continue;
        int payload = (int)g_ascii_strtoull(word[0], NULL, 10);
        bool dynamic = payload >= 96 || (payload >= 35 && payload < 64);
        for (guint f = 0; f < gst_sdp_media_formats_len(media); f++)
            if (dynamic && g_strcmp0(gst_sdp_media_get_format(media, f), word[0]) == 0)
                return payload;
    }
    return -1;
}

// The payload type of redundancy for Opus alone, or 0.
static int find_red(const GstSDPMedia *media, int opus)
{
    int red = find_payload(media, "red/48000/2");
    g_autofree char *wanted = g_strdup_printf("%d %d/%d", red, opus, opus);
    const char *fmtp;
    for (guint n = 0; red > 0 && (fmtp = gst_sdp_media_get_attribute_val_n(media, "fmtp", n)); n++)
        if (strcmp(fmtp, wanted) == 0)
            return red;
    return 0;
}

// The id of abs-capture-time, or 0: in the one-byte form of RFC 8285, from either side.
static int find_capture_id(const GstSDPMedia *media)
{
    const char *map;
    for (guint n = 0; (map = gst_sdp_media_get_attribute_val_n(media, "extmap", n)); n++) {
        g_auto(GStrv) word = g_strsplit(map, " ", 3);
        if (g_strv_length(word) == 2 && is_number(word[0], 14) && word[0][0] != '0' &&
            strcmp(word[1], SDP_CAPTURE_TIME) == 0)
            return (int)g_ascii_strtoull(word[0], NULL, 10);
    }
    return 0;
}

// A section with port 0 was refused, unless it waits for its bundle.
static bool is_live(const GstSDPMedia *media)
{
    return gst_sdp_media_get_port(media) != 0 || has_attribute(media, "bundle-only");
}

static const GstSDPMedia *find_audio(struct sdp *sdp, const GstSDPMessage *message, GError **error)
{
    bool seen = false;
    for (guint i = 0; i < sdp->sections->len; i++) {
        const struct sdp_section *section = g_ptr_array_index(sdp->sections, i);
        const GstSDPMedia *media = gst_sdp_message_get_media(message, i);
        if (strcmp(section->media, "audio") != 0 || !is_live(media))
            continue;
        seen = true;
        sdp->payload = find_payload(media, "opus/48000/2");
        if (sdp->payload < 0)
            continue;
        sdp->audio = i;
        sdp->red = find_red(media, sdp->payload);
        sdp->capture_id = find_capture_id(media);
        return media;
    }
    cannot_use(error, seen ? "the audio has no opus/48000/2 with a dynamic payload type"
                           : "no audio section");
    return NULL;
}

static bool check_audio(const struct sdp *sdp, const GstSDPMedia *media, enum sdp_role role,
                        GError **error)
{
    const struct sdp_section *section = g_ptr_array_index(sdp->sections, sdp->audio);
    if (!section->mid)
        return refuse(error, "the audio section has no mid");
    if (strcmp(section->protocol, "UDP/TLS/RTP/SAVPF") != 0 &&
        strcmp(section->protocol, "RTP/SAVPF") != 0)
        return refuse(error, "the audio's protocol is not UDP/TLS/RTP/SAVPF");
    if (!has_attribute(media, "rtcp-mux"))
        return refuse(error, "the audio has no rtcp-mux");
    if (role != SDP_OWN && (has_attribute(media, "sendonly") || has_attribute(media, "inactive")))
        return cannot_use(error, "the audio does not want to receive");
    return true;
}

static void read_bundle(struct sdp *sdp, const GstSDPMessage *message)
{
    const struct sdp_section *audio = g_ptr_array_index(sdp->sections, sdp->audio);
    const char *group;
    for (guint n = 0; (group = gst_sdp_message_get_attribute_val_n(message, "group", n)); n++) {
        g_auto(GStrv) mids = g_strsplit(group, " ", SDP_MAX_SECTIONS + 2);
        if (g_strcmp0(mids[0], "BUNDLE") != 0 ||
            !g_strv_contains((const char *const *)mids + 1, audio->mid))
            continue;
        for (guint i = 0; i < sdp->sections->len; i++) {
            struct sdp_section *section = g_ptr_array_index(sdp->sections, i);
            section->bundled =
                section->mid && g_strv_contains((const char *const *)mids + 1, section->mid);
        }
        return;
    }
}

// A transport attribute of the audio: its own, the session's, or its bundle's.
static const char *transport(const struct sdp *sdp, const GstSDPMessage *message, const char *key)
{
    const char *value = attribute(gst_sdp_message_get_media(message, sdp->audio), key);
    if (!value)
        value = gst_sdp_message_get_attribute_val(message, key);
    for (guint i = 0; !value && i < sdp->sections->len; i++) {
        const struct sdp_section *section = g_ptr_array_index(sdp->sections, i);
        if (section->bundled)
            value = attribute(gst_sdp_message_get_media(message, i), key);
    }
    return value;
}

static bool read_transport(struct sdp *sdp, const GstSDPMessage *message, enum sdp_role role,
                           GError **error)
{
    static const char *const setups[] = {"actpass", "active", "passive", NULL};
    sdp->ufrag = g_strdup(transport(sdp, message, "ice-ufrag"));
    sdp->password = g_strdup(transport(sdp, message, "ice-pwd"));
    sdp->fingerprint = g_strdup(transport(sdp, message, "fingerprint"));
    sdp->setup = g_strdup(transport(sdp, message, "setup"));
    if (!ice_is_ufrag(sdp->ufrag))
        return refuse(error, "ice-ufrag must be 4 to 256 letters, digits, + or /");
    if (!ice_is_password(sdp->password))
        return refuse(error, "ice-pwd must be 22 to 256 letters, digits, + or /");
    if (!is_fingerprint(sdp->fingerprint))
        return refuse(error, "fingerprint must be a hash's name and its bytes");
    if (!sdp->setup || !g_strv_contains(setups, sdp->setup) ||
        (role == SDP_ANSWER && strcmp(sdp->setup, "actpass") == 0))
        return refuse(error, "setup must be %s",
                      role == SDP_ANSWER ? "active or passive" : "actpass, active or passive");
    return true;
}

static void read_candidates(struct sdp *sdp, const GstSDPMedia *media)
{
    for (guint i = 0; i < gst_sdp_media_attributes_len(media); i++) {
        const GstSDPAttribute *a = gst_sdp_media_get_attribute(media, i);
        if (g_strcmp0(a->key, "candidate") != 0 || !a->value ||
            sdp->candidates->len == SDP_MAX_CANDIDATES)
            continue;
        g_autofree char *text = g_strconcat("candidate:", a->value, NULL);
        char *clean = sdp_clean_candidate(text);
        if (clean)
            g_ptr_array_add(sdp->candidates, clean);
    }
}

static void read_rest(struct sdp *sdp, const GstSDPMessage *message, enum sdp_role role)
{
    const GstSDPMedia *audio = gst_sdp_message_get_media(message, sdp->audio);
    sdp->reduced_size = has_attribute(audio, "rtcp-rsize");
    sdp->ice_lite = gst_sdp_message_get_attribute_val(message, "ice-lite") != NULL;
    for (guint i = 0; i < sdp->sections->len; i++) {
        const struct sdp_section *section = g_ptr_array_index(sdp->sections, i);
        if (i == sdp->audio || section->bundled)
            read_candidates(sdp, gst_sdp_message_get_media(message, i));
    }
    const char *source;
    for (guint i = 0;
         role == SDP_OWN && (source = gst_sdp_media_get_attribute_val_n(audio, "ssrc", i)); i++)
        g_ptr_array_add(sdp->sources, g_strdup(source));
}

// Whoever offers something useless gets an offer in return, if the rest makes a connection.
static bool cannot_use_whole(struct sdp *sdp, const GstSDPMessage *message, GError **useless,
                             GError **error)
{
    sdp->audio = 0;
    for (guint i = 0; i < sdp->sections->len; i++)
        ((struct sdp_section *)g_ptr_array_index(sdp->sections, i))->bundled = true;
    if ((*useless)->code != ERROR_UNUSABLE || read_transport(sdp, message, SDP_OFFER, error))
        g_propagate_error(error, g_steal_pointer(useless));
    return false;
}

static bool read_message(struct sdp *sdp, const char *text, enum sdp_role role, GError **error)
{
    if (!check_text(text, error))
        return false;
    g_autoptr(GstSDPMessage) message = NULL;
    gst_sdp_message_new(&message);
    if (gst_sdp_message_parse_buffer((const guint8 *)text, strlen(text), message) != GST_SDP_OK)
        return refuse(error, "cannot be parsed");
    if (!read_sections(sdp, message, error))
        return false;
    g_autoptr(GError) useless = NULL;
    const GstSDPMedia *audio = find_audio(sdp, message, &useless);
    if (!audio || !check_audio(sdp, audio, role, &useless))
        return cannot_use_whole(sdp, message, &useless, error);
    read_bundle(sdp, message);
    if (!read_transport(sdp, message, role, error))
        return false;
    read_rest(sdp, message, role);
    return true;
}

struct sdp *sdp_read(const char *text, enum sdp_role role, GError **error)
{
    struct sdp *sdp = g_new0(struct sdp, 1);
    sdp->sections = g_ptr_array_new_with_free_func(section_destroy);
    sdp->candidates = g_ptr_array_new_with_free_func(g_free);
    sdp->sources = g_ptr_array_new_with_free_func(g_free);
    if (read_message(sdp, text, role, error))
        return sdp;
    sdp_destroy(sdp);
    return NULL;
}
