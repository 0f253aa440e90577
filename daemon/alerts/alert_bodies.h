#pragma once
// What goes over the wire: Alertmanager's API v2 and webhooks. Pure.
#include <span>
#include <string>

#include "daemon/alerts/alert_desk.h"
#include "daemon/words/message_templates.h"
#include "matchers/result.h"

namespace culprit {

struct AlertLinks {
    std::string page;     // where culprit's own page is reached, such as http://culprit.internal:8780; empty: no link
    std::string runbook;  // what the receiver is pointed to; empty: no link
};

/// The body of POST /api/v2/alerts. A firing alert ends at `now + validity` unless it is repeated before; a resolved one, and the
/// milder one that an escalation replaces, ends now.
std::string alertmanager_body(std::span<const Notice> notices, const AlertLinks& links, EventTime now, Duration validity);

/// `template_name`: `slack` ({"text": …} as Slack, Mattermost and Rocket.Chat take it), `generic` ({"event", "key", "page", …,
/// "incident": the document}), or a `NAME.json` of the team's own templates. The error says what is wrong with the template.
Result<std::string> webhook_body(const Notice& notice, const std::string& template_name, const MessageTemplates& templates,
                                 const AlertLinks& links, EventTime now);

}  // namespace culprit
