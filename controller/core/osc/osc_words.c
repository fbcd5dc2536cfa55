// SPDX-License-Identifier: GPL-3.0-or-later
// docs/server-commands.md, from the rules themselves.
#include <string.h>

#include "controller/core/osc/osc_rules.h"
#include "controller/core/osc/osc_tokens.h"

static const char head[] =
    "<!-- SPDX-License-Identifier: GPL-3.0-or-later -->\n"
    "# scsynth's commands\n"
    "\n"
    "What Farfield does with every command of SuperCollider's Server Command Reference. This page "
    "is made\n"
    "from the table that `POST /v1/osc` (`osc.send`) checks messages by; `make reference` writes "
    "it.\n"
    "[osc.md](osc.md) says how to send them.\n"
    "\n"
    "scsynth trusts its input: a wrong number can end it, hang it, or fill its memory. So a "
    "message is\n"
    "sent only where every argument is known to be right, and a completion message within it as "
    "well.\n"
    "Refused with a reason are commands that are not in this table, commands by number or without "
    "their\n"
    "slash, address patterns, bundles (`bundle.send` makes them), and numbers that no float32 "
    "holds.\n"
    "\n"
    "| command | arguments | answer | what Farfield does | its own way |\n"
    "|---|---|---|---|---|\n";

static const char arguments_head[] =
    "\n"
    "## Arguments\n"
    "\n"
    "`(a b)+` may be repeated and must be there once, `(a b)*` may be missing, and so may `a?`. "
    "Whole\n"
    "numbers may be written as floats and the other way round; each is sent as scsynth wants it.\n"
    "\n"
    "| | is |\n"
    "|---|---|\n";

static const char replies[] =
    "\n"
    "After `sine1`, `sine2`, `sine3` and `cheby` of `/b_gen` come flags and amounts; after `copy`, "
    "the\n"
    "sample to copy to, the buffer to copy from, a sample of it, and how many.\n"
    "\n"
    "A new node that would come to stand behind a room's guard is put before it. One message moves "
    "no group\n"
    "to where another part of it has just moved something, and no group into itself, which scsynth "
    "would\n"
    "not survive.\n"
    "\n"
    "## What scsynth says\n"
    "\n"
    "| message | what Farfield does |\n"
    "|---|---|\n"
    "| `/n_go`, `/n_end`, `/n_move`, `/n_info` | moves the node in its tree, whoever made it; "
    "events "
    "`node.started`, `node.ended`, `node.changed` |\n"
    "| `/n_on`, `/n_off` | notes whether it runs; what is Farfield's own is set going again |\n"
    "| `/g_queryTree.reply`, `/n_setn` | learns what other clients' synths are made of and their "
    "controls |\n"
    "| `/c_setn`, `/b_info`, `/b_setn` | values of buses and buffers that were asked for |\n"
    "| `/done`, `/synced` | answers the commands that wait for it |\n"
    "| `/fail` | answers the command that it fits with status 502 and these words; else it is "
    "logged |\n"
    "| `/status.reply` | `server.status`; seven that are missing mean that scsynth is lost |\n"
    "| `/version.reply` | `version` of `server.status` |\n"
    "| `/tr`, and what SendReply says | passed over |\n";

static void add_cell(GString *text, const char *value, bool is_code)
{
    if (!value || !*value)
        g_string_append(text, " |");
    else
        g_string_append_printf(text, is_code ? " `%s` |" : " %s |", value);
}

static void add_rule(GString *text, const struct osc_rule *rule)
{
    g_string_append_printf(text, "| `%s` |", rule->address);
    add_cell(text, rule->grammar, true);
    add_cell(text, rule->reply, true);
    if (rule->grammar)
        add_cell(text, rule->words, false);
    else
        g_string_append_printf(text, " Refused: %s. |", rule->words);
    add_cell(text, rule->instead, false);
    g_string_append_c(text, '\n');
}

char *osc_rules_markdown(void)
{
    GString *text = g_string_new(head);
    gsize count;
    const struct osc_rule *rules = osc_rules(&count);
    for (gsize i = 0; i < count; i++)
        add_rule(text, &rules[i]);
    g_string_append(text, arguments_head);
    for (const struct token *t = osc_token_table; t->name; t++)
        g_string_append_printf(text, "| `%s` | %s |\n", t->name, t->words);
    g_string_append(text, replies);
    return g_string_free(text, FALSE);
}
