// SPDX-License-Identifier: GPL-3.0-or-later
#include "pipeline/sound/client.h"

#include <glib.h>

#include "common/log.h"

#define RETRY (500 * G_TIME_SPAN_MILLISECOND)
#define CLOSE_TIME (300 * G_TIME_SPAN_MILLISECOND) // leaving JACK takes some 10 ms

struct client {
    struct client_user user;
    char *server, *name; // owned
    GThread *thread;     // owned; makes every call into JACK

    GMutex lock; // guards what follows
    GCond wake;
    bool stopping, lost, stale; // stale: ports or wishes have changed
    bool ended, abandoned;      // the thread has come to its end, or may take its time
};

static void wake(struct client *client, bool *flag)
{
    g_mutex_lock(&client->lock);
    *flag = true;
    g_cond_signal(&client->wake);
    g_mutex_unlock(&client->lock);
}

static void on_shutdown(void *data)
{
    struct client *client = data;
    wake(client, &client->lost);
}

static void on_port_registration(jack_port_id_t port, int registered, void *data)
{
    client_wake(data);
}

static void on_port_connect(jack_port_id_t a, jack_port_id_t b, int connected, void *data)
{
    client_wake(data);
}

static jack_client_t *open_client(struct client *client)
{
    const struct client_user *user = &client->user;
    jack_status_t status;
    jack_client_t *jack =
        jack_client_open(client->name, JackNoStartServer | JackServerName, &status, client->server);
    if (!jack)
        return NULL;
    jack_set_process_callback(jack, user->process, user->data);
    jack_on_shutdown(jack, on_shutdown, client);
    jack_set_port_registration_callback(jack, on_port_registration, client);
    jack_set_port_connect_callback(jack, on_port_connect, client);
    if (user->open(jack, user->data) && jack_activate(jack) == 0)
        return jack;
    jack_client_close(jack);
    return NULL;
}

// Waits for something to do, which there is soon where not all is connected; false when there is no
// more.
static bool wait_for_change(struct client *client, bool all)
{
    gint64 until = all ? G_MAXINT64 : g_get_monotonic_time() + RETRY;
    g_mutex_lock(&client->lock);
    while (!client->stopping && !client->lost && !client->stale &&
           g_cond_wait_until(&client->wake, &client->lock, until))
        ;
    client->stale = false;
    bool go_on = !client->stopping && !client->lost;
    g_mutex_unlock(&client->lock);
    return go_on;
}

static void serve(struct client *client, jack_client_t *jack)
{
    while (wait_for_change(client, client->user.serve(jack, client->user.data)))
        ;
    jack_client_close(jack);
    client->user.closed(client->user.data);
}

static void client_free(struct client *client)
{
    client->user.free(client->user.data);
    g_cond_clear(&client->wake);
    g_mutex_clear(&client->lock);
    g_free(client->server);
    g_free(client->name);
    g_free(client);
}

// Waits to try again; false when there is no more.
static bool wait_for_retry(struct client *client)
{
    g_mutex_lock(&client->lock);
    client->lost = false;
    gint64 until = g_get_monotonic_time() + RETRY;
    while (!client->stopping && g_cond_wait_until(&client->wake, &client->lock, until))
        ;
    bool go_on = !client->stopping;
    g_mutex_unlock(&client->lock);
    return go_on;
}

static void *run(void *data)
{
    struct client *client = data;
    do {
        jack_client_t *jack = open_client(client);
        if (jack)
            serve(client, jack);
    } while (wait_for_retry(client));
    g_mutex_lock(&client->lock);
    client->ended = true;
    bool abandoned = client->abandoned;
    g_cond_signal(&client->wake);
    g_mutex_unlock(&client->lock);
    if (abandoned)
        client_free(client);
    return NULL;
}

// libjack writes several lines on stderr at each attempt to connect.
static void on_jack_text(const char *text)
{
    log_debug("jack", "{s:s}", "message", text);
}

struct client *client_create(const char *server, const char *name, const struct client_user *user)
{
    jack_set_error_function(on_jack_text);
    jack_set_info_function(on_jack_text);
    struct client *client = g_new0(struct client, 1);
    client->user = *user;
    client->server = g_strdup(server);
    client->name = g_strdup(name);
    g_mutex_init(&client->lock);
    g_cond_init(&client->wake);
    client->thread = g_thread_new("jack", run, client);
    return client;
}

void client_destroy(struct client *client)
{
    if (!client)
        return;
    GThread *thread = client->thread;
    wake(client, &client->stopping);
    g_mutex_lock(&client->lock);
    gint64 until = g_get_monotonic_time() + CLOSE_TIME;
    while (!client->ended && g_cond_wait_until(&client->wake, &client->lock, until))
        ;
    bool ended = client->ended;
    client->abandoned = !ended;
    g_mutex_unlock(&client->lock);
    if (!ended) {
        g_thread_unref(thread);
        return;
    }
    g_thread_join(thread);
    client_free(client);
}

void client_wake(struct client *client)
{
    wake(client, &client->stale);
}
