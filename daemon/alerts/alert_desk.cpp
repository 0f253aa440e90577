#include "daemon/alerts/alert_desk.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "daemon/text_values.h"
#include "daemon/words/json_fields.h"

namespace culprit {
namespace {

using Json = nlohmann::json;

EventTime time(const Json& json, const char* key) { return parse_time(raw_text_of(json, key)).value_or(EventTime{}); }

/// SEV1 → 1; what is no severity counts as the mildest.
int level(std::string_view severity) { return severity.size() == 4 && severity.starts_with("SEV") ? severity[3] - '0' : 9; }

/// Which change is blamed, by what names it: more evidence for the same one changes nothing that a person would do.
std::string cause_of(const Json& culprit) {
    const std::string attribution = raw_text_of(culprit, "attribution");
    const Json& causes = elements_of(culprit, "causes");
    if (attribution != "attributed" || causes.empty()) return attribution;
    std::string cause;
    for (const char* part : {"kind", "operation", "tool", "migration", "release", "time"})
        cause += raw_text_of(causes.front(), part) + '\x1f';
    return cause;
}

}  // namespace

std::string_view to_string(AlertEvent event) {
    switch (event) {
        case AlertEvent::opened:
            return "opened";
        case AlertEvent::joined:
            return "joined";
        case AlertEvent::escalated:
            return "escalated";
        case AlertEvent::updated:
            return "updated";
        case AlertEvent::repeated:
            return "repeated";
        case AlertEvent::resolved:
            return "resolved";
    }
    return "";
}

AlertDesk::AlertDesk(AlertRules rules, std::vector<Told> told) : rules_(rules) {
    for (Told& each : told) {
        std::string id = each.incident;
        told_.emplace(std::move(id), std::move(each));
    }
}

/// Of those that one cause opened at the same moment the worst pages, and the others join it.
void AlertDesk::let_one_page(std::vector<Notice>& notices) const {
    std::map<std::string, const Notice*> leaders;
    const auto group_of = [&](const Notice& notice) { return incidents_.at(notice.told.incident).view->group; };
    const auto opens = [&](const Notice& notice) { return notice.told.event == AlertEvent::opened && !group_of(notice).empty(); };
    for (const Notice& notice : notices) {
        if (!opens(notice)) continue;
        const Notice*& leader = leaders[group_of(notice)];
        if (!leader || level(notice.told.labels.at("severity")) < level(leader->told.labels.at("severity"))) leader = &notice;
    }
    for (Notice& notice : notices) {
        if (!opens(notice)) continue;
        const Notice& leader = *leaders.at(group_of(notice));
        if (&leader == &notice) continue;
        notice.told.event = AlertEvent::joined;
        if (notice.told.sequence == 1) notice.told.labels["group"] = leader.told.labels.at("group");
    }
    std::ranges::stable_partition(notices, [](const Notice& notice) { return notice.told.event != AlertEvent::joined; });
}

bool AlertDesk::offer(const IncidentDocument& document, EventTime now) {
    auto found = incidents_.find(document.id);
    if (found == incidents_.end()) {
        const auto told = told_.find(document.id);
        const bool firing = told != told_.end() && told->second.firing();
        // What is over, and was never told of, is nobody's business: most of what a restart offers again.
        if (!firing && document.status != "open") return true;
        if (!firing && incidents_.size() >= rules_.limit) return false;
        found = incidents_.emplace(document.id, Incident{.document = {}, .first_offered = now, .view = {}}).first;
    }
    found->second.document = document.json;
    found->second.view.reset();
    found->second.idle = false;
    return true;
}

std::vector<Notice> AlertDesk::due(EventTime now) {
    std::vector<Notice> notices;
    for (auto& [id, incident] : incidents_) {
        if (incident.idle) continue;
        if (!incident.view) incident.view = read(incident.document);
        if (auto notice = decide(id, incident, now)) notices.push_back(std::move(*notice));
    }
    let_one_page(notices);
    std::erase_if(incidents_, [&](const auto& each) {
        const auto& [id, incident] = each;
        const auto told = told_.find(id);
        return incident.idle && (told == told_.end() || !told->second.firing());
    });
    return notices;
}

void AlertDesk::delivered(const Notice& notice) {
    Told& told = told_[notice.told.incident] = notice.told;
    told.delivered = true;
    if (!told.firing())
        if (const auto found = incidents_.find(told.incident); found != incidents_.end())
            found->second.idle = found->second.view && found->second.view->status != "open";
}

void AlertDesk::forget(EventTime before) {
    std::erase_if(told_, [&](const auto& each) { return !each.second.firing() && each.second.at < before; });
}

AlertDesk::View AlertDesk::read(const std::string& document) {
    View view;
    const Json json = Json::parse(document, nullptr, false);
    if (!json.is_object()) return view;
    const Json& culprit = field(json, "culprit");
    const Json& symptom = field(culprit, "symptom");
    view.status = raw_text_of(culprit, "status");
    view.severity = raw_text_of(culprit, "severity");
    view.group = raw_text_of(culprit, "group");
    view.last_seen = time(culprit, "last_seen");
    view.silenced_until = time(culprit, "silenced_until");
    view.maintenance = raw_text_of(field(json, "labels"), "maintenance") == "true";
    view.substance = view.status + '\x1f' + view.severity + '\x1f' + cause_of(culprit);
    view.labels = {{"alertname", "CulpritIncident"}, {"culprit_id", raw_text_of(culprit, "id")}, {"severity", view.severity}};
    for (auto& [label, value] : {std::pair{"environment", raw_text_of(field(json, "service"), "environment")},
                                 {"database", raw_text_of(symptom, "database")},
                                 {"kind", raw_text_of(symptom, "kind")}})
        if (!value.empty()) view.labels.emplace(label, value);
    return view;
}

const Told* AlertDesk::leader_of(const std::string& id, const std::string& group) const {
    if (group.empty()) return nullptr;
    for (const auto& [other, incident] : incidents_) {
        if (other == id || !incident.view || incident.view->group != group) continue;
        const auto told = told_.find(other);
        if (told != told_.end() && told->second.firing()) return &told->second;
    }
    return nullptr;
}

Notice AlertDesk::notice(AlertEvent event, const std::string& id, const Incident& incident, const Told* before, EventTime now) {
    Notice notice;
    notice.document = incident.document;
    Told& told = notice.told;
    told.incident = id;
    told.sequence = before ? before->sequence + 1 : 1;
    told.event = event;
    told.substance = incident.view->substance;
    told.at = now;
    if (before) {
        told.labels = before->labels;
        if (!before->firing()) told.labels["severity"] = incident.view->severity;  // it opens again
    } else {
        told.labels = incident.view->labels;
        told.labels["group"] = incident.view->group.empty() ? id : incident.view->group;
    }
    if (event == AlertEvent::escalated) {
        notice.replaced_labels = told.labels;
        told.labels["severity"] = incident.view->severity;
    }
    return notice;
}

std::optional<Notice> AlertDesk::decide(const std::string& id, Incident& incident, EventTime now) {
    const View& view = *incident.view;
    const auto found = told_.find(id);
    const Told* before = found == told_.end() ? nullptr : &found->second;
    const bool open = view.status == "open";

    if (before && before->firing()) {
        if (!before->delivered && open) {
            Notice again{.told = *before, .replaced_labels = {}, .document = incident.document};
            again.told.substance = view.substance;
            again.told.at = now;
            return again;
        }
        if (!open) return notice(AlertEvent::resolved, id, incident, before, now);
        if (level(view.severity) < level(before->labels.at("severity")))
            return notice(AlertEvent::escalated, id, incident, before, now);
        if (view.substance != before->substance) return notice(AlertEvent::updated, id, incident, before, now);
        if (rules_.repeat > Duration{0} && now >= before->at + rules_.repeat)
            return notice(AlertEvent::repeated, id, incident, before, now);
        incident.idle = rules_.repeat <= Duration{0};
        return std::nullopt;
    }
    if (!open || view.maintenance || level(view.severity) > rules_.least_severity || view.last_seen + rules_.newest < now) {
        incident.idle = true;
        return std::nullopt;
    }
    if (now < view.silenced_until) return std::nullopt;
    if (level(view.severity) > 1 && now < incident.first_offered + rules_.hold) return std::nullopt;
    const Told* leader = leader_of(id, view.group);
    const bool page = !leader || level(view.severity) < level(leader->labels.at("severity"));
    Notice first = notice(page ? AlertEvent::opened : AlertEvent::joined, id, incident, before, now);
    // Receivers group by the label: it stays the one that they heard first, though the group's own name has changed since.
    if (!before && leader) first.told.labels["group"] = leader->labels.at("group");
    return first;
}

}  // namespace culprit
