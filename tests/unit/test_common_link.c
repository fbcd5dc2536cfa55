// SPDX-License-Identifier: GPL-3.0-or-later
// The link's messages as they go over the wire, and those that are refused.
#include "common/link.h"

#include "common/error.h"
#include "tests/unit/fake_asserts.h"

static char *through(const char *text)
{
    g_autofree char *json = g_strdelimit(g_strdup(text), "'", '"');
    g_autoptr(GError) error = NULL;
    struct link_message *message = link_message_decode(json, strlen(json), &error);
    if (!message)
        return g_strdup(error->message);
    char *encoded = link_message_encode(message);
    link_message_destroy(message);
    return g_strdelimit(encoded, "\"", '\'');
}

#define RECORDING                                                                                  \
    "{'id':'1-a','room':'main','name':'x','format':'flac','state':'recording','started':5.5,"      \
    "'length':0.0,'split':2000000000.0,'lost':480,'xruns':1,'parts':[{'bytes':12,'frames':2},"     \
    "{'bytes':9000000000,'frames':1}]}"

#define KEY "AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0e"
#define RELAY                                                                                      \
    "{'id':'r1','room':'main','host':'192.0.2.7','port':5002,'rtcp_port':5003,'payload':111,"      \
    "'ssrc':4000000000,'ttl':0,'mode':'balanced','since':5.5,'packets':1,'bytes':2,"               \
    "'errors':3}"

static void every_type_survives(void **state)
{
    static const char *const texts[] = {
        "{'type':'controller.hello','rooms':[{'room':'main','sources':['a:1','a:2'],"
        "'bitrate':96000,'complexity':9}]}",
        "{'type':'controller.hello','rooms':[]}",
        "{'type':'pipeline.hello','listeners':[{'listener':'x','room':'main','kind':'ogg',"
        "'state':'connected','mode':'safe','since':5.5,'client':'mpv 0.35.0'}],"
        "'recordings':[" RECORDING "],'relays':[" RELAY "]}",
        "{'type':'pipeline.hello','listeners':[{'listener':'x','room':'main','kind':'webrtc',"
        "'state':'connected','mode':'balanced','since':5.5,'ufrag':'abcd','their_ufrag':'efgh'}],"
        "'recordings':[],'relays':[]}",
        "{'type':'pipeline.hello','listeners':[],'recordings':[],'relays':[]}",
        "{'type':'relay','relay':" RELAY "}",
        "{'type':'relay.stop','id':'r1'}",
        "{'type':'relayed','relay':{'id':'r2','room':'a','host':'ff02::9','port':65535,"
        "'rtcp_port':0,'payload':96,'ssrc':0,'ttl':1,'mode':'lowest','since':0.0,'packets':0,"
        "'bytes':0,'errors':0,'srtp_key':'" KEY "','detail':'no socket','status':503}}",
        "{'type':'record','recording':" RECORDING "}",
        "{'type':'record.stop','id':'1-a'}",
        "{'type':'recording','recording':" RECORDING "}",
        "{'type':'recording','recording':{'id':'1','room':'r','name':'','format':'wav',"
        "'state':'failed','started':0.0,'length':2.5,'split':262144.0,'lost':0,'xruns':0,'parts':[],"
        "'status':507,'detail':'the disk is full'}}",
        "{'type':'listen','listener':'x','room':'main','mode':'lowest'}",
        "{'type':'listen','listener':'x','room':'main','sdp':'v=0','mode':'balanced'}",
        "{'type':'offer','listener':'x','sdp':'v=0'}",
        "{'type':'answer','listener':'x','sdp':'v=0'}",
        "{'type':'candidate','listener':'x','candidate':'','mline':63}",
        "{'type':'candidate','listener':'x','candidate':'c','mline':0,'mid':'1'}",
        "{'type':'restart','listener':'x'}",
        "{'type':'restart','listener':'x','ufrag':'abcd','password':'p'}",
        "{'type':'refused','listener':'x','status':422,'detail':'no'}",
        "{'type':'refused','listener':'x','status':503}",
        "{'type':'state','listener':'x','state':'closed','detail':'left'}",
        "{'type':'state','listener':'x','state':'connecting'}",
        "{'type':'close','listener':'x'}",
        "{'type':'meter','room':'main','peak':[-6.5,-200.0],'rms':[-9.0,0.0]}",
        "{'type':'stats','listener':'x','stats':{'packets':1.0,'bytes':2.0,'lost':-1.0,"
        "'expected':7.0,'round_trip':-1.0,'jitter':0.001,'mode':'balanced'}}",
        "{'type':'mode','listener':'x','mode':'safe'}",
        "{'type':'joined','listener':'x','room':'main','mode':'safe','kind':'pcm','since':5.5,"
        "'client':'curl 7'}",
        "{'type':'joined','listener':'x','room':'main','mode':'lowest','kind':'websocket','since':5.5}",
        "{'type':'streams','port':8082}",
        "{'type':'streams','detail':'port 8082 is taken','port':0}",
        "{'type':'capture','capture':{'jack':true,'rate':48000,'connected':2,'xruns':3}}",
    };
    for (gsize i = 0; i < G_N_ELEMENTS(texts); i++)
        assert_text(through(texts[i]), texts[i]);
}

