#include "daemon/alerts/alert_bodies.h"

#include <nlohmann/json.hpp>

#include "daemon/words/escapes.h"
#include "daemon/words/json_fields.h"
#include "matchers/log_entry_json.h"

namespace culprit {
namespace {

using Json = nlohmann::json;

std::string dumped(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }

std::string page_of(const Notice& notice, const AlertLinks& links) {
    return links.page.empty() ? std::string() : links.page + "/incidents/" + notice.told.incident;
}

/// What changes over the incident's life stands here, and never in a label: another label would be another alert.
Json annotations_of(const Json& incident, const AlertLinks& links) {  // as `incident_words` gives it
    const Json &words = field(incident, "words"), &culprit = field(incident, "culprit"), &found = field(words, "found");
    const std::string message = raw_text_of(incident, "message");
    Json annotations{{"summary", escape_plain(message.empty() ? "an incident" : message)}};
    const auto put = [&](const char* name, const Json& from, const char* key) {
        if (const Json& value = field(from, key); value.is_string()) annotations[name] = escape_plain(value.get<std::string>());
    };
    put("description", field(culprit, "diagnosis"), "summary");
    put("errors", words, "errors");
    put("users", words, "users");
    put("services", words, "services");
    put("trend", culprit, "trend");
    if (found.is_object()) {
        put("cause", found, "summary");
        put("confidence", found, "percent");
    } else {
        annotations["cause"] = field(words, "is_pending") == true ? "not known yet" : "none found";
    }
    if (!links.runbook.empty()) annotations["runbook_url"] = links.runbook;
    return annotations;
}

/// The event as the words of a template: {{said.event}}, {{said.is_opened}} … Only the true one is there.
Said said_of(const Notice& notice, const AlertLinks& links) {
    const std::string event(to_string(notice.told.event));
    Said said{{"event", event}, {"is_" + event, "true"}, {"key", notice.key()}};
    if (!links.page.empty()) said["page"] = page_of(notice, links);
    if (!links.runbook.empty()) said["runbook"] = links.runbook;
    return said;
}

}  // namespace

std::string alertmanager_body(std::span<const Notice> notices, const AlertLinks& links, EventTime now, Duration validity) {
    Json alerts = Json::array();
    for (const Notice& notice : notices) {
        const Json incident = incident_words(Json::parse(notice.document, nullptr, false), now, {});
        const std::string onset = raw_text_of(field(incident, "culprit"), "onset");
        const auto add = [&](const std::map<std::string, std::string>& labels, EventTime ends) {
            Json alert{{"labels", labels}, {"annotations", annotations_of(incident, links)}, {"endsAt", to_rfc3339(ends)}};
            // Alertmanager refuses an alert that ends before it starts, and takes the time of arrival where none is given.
            if (!onset.empty() && onset < to_rfc3339(ends)) alert["startsAt"] = onset;
            if (!links.page.empty()) alert["generatorURL"] = page_of(notice, links);
            alerts.push_back(std::move(alert));
        };
        if (notice.replaced_labels) add(*notice.replaced_labels, now);
        add(notice.told.labels, notice.told.firing() ? now + validity : now);
    }
    return dumped(alerts);
}

Result<std::string> webhook_body(const Notice& notice, const std::string& template_name, const MessageTemplates& templates,
                                 const AlertLinks& links, EventTime now) {
    if (template_name == "generic") {
        Json body{{"event", to_string(notice.told.event)}, {"key", notice.key()}, {"group", notice.told.labels.at("group")}};
        if (!links.page.empty()) body["page"] = page_of(notice, links);
        if (!links.runbook.empty()) body["runbook"] = links.runbook;
        body["incident"] = Json::parse(notice.document, nullptr, false);
        return dumped(body);
    }
    if (template_name == "slack") {
        const auto text = templates.render("notice.slack", notice.document, now, said_of(notice, links));
        if (!text) return text.error();
        return dumped({{"text", text.value()}});
    }
    const auto body = templates.render(template_name + ".json", notice.document, now, said_of(notice, links));
    if (!body) return body.error();
    if (!Json::accept(body.value())) return Error{"the template " + template_name + ".json.mustache does not give JSON"};
    return body.value();
}

}  // namespace culprit
