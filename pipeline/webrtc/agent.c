// SPDX-License-Identifier: GPL-3.0-or-later
#include "pipeline/webrtc/agent.h"

#include <nice/agent.h>

struct agent {
    NiceAgent *nice; // owned
    guint stream;
    char *ufrag, *password; // owned: ours since the last restart
};

struct agent *agent_create(GObject *webrtc, GObject *dtls)
{
    g_autoptr(GObject) transport = NULL, stream = NULL, ice = NULL;
    struct agent *agent = g_new0(struct agent, 1);
    g_object_get(dtls, "transport", &transport, NULL);
    g_object_get(transport, "stream", &stream, NULL);
    g_object_get(stream, "stream-id", &agent->stream, NULL);
    g_object_get(webrtc, "ice-agent", &ice, NULL);
    g_object_get(ice, "agent", &agent->nice, NULL);
    return agent;
}

void agent_destroy(struct agent *agent)
{
    if (!agent)
        return;
    g_clear_object(&agent->nice);
    g_free(agent->ufrag);
    g_free(agent->password);
    g_free(agent);
}

bool agent_restart(struct agent *agent, const char **ufrag, const char **password)
{
    if (!nice_agent_restart_stream(agent->nice, agent->stream))
        return false;
    g_clear_pointer(&agent->ufrag, g_free);
    g_clear_pointer(&agent->password, g_free);
    nice_agent_get_local_credentials(agent->nice, agent->stream, &agent->ufrag, &agent->password);
    *ufrag = agent->ufrag;
    *password = agent->password;
    return true;
}

void agent_set_session(struct agent *agent, const char *ufrag, const char *password)
{
    nice_agent_set_remote_credentials(agent->nice, agent->stream, ufrag, password);
}

void agent_add_candidate(struct agent *agent, const char *candidate)
{
    g_autofree char *line = g_strconcat("a=", candidate, NULL);
    NiceCandidate *parsed = nice_agent_parse_remote_candidate_sdp(agent->nice, agent->stream, line);
    if (!parsed)
        return;
    GSList one = {.data = parsed};
    nice_agent_set_remote_candidates(agent->nice, agent->stream, NICE_COMPONENT_TYPE_RTP, &one);
    nice_candidate_free(parsed);
}
