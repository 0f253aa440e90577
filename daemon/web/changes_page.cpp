#include <algorithm>
#include <map>

#include "daemon/web/layout.h"
#include "daemon/web/pages.h"
#include "daemon/words/json_fields.h"
#include "daemon/words/wording.h"

namespace culprit {
namespace {

constexpr std::size_t kChanges = 200, kIncidents = 20;

/// A change, and the incidents whose first cause it is.
struct BlamedChange {
    nlohmann::json cause;
    std::string time;
    std::vector<IncidentStore::Incident> incidents;
};

std::vector<BlamedChange> blamed_changes(const std::vector<IncidentStore::Incident>& all) {
    std::map<std::string, BlamedChange> by_event;
    for (const auto& incident : all) {
        if (incident->summary.attribution != "attributed") continue;
        const nlohmann::json document = nlohmann::json::parse(incident->document.json, nullptr, false);
        const nlohmann::json& cause = field(field(document, "culprit"), "cause");
        const std::string time = text_of(cause, "time");
        const std::string event = time + text_of(cause, "summary");
        BlamedChange& change = by_event[event];
        if (change.incidents.empty()) {
            change.cause = cause;
            change.time = time;
        }
        change.incidents.push_back(incident);
    }
    std::vector<BlamedChange> changes;
    for (auto& [event, change] : by_event) changes.push_back(std::move(change));
    std::ranges::stable_sort(changes, std::greater<>(), &BlamedChange::time);
    if (changes.size() > kChanges) changes.resize(kChanges);
    return changes;
}

TemplateData incident_line(const IncidentSummary& summary) {
    TemplateData line;
    line.set("id", summary.id);
    line.set("headline", summary.headline);
    line.set("severity", summary.severity);
    line.set("status", summary.status);
    if (summary.attribution == "attributed") line.set("confidence", percent_of(summary.confidence));
    return line;
}

/// Until there are documents of changes: those that incidents name as their cause.
TemplateData blamed(const std::vector<IncidentStore::Incident>& all) {
    TemplateData changes{TemplateData::type::list};
    for (const BlamedChange& change : blamed_changes(all)) {
        TemplateData one;
        one.set("summary", text_of(change.cause, "summary"));
        one.set("kind", spaced(text_of(change.cause, "kind")));
        one.set("time", change.time);
        one.set("time_readable", readable_time(change.time));
        set_text(one, "tool", text_of(change.cause, "tool"));
        TemplateData incidents{TemplateData::type::list};
        for (std::size_t at = 0; at < change.incidents.size() && at < kIncidents; ++at)
            incidents << incident_line(change.incidents[at]->summary);
        set_list(one, "incidents", incidents);
        changes << one;
    }
    return changes;
}

TemplateData warnings_of(const nlohmann::json& own) {
    TemplateData warnings{TemplateData::type::list};
    for (const nlohmann::json& warning : elements_of(own, "warnings")) {
        TemplateData one;
        one.set("summary", text_of(warning, "summary"));
        const bool open = text_of(warning, "status") == "open";
        one.set("status", open ? "warning" : "put right");
        one.set("look", open ? "open" : "resolved");
        TemplateData statements{TemplateData::type::list};
        if (open)
            for (const nlohmann::json& sql : elements_of(warning, "fix_sql")) statements << text_of(sql);
        set_list(one, "fix_sql", statements);
        warnings << one;
    }
    return warnings;
}

TemplateData section_of(const KeptChange& kept, const IncidentStore& all) {
    const nlohmann::json document = nlohmann::json::parse(kept.document.json, nullptr, false);
    const nlohmann::json &own = field(document, "culprit"), &change = field(own, "change"), &watch = field(own, "watch");
    TemplateData one;
    one.set("summary", text_of(change, "summary"));
    one.set("kind", spaced(text_of(change, "kind")));
    const std::string time = text_of(change, "time");
    one.set("time", time);
    one.set("time_readable", readable_time(time));
    for (const char* key : {"tool", "service", "database"}) set_text(one, key, text_of(change, key));
    one.set("verdict", kept.verdict);
    one.set("verdict_words", kept.verdict == "open" ? "watched until " + readable_time(text_of(watch, "until")) : kept.verdict);
    TemplateData incidents{TemplateData::type::list};
    std::size_t shown = 0;
    for (const nlohmann::json& id : elements_of(watch, "incidents")) {
        const auto incident = all.find(text_of(id));
        if (incident && ++shown <= kIncidents) incidents << incident_line(incident->summary);
    }
    set_list(one, "incidents", incidents);
    set_list(one, "warnings", warnings_of(own));
    TemplateData links{TemplateData::type::list};
    for (const nlohmann::json& link : elements_of(change, "links")) {
        const std::string address = text_of(link, "url");
        if (!address.starts_with("https://") && !address.starts_with("http://")) continue;  // never javascript:
        TemplateData shown;
        shown.set("address", address);
        shown.set("words", text_of(link, "title"));
        links << shown;
    }
    set_list(one, "links", links);
    return one;
}

}  // namespace

std::string changes_page(const IncidentStore& all, const UrlQuery& query) {
    const std::uint64_t revision = all.revision();
    TemplateData values, changes{TemplateData::type::list};
    const auto kept = all.changes().list();
    if (kept.empty()) {
        changes = blamed(*all.list());
    } else if (const auto page = select_changes(kept, query); page) {
        for (const auto& change : page.value().changes) changes << section_of(*change, all);
        values.set("found", counted(static_cast<std::int64_t>(page.value().total), "change"));
        if (!page.value().next.empty()) {
            UrlQuery next = query;
            next["cursor"] = page.value().next;
            values.set("next", "/changes" + to_text(next));
        }
    } else {
        values.set("problem", page.error().message);
    }
    set_list(values, "changes", changes);
    set_flag(values, "watched", !kept.empty());
    return framed({"Changes", "changes", "changes", revision}, fill("changes.mustache", values));
}

}  // namespace culprit
