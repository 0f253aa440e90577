#include "daemon/web/incident_summary.h"

#include <algorithm>

#include "daemon/text_values.h"
#include "daemon/words/json_fields.h"
#include "daemon/words/wording.h"

namespace culprit {
namespace {

using nlohmann::json;

constexpr std::size_t kSearchable = 4'096;

std::vector<std::string> texts_of(const json& object, std::string_view key) {
    std::vector<std::string> texts;
    for (const json& each : elements_of(object, key))
        if (std::string text = text_of(each); !text.empty()) texts.push_back(std::move(text));
    return texts;
}

/// A hostile document may hold any number, and one that fits no integer is still a number.
std::int64_t integer_of(const json& object, std::string_view key) {
    return static_cast<std::int64_t>(std::clamp(number_of(object, key), 0.0, 9e15));
}

/// Without what the headline says of the cause, which lists show on a line of its own.
std::string problem_of(const IncidentSummary& summary) {
    const std::string clauses[] = {": " + summary.cause + ", " + percent_of(summary.confidence), ": no cause found",
                                   ": cause pending"};
    for (const std::string& clause : clauses)
        if (summary.headline.size() > clause.size() && summary.headline.ends_with(clause))
            return summary.headline.substr(0, summary.headline.size() - clause.size());
    return summary.headline;
}

}  // namespace

std::string lower_case(std::string_view text) {
    std::string lower(text);
    for (char& c : lower)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
    return lower;
}

IncidentSummary summarise(const IncidentDocument& incident) {
    const json document = json::parse(incident.json, nullptr, false);
    const json& own = field(document, "culprit");
    const json& symptom = field(own, "symptom");
    IncidentSummary summary;
    summary.id = incident.id;
    summary.status = incident.status;
    summary.severity = incident.severity;
    summary.headline = text_of(document, "message");
    summary.kind = text_of(symptom, "kind");
    summary.name = text_of(symptom, "name");
    summary.environment = text_of(field(document, "service"), "environment");
    summary.database = text_of(symptom, "database");
    summary.attribution = text_of(own, "attribution");
    summary.services = texts_of(field(own, "impact"), "services");
    summary.onset = text_of(own, "onset");
    summary.last_seen = text_of(own, "last_seen");
    summary.resolved_at = text_of(own, "resolved_at");
    summary.began = parse_time(summary.onset).value_or(incident.bucket);
    summary.seen = parse_time(summary.last_seen).value_or(summary.began);
    summary.count = integer_of(symptom, "count");
    summary.users = integer_of(field(own, "impact"), "users");
    const json& cause = field(own, "cause");
    summary.cause = text_of(cause, "summary");
    summary.cause_event = text_of(own, "group");
    summary.confidence = number_of(cause, "confidence");
    summary.acknowledged = field(own, "acknowledged").is_boolean() && field(own, "acknowledged").get<bool>();
    summary.silenced_until = text_of(own, "silenced_until");
    for (const json& count : elements_of(field(symptom, "histogram"), "counts"))
        if (count.is_number_unsigned() && summary.histogram.size() < 200) summary.histogram.push_back(count.get<std::uint64_t>());

    summary.problem = problem_of(summary);

    std::string all = summary.headline + '\n' + incident.id + '\n' + summary.name + '\n' + summary.database + '\n' + summary.kind;
    for (const std::string& name : summary.services) all += '\n' + name;
    for (const char* key : {"sqlstate", "schema", "table", "column", "constraint"}) all += '\n' + text_of(symptom, key);
    for (const char* key : {"summary", "tool", "migration", "release"}) all += '\n' + text_of(cause, key);
    if (all.size() > kSearchable) all.resize(kSearchable);
    summary.searchable = lower_case(all);
    return summary;
}

}  // namespace culprit
