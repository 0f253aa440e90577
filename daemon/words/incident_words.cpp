#include "daemon/words/incident_words.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>

#include "daemon/text_values.h"
#include "daemon/words/json_fields.h"
#include "daemon/words/wording.h"
#include "matchers/log_entry_json.h"

namespace culprit {
namespace {

using Json = nlohmann::json;

void put(Json& json, const char* key, const std::string& value) {
    if (!value.empty()) json[key] = value;
}

std::string joined(const Json& list) {
    std::string all;
    if (list.is_array())
        for (const Json& each : list)
            if (each.is_string()) all += (all.empty() ? "" : ", ") + each.get<std::string>();
    return all;
}

std::string per_minute(double rate) {
    char said[32];
    std::snprintf(said, sizeof said, rate < 10 ? "%.1f" : "%.0f", rate);
    return std::string(said) + " a minute";
}

Json cause_words(const Json& cause) {
    Json words = cause;
    const double seconds = number_of(cause, "offset_seconds");
    const std::string span = spoken(std::chrono::seconds(std::llround(std::fabs(seconds))));
    words["when"] = std::fabs(seconds) < 0.5 ? distance_of(seconds) : span + " " + from_onset(seconds);
    words["percent"] = percent_of(number_of(cause, "confidence"));
    words["time"] = readable_time(raw_text_of(cause, "time"));
    return words;
}

Json list_of(const Json& list, Json (*word)(const Json&)) {
    Json words = Json::array();
    if (list.is_array())
        for (const Json& each : list) words.push_back(word(each));
    return words;
}

Json moment_words(const Json& moment) {
    static constexpr std::array<std::array<const char*, 2>, 5> kNames{{{"onset", "First error"},
                                                                       {"change", "Change"},
                                                                       {"remedy", "Remedy"},
                                                                       {"last_seen", "Last error"},
                                                                       {"resolved", "Resolved"}}};
    Json words{{"time", readable_time(raw_text_of(moment, "time"))}, {"text", raw_text_of(moment, "text")}};
    const std::string what = raw_text_of(moment, "what");
    const auto* name = std::ranges::find_if(kNames, [&](const auto& each) { return what == each[0]; });
    words["what"] = name == kNames.end() ? what : (*name)[1];
    return words;
}

/// SQL by lines, so that a template can indent each of them: an indented block cannot be broken out of.
Json sql_words(const Json& statement) {
    Json lines = Json::array();
    const std::string sql = statement.is_string() ? statement.get<std::string>() : std::string();
    for (std::size_t from = 0; from <= sql.size();) {
        const std::size_t end = std::min(sql.find('\n', from), sql.size());
        lines.push_back(sql.substr(from, end - from));
        from = end + 1;
    }
    return {{"lines", std::move(lines)}};
}

/// The remedies that the logs show: what was done, as far as culprit saw it.
Json actions_of(const Json& timeline) {
    Json actions = Json::array();
    if (timeline.is_array())
        for (const Json& moment : timeline)
            if (raw_text_of(moment, "what") == "remedy") actions.push_back(moment_words(moment));
    return actions;
}

std::string users_of(const Json& impact) {
    const double users = number_of(impact, "users");
    if (users < 1) return "unknown: the logs name no user";
    std::string said = counted(std::llround(users), "distinct user");
    if (const Json& ratio = field(impact, "users_ratio"); ratio.is_number())
        return said + ", " + percent_of(ratio.get<double>()) + " of the active ones";
    return said + "; their share of all users is unknown";
}

std::string errors_of(const Json& symptom) {
    std::string said = counted(std::llround(number_of(symptom, "count")), "error");
    if (const double rate = number_of(symptom, "rate_per_minute"); rate > 0) said += ", " + per_minute(rate);
    const double before = number_of(symptom, "baseline_per_minute");
    const char* when = symptom.contains("habit") ? " at this hour of other days" : " before the onset";
    return said + (before > 0 ? "; " + per_minute(before) + when : "; none before the onset");
}

std::optional<Duration> between(const std::string& from, const std::string& until) {
    const auto first = parse_time(from), last = parse_time(until);
    if (!first || !last || *last < *first) return std::nullopt;
    return *last - *first;
}

/// Class 23 (integrity constraints) and corruption: what the playbook's "data integrity verification" is about.
bool is_data_integrity(const Json& symptom) {
    const std::string sqlstate = raw_text_of(symptom, "sqlstate");
    return sqlstate.starts_with("23") || sqlstate == "XX001" || sqlstate == "XX002";
}

}  // namespace

nlohmann::json incident_words(const nlohmann::json& document, EventTime now, const Said& said) {
    const Json& culprit = field(document, "culprit");
    const Json& symptom = field(culprit, "symptom");
    const Json& impact = field(culprit, "impact");
    const Json& diagnosis = field(culprit, "diagnosis");
    const std::string onset = raw_text_of(culprit, "onset"), status = raw_text_of(culprit, "status"),
                      until = raw_text_of(culprit, "resolved_at");
    const std::string written = to_rfc3339(now);

    Json words{{"time", readable_time(written)}, {"detected", readable_time(onset)}, {"date", onset.substr(0, 10)}};
    for (const char* state : {"open", "resolved", "merged"}) words[std::string("is_") + state] = status == state;
    const std::string attribution = raw_text_of(culprit, "attribution");
    for (const char* state : {"pending", "attributed", "unattributed"}) words[std::string("is_") + state] = attribution == state;
    words["is_identified"] = attribution == "attributed" && status == "open";
    words["is_investigating"] = attribution != "attributed" && status == "open";
    if (const auto elapsed = between(onset, written)) words["elapsed"] = spoken(*elapsed);
    if (const auto duration = between(onset, until)) words["duration"] = spoken(*duration);
    put(words, "resolved_at", readable_time(until));
    put(words, "last_seen", readable_time(raw_text_of(culprit, "last_seen")));
    words["errors"] = errors_of(symptom);
    words["users"] = users_of(impact);
    for (const char* list : {"services", "hosts", "releases"}) put(words, list, joined(field(impact, list)));
    words["is_data_integrity"] = is_data_integrity(symptom);
    words["causes"] = list_of(field(culprit, "causes"), cause_words);
    if (attribution == "attributed" && !words["causes"].empty()) words["found"] = words["causes"].front();
    words["has_causes"] = !words["causes"].empty();
    words["actions"] = actions_of(field(culprit, "timeline"));
    words["no_actions"] = words["actions"].empty() && !said.contains("actions");
    words["timeline"] = list_of(field(culprit, "timeline"), moment_words);
    words["verify_sql"] = list_of(field(diagnosis, "verify_sql"), sql_words);
    words["fix_sql"] = list_of(field(diagnosis, "fix_sql"), sql_words);
    words["has_verify_sql"] = !words["verify_sql"].empty();
    words["has_fix_sql"] = !words["fix_sql"].empty();

    Json all = document;
    all["words"] = std::move(words);
    all["said"] = said;
    all["unknown"] = "unknown";
    return all;
}

}  // namespace culprit
