#include <iostream>
#include <nlohmann/json.hpp>

#include "daemon/commands/commands.h"
#include "daemon/commands/incident_difference.h"
#include "daemon/commands/stored_incidents.h"
#include "daemon/text_values.h"

namespace culprit {

namespace {

using What = IncidentDifference::What;

void drop_before(std::vector<IncidentDocument>& documents, EventTime since) {
    std::erase_if(documents, [&](const IncidentDocument& document) {
        const auto json = nlohmann::json::parse(document.json, nullptr, false);
        if (!json.is_object() || !json.contains("/culprit/last_seen"_json_pointer)) return false;
        const auto& last = json["culprit"]["last_seen"];
        const auto time = last.is_string() ? parse_time(last.get<std::string>()) : std::nullopt;
        return time && *time < since;
    });
}

std::string shown(const std::string& value) { return value.empty() ? "nothing" : value; }

void print_text(const FoldDifference& found) {
    std::size_t added = 0, gone = 0, changed = 0;
    for (const IncidentDifference& incident : found.incidents)
        ++(incident.what == What::added ? added : incident.what == What::gone ? gone : changed);
    std::cout << found.before << " incidents before, " << found.after << " now: " << added << " new, " << gone << " gone, "
              << changed << " changed, " << found.same << " the same\n";
    for (const IncidentDifference& incident : found.incidents) {
        const char* sign = incident.what == What::added ? "+ " : incident.what == What::gone ? "- " : "~ ";
        std::cout << sign << incident.id << "  " << incident.title << "\n";
        for (const auto& [field, values] : incident.fields)
            std::cout << "    " << field << ": " << shown(values.first) << " -> " << shown(values.second) << "\n";
    }
}

void print_ndjson(const FoldDifference& found) {
    for (const IncidentDifference& incident : found.incidents) {
        nlohmann::ordered_json line{{"id", incident.id},
                                    {"what", incident.what == What::added  ? "added"
                                             : incident.what == What::gone ? "gone"
                                                                           : "changed"},
                                    {"title", incident.title}};
        for (const auto& [field, values] : incident.fields)
            line["fields"][field] = {{"before", values.first}, {"after", values.second}};
        std::cout << line.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) << "\n";
    }
}

}  // namespace

int replay(const ReplayOptions& options) {
    auto config = load_config(options.config);
    if (!config) return fail(kWrongUsage, config.error().message);
    std::optional<EventTime> since;
    if (!options.since.empty()) {
        since = parse_time_or_age(options.since);
        if (!since)
            return fail(kWrongUsage,
                        "--since " + options.since + ": expected a time such as 2026-02-01T02:00Z, or an age such as 2h");
    }
    if (!options.rules.empty()) {
        auto rules = read_rules(options.rules);
        if (!rules) return fail(kWrongUsage, "--rules: " + rules.error().message);
        config.value().correlation.rules = std::move(rules).value();
    }
    auto now = stored_incidents(config.value(), "");
    if (!now) return fail(kInputUnreadable, now.error().message);
    std::vector<IncidentDocument> after = std::move(now).value();
    if (since) drop_before(after, *since);
    if (options.against.empty()) {
        for (const IncidentDocument& incident : after)
            std::cout << (options.ndjson ? incident.json + "\n" : describe(incident, 100, false) + "\n");
        return kDone;
    }

    Result<std::vector<IncidentDocument>> was = std::vector<IncidentDocument>{};
    if (options.against.ends_with(".yaml") || options.against.ends_with(".yml")) {
        auto other = load_config(options.against);
        if (!other) return fail(kWrongUsage, other.error().message);
        other.value().signal_log = config.value().signal_log;  // the same signals, whatever that file says of them
        was = stored_incidents(other.value(), "");
    } else {
        was = incidents_in_file(options.against, "");
    }
    if (!was) return fail(kInputUnreadable, was.error().message);
    std::vector<IncidentDocument> before = std::move(was).value();
    if (since) drop_before(before, *since);
    const FoldDifference found = difference(before, after);
    options.ndjson ? print_ndjson(found) : print_text(found);
    return kDone;
}

}  // namespace culprit