static void unknown_members_are_passed_over(void **state)
{
    assert_text(through("{'future': [1], 'type': 'close', 'listener': 'x'}"),
                "{'type':'close','listener':'x'}");
}

static void what_is_wrong_is_named(void **state)
{
    static const char *const cases[] = {
        "{'type': 'nothing'}",
        "type must be a type of this version",
        "{}",
        "type must be a type of this version",
        "[]",
        "type must be a type of this version",
        "{'type': 'offer', 'listener': 'x'}",
        "sdp must be a string of fitting length",
        "{'type': 'offer', 'sdp': 'x'}",
        "listener must be a string of fitting length",
        "{'type': 'offer', 'listener': 5, 'sdp': 'x'}",
        "listener must be a string of fitting length",
        "{'type': 'restart', 'listener': 'x', 'ufrag': 'abcd'}",
        "password must be a string of fitting length",
        "{'type': 'candidate', 'listener': 'x', 'candidate': 'c', 'mline': 64}",
        "mline must be a number in range",
        "{'type': 'candidate', 'listener': 'x', 'candidate': 'c', 'mline': -1}",
        "mline must be a number in range",
        "{'type': 'refused', 'listener': 'x', 'status': 200}",
        "status must be a number in range",
        "{'type': 'state', 'listener': 'x', 'state': 'asleep'}",
        "state must be connecting, connected or closed",
        "{'type': 'meter', 'room': 'main', 'peak': [1], 'rms': [1, 2]}",
        "peak must be two levels",
        "{'type': 'meter', 'room': 'main', 'peak': [1, 2], 'rms': [1, 'a']}",
        "rms must be two levels",
        "{'type': 'controller.hello', 'rooms': {}}",
        "rooms must be an array",
        "{'type': 'controller.hello', 'rooms': [{'room': 'a', 'sources': ['x']}]}",
        "sources must be two JACK port names",
        "{'type': 'pipeline.hello', 'listeners': [5]}",
        "listener must be a string of fitting length",
        "{'type': 'pipeline.hello', 'listeners': [{'listener': 'x', 'room': 'r', 'state': "
        "'closed', 'mode': 'safe', 'since': -1}]}",
        "since must be a number in range",
        "{'type': 'mode', 'listener': 'x', 'mode': 'fast'}",
        "mode must be balanced, lowest or safe",
        "{'type': 'stats', 'listener': 'x'}",
        "packets must be a number in range",
        "{'type': 'capture', 'capture': {'jack': 1}}",
        "jack must be true or false",
        "{'type': 'capture', 'capture': {'jack': true, 'rate': 1e99}}",
        "rate must be a number in range",
        "{'type': 'pipeline.hello', 'listeners': [], 'recordings': {}}",
        "recordings must be an array",
        "{'type': 'record.stop'}",
        "id must be a string of fitting length",
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i += 2) {
        g_autofree char *expected = g_strconcat("link message: ", cases[i + 1], NULL);
        assert_text(through(cases[i]), expected);
    }
}

// One member of a good recording is replaced.
static void recordings_are_checked(void **state)
{
    static const char *const cases[] = {
        "'id':'1-a'",
        "'id':'../a'",
        "id must be letters, digits and hyphens",
        "'id':'1-a'",
        "'id':''",
        "id must be letters, digits and hyphens",
        "'id':'1-a'",
        "'id':1",
        "id must be a string of fitting length",
        "'room':'main'",
        "'room':null",
        "room must be a string of fitting length",
        "'format':'flac'",
        "'format':'mp3'",
        "format must be one of its words",
        "'state':'recording'",
        "'state':'gone'",
        "state must be one of its words",
        "'started':5.5",
        "'started':-1",
        "started must be a number in range",
        "'split':2000000000.0",
        "'split':1000",
        "split must be a number in range",
        "'lost':480",
        "'lost':-1",
        "lost must be a number in range",
        "'parts':[",
        "'parts':[5,",
        "bytes must be a number in range",
        "'frames':1}",
        "'frames':1e16}",
        "frames must be a number in range",
        "'frames':1}]",
        "'frames':1}],'status':200",
        "status must be a number in range",
        "'frames':1}]",
        "'frames':1}],'detail':1",
        "detail must be a string of fitting length",
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i += 3) {
        g_auto(GStrv) around = g_strsplit(RECORDING, cases[i], 2);
        assert_int_equal(g_strv_length(around), 2);
        g_autofree char *wrong = g_strjoinv(cases[i + 1], around);
        g_autofree char *text = g_strdup_printf("{'type':'recording','recording':%s}", wrong);
        g_autofree char *expected = g_strconcat("recording: ", cases[i + 2], NULL);
        assert_text(through(text), expected);
    }
}

