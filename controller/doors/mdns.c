// SPDX-License-Identifier: GPL-3.0-or-later
// Avahi's client asks the message bus and waits for the answer, up to 25 s where the daemon hangs:
// so all of it runs on a thread of its own, which shares nothing with the others.
#include "controller/doors/mdns.h"

#include <avahi-client/client.h>
#include <avahi-client/publish.h>
#include <avahi-common/alternative.h>
#include <avahi-common/domain.h>
#include <avahi-common/error.h>
#include <avahi-common/malloc.h>
#include <avahi-glib/glib-watch.h>
#include <glib.h>
#include <string.h>

#include "common/log.h"

// Seconds between two looks for a message bus; the daemon itself is waited for by the client.
#define LOOK_AGAIN 30

struct mdns {
    char *name, *type; // owned
    int port;
    GMainContext *context;  // owned: the thread's
    GMainLoop *loop;        // owned
    AvahiGLibPoll *poll;    // owned
    AvahiClient *client;    // owned, NULL while there is no message bus
    AvahiEntryGroup *group; // of the client
    GSource *timer;         // owned, NULL for none
};

static void start(struct mdns *mdns);

static gboolean on_timer(gpointer data)
{
    struct mdns *mdns = data;
    g_clear_pointer(&mdns->timer, g_source_unref);
    // From here, since a client must not be freed in its own callback.
    if (mdns->client)
        avahi_client_free(mdns->client);
    mdns->client = NULL;
    mdns->group = NULL;
    start(mdns);
    return G_SOURCE_REMOVE;
}

static void look_again(struct mdns *mdns, int seconds)
{
    if (mdns->timer)
        return;
    mdns->timer = g_timeout_source_new_seconds((guint)seconds);
    g_source_set_callback(mdns->timer, on_timer, mdns, NULL);
    g_source_attach(mdns->timer, mdns->context);
}

static void announce(struct mdns *mdns, AvahiClient *client);

static void rename_service(struct mdns *mdns)
{
    char *other = avahi_alternative_service_name(mdns->name);
    g_free(mdns->name);
    mdns->name = g_strdup(other);
    avahi_free(other);
}

static void on_group(AvahiEntryGroup *group, AvahiEntryGroupState state, void *data)
{
    struct mdns *mdns = data;
    AvahiClient *client = avahi_entry_group_get_client(group);
    mdns->group = group;
    if (state == AVAHI_ENTRY_GROUP_ESTABLISHED) {
        log_info("mdns.published", "{s:s s:s s:i}", "name", mdns->name, "type", mdns->type, "port",
                 mdns->port);
    } else if (state == AVAHI_ENTRY_GROUP_COLLISION) {
        rename_service(mdns);
        announce(mdns, client);
    } else if (state == AVAHI_ENTRY_GROUP_FAILURE) {
        log_warning("mdns.failed", "{s:s}", "reason", avahi_strerror(avahi_client_errno(client)));
    }
}

static int add_service(struct mdns *mdns)
{
    int status = avahi_entry_group_add_service(mdns->group, AVAHI_IF_UNSPEC, AVAHI_PROTO_UNSPEC, 0,
                                               mdns->name, mdns->type, NULL, NULL,
                                               (uint16_t)mdns->port, NULL);
    return status < 0 ? status : avahi_entry_group_commit(mdns->group);
}

static void announce(struct mdns *mdns, AvahiClient *client)
{
    if (!mdns->group)
        mdns->group = avahi_entry_group_new(client, on_group, mdns);
    if (!mdns->group)
        return;
    avahi_entry_group_reset(mdns->group);
    int status = add_service(mdns);
    for (int i = 0; i < 10 && status == AVAHI_ERR_COLLISION; i++) {
        rename_service(mdns);
        avahi_entry_group_reset(mdns->group);
        status = add_service(mdns);
    }
    if (status < 0)
        log_warning("mdns.failed", "{s:s}", "reason", avahi_strerror(status));
}

static void on_client(AvahiClient *client, AvahiClientState state, void *data)
{
    struct mdns *mdns = data;
    if (state == AVAHI_CLIENT_S_RUNNING) {
        announce(mdns, client);
    } else if (state == AVAHI_CLIENT_FAILURE) {
        // The message bus is gone, or the daemon with it.
        log_debug("mdns.away", "{s:s}", "reason", avahi_strerror(avahi_client_errno(client)));
        look_again(mdns, 1);
    } else if (mdns->group) {
        // The daemon is away, or has got another name for this machine.
        avahi_entry_group_reset(mdns->group);
    }
}

static void start(struct mdns *mdns)
{
    int error = 0;
    mdns->client = avahi_client_new(avahi_glib_poll_get(mdns->poll), AVAHI_CLIENT_NO_FAIL,
                                    on_client, mdns, &error);
    if (mdns->client)
        return;
    log_debug("mdns.away", "{s:s}", "reason", avahi_strerror(error));
    look_again(mdns, LOOK_AGAIN);
}

static void mdns_destroy(struct mdns *mdns)
{
    if (mdns->timer) {
        g_source_destroy(mdns->timer);
        g_source_unref(mdns->timer);
    }
    if (mdns->client)
        avahi_client_free(mdns->client);
    avahi_glib_poll_free(mdns->poll);
    g_main_loop_unref(mdns->loop);
    g_main_context_unref(mdns->context);
    g_free(mdns->name);
    g_free(mdns->type);
    g_free(mdns);
}

static gpointer run(gpointer data)
{
    struct mdns *mdns = data;
    mdns->poll = avahi_glib_poll_new(mdns->context, G_PRIORITY_DEFAULT);
    start(mdns);
    g_main_loop_run(mdns->loop);
    mdns_destroy(mdns);
    return NULL;
}

struct mdns *mdns_publish(const char *name, const char *type, int port)
{
    struct mdns *mdns = g_new0(struct mdns, 1);
    // RFC 6763, 4.1.1.
    mdns->name = g_utf8_make_valid(name, (gssize)MIN(strlen(name), AVAHI_LABEL_MAX - 1));
    mdns->type = g_strdup(type);
    mdns->port = port;
    mdns->context = g_main_context_new();
    mdns->loop = g_main_loop_new(mdns->context, FALSE);
    // Not waited for at the end: it may hang, and with us its connection goes, and the service.
    g_thread_unref(g_thread_new("mdns", run, mdns));
    return mdns;
}

static gboolean on_withdraw(gpointer data)
{
    g_main_loop_quit(((struct mdns *)data)->loop);
    return G_SOURCE_REMOVE;
}

void mdns_withdraw(struct mdns *mdns)
{
    if (!mdns)
        return;
    g_autoptr(GSource) source = g_idle_source_new();
    g_source_set_callback(source, on_withdraw, mdns, NULL);
    g_source_attach(source, mdns->context);
}