static void parts_have_a_bound(void **state)
{
    for (int over = 0; over <= 1; over++) {
        g_autoptr(GString) parts = g_string_new("'parts':[");
        for (int i = 0; i < RECORDING_MAX_PARTS - 2 + over; i++)
            g_string_append(parts, "{'bytes':1,'frames':1},");
        g_auto(GStrv) around = g_strsplit(RECORDING, "'parts':[", 2);
        g_autofree char *many = g_strjoinv(parts->str, around);
        g_autofree char *text = g_strdup_printf("{'type':'recording','recording':%s}", many);
        assert_text(through(text),
                    over ? "recording: parts must be an array of fitting length" : text);
    }
}

// What a relay is to be like, by what is exchanged in a good one.
static char *relay_with(const char *old, const char *new)
{
    g_auto(GStrv) around = g_strsplit("{'type':'relay','relay':" RELAY "}", old, 2);
    assert_non_null(around[1]);
    g_autofree char *text = g_strjoinv(new, around);
    return through(text);
}

static void relays_are_checked(void **state)
{
    static const char *const cases[][3] = {
        {"192.0.2.7", "example.org", "must be a numeric address; names are not looked up"},
        {"192.0.2.7", "", "must be a numeric address; names are not looked up"},
        {"192.0.2.7", "0.0.0.0", "is an address that nothing can be sent to"},
        {"192.0.2.7", "255.255.255.255", "is an address that nothing can be sent to"},
        {"192.0.2.7", "::", "is an address that nothing can be sent to"},
        {"192.0.2.7", "::ffff:127.0.0.1", "is an address that nothing can be sent to"},
        {"192.0.2.7", "fe80::1",
         "is link-local, which needs an interface that cannot be said here"},
        {"192.0.2.7", "224.0.0.1", "is a multicast address, which needs a ttl"},
        {"192.0.2.7", "ff02::1", "is a multicast address, which needs a ttl"},
        {"'ttl':0", "'ttl':1", "is no multicast address, of which ttl speaks"},
        {"5002", "53", "relay: port must be a number in range"},
        {"5002", "65536", "relay: port must be a number in range"},
        {"5003", "-1", "relay: rtcp_port must be a number in range"},
        {":111", ":0", "relay: payload must be a number in range"},
        {"4000000000", "4294967296", "relay: ssrc must be a number in range"},
        {"balanced", "loud", "relay: mode must be balanced, lowest or safe"},
        {"'errors':3", "'errors':-1", "relay: errors must be a number in range"},
        {"'errors':3", "'errors':3,'status':200", "relay: status must be a number in range"},
        {"'errors':3", "'errors':3,'srtp_key':'AQID'",
         "must be the base64 of 30 bytes: key of 16 and salt of 14"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++)
        assert_text(relay_with(cases[i][0], cases[i][1]), cases[i][2]);
    assert_has(relay_with("192.0.2.7", "2001:db8::1"), "2001:db8::1");
}

static void what_is_not_json_is_refused(void **state)
{
    static const char *const texts[] = {"", "{", "{'type': 'close', 'type': 'close'}",
                                        "{'type': '\xff'}",
                                        "{'type': 'close', 'listener': "
                                        "'\\u0000'}"};
    for (gsize i = 0; i < G_N_ELEMENTS(texts); i++)
        assert_has(through(texts[i]), "link message: ");
}

static void sdps_have_a_bound(void **state)
{
    for (int over = 0; over <= 1; over++) {
        g_autofree char *sdp = g_strnfill(LINK_MAX_SDP + over, 'x');
        g_autofree char *text = g_strdup_printf("{'type':'offer','listener':'x','sdp':'%s'}", sdp);
        assert_text(through(text),
                    over ? "link message: sdp must be a string of fitting length" : text);
    }
    g_autofree char *id = g_strnfill(129, 'x');
    g_autofree char *text = g_strdup_printf("{'type':'close','listener':'%s'}", id);
    assert_text(through(text), "link message: listener must be a string of fitting length");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_type_survives),    cmocka_unit_test(unknown_members_are_passed_over),
        cmocka_unit_test(what_is_wrong_is_named), cmocka_unit_test(what_is_not_json_is_refused),
        cmocka_unit_test(sdps_have_a_bound),      cmocka_unit_test(recordings_are_checked),
        cmocka_unit_test(parts_have_a_bound),     cmocka_unit_test(relays_are_checked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
