#include "daemon/words/incident_words.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>

#include "daemon/text_values.h"
#include "matchers/log_entry_json.h"

namespace culprit {
namespace {

using Json = nlohmann::json;

const Json& at(const Json& object, const char* key) {
    static const Json none;
    if (!object.is_object()) return none;
    const auto found = object.find(key);
    return found == object.end() ? none : *found;
}
std::string text(const Json& object, const char* key) {
    const Json& value = at(object, key);
    if (value.is_string()) return value.get<std::string>();
    return value.is_number() ? value.dump() : std::string();
}
double number(const Json& object, const char* key) {
    const Json& value = at(object, key);
    return value.is_number() ? value.get<double>() : 0;
}
void put(Json& json, const char* key, const std::string& value) {
    if (!value.empty()) json[key] = value;
}

/// 2026-02-03T04:05:06.123456Z → 2026-02-03 04:05:06 UTC.
std::string readable(const std::string& rfc3339) {
    if (rfc3339.size() < 20 || rfc3339[10] != 'T') return rfc3339;
    return rfc3339.substr(0, 10) + " " + rfc3339.substr(11, 8) + " UTC";
}

std::string joined(const Json& list) {
    std::string all;
    if (list.is_array())
        for (const Json& each : list)
            if (each.is_string()) all += (all.empty() ? "" : ", ") + each.get<std::string>();
    return all;
}

std::string counted(double count, const char* one, const char* many) {
    const auto whole = std::llround(count);
    return std::to_string(whole) + " " + (whole == 1 ? one : many);
}

std::string per_minute(double rate) {
    char said[32];
    std::snprintf(said, sizeof said, rate < 10 ? "%.1f" : "%.0f", rate);
    return std::string(said) + " a minute";
}

Json cause_words(const Json& cause) {
    Json words = cause;
    const double seconds = number(cause, "offset_seconds");
    const std::string span = spoken(std::chrono::seconds(std::llround(std::fabs(seconds))));
    words["when"] = span + (seconds <= 0 ? " before the first error" : " after the first error");
    words["percent"] = std::to_string(std::lround(number(cause, "confidence") * 100)) + " %";
    words["time"] = readable(text(cause, "time"));
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
    Json words{{"time", readable(text(moment, "time"))}, {"text", text(moment, "text")}};
    const std::string what = text(moment, "what");
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
            if (text(moment, "what") == "remedy") actions.push_back(moment_words(moment));
    return actions;
}

std::string users_of(const Json& impact) {
    const double users = number(impact, "users");
    if (users < 1) return "unknown: the logs name no user";
    std::string said = counted(users, "distinct user", "distinct users");
    if (const Json& ratio = at(impact, "users_ratio"); ratio.is_number())
        return said + ", " + std::to_string(std::lround(ratio.get<double>() * 100)) + " % of the active ones";
    return said + "; their share of all users is unknown";
}

std::string errors_of(const Json& symptom) {
    std::string said = counted(number(symptom, "count"), "error", "errors");
    if (const double rate = number(symptom, "rate_per_minute"); rate > 0) said += ", " + per_minute(rate);
    const double before = number(symptom, "baseline_per_minute");
    return said + (before > 0 ? "; " + per_minute(before) + " before the onset" : "; none before the onset");
}

std::optional<Duration> between(const std::string& from, const std::string& until) {
    const auto first = parse_time(from), last = parse_time(until);
    if (!first || !last || *last < *first) return std::nullopt;
    return *last - *first;
}

/// Class 23 (integrity constraints) and corruption: what the playbook's "data integrity verification" is about.
bool is_data_integrity(const Json& symptom) {
    const std::string sqlstate = text(symptom, "sqlstate");
    return sqlstate.starts_with("23") || sqlstate == "XX001" || sqlstate == "XX002";
}

}  // namespace

std::string spoken(Duration span) {
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(span).count();
    if (seconds < 120) return std::to_string(seconds) + " s";
    const auto minutes = (seconds + 30) / 60;
    if (minutes < 120) return std::to_string(minutes) + " min";
    const auto hours = minutes / 60;
    if (hours < 48) return std::to_string(hours) + " h" + (minutes % 60 ? " " + std::to_string(minutes % 60) + " min" : "");
    return std::to_string(hours / 24) + " d" + (hours % 24 ? " " + std::to_string(hours % 24) + " h" : "");
}

nlohmann::json incident_words(const nlohmann::json& document, EventTime now, const Said& said) {
    const Json& culprit = at(document, "culprit");
    const Json& symptom = at(culprit, "symptom");
    const Json& impact = at(culprit, "impact");
    const Json& diagnosis = at(culprit, "diagnosis");
    const std::string onset = text(culprit, "onset"), status = text(culprit, "status"), until = text(culprit, "resolved_at");
    const std::string written = to_rfc3339(now);

    Json words{{"time", readable(written)}, {"detected", readable(onset)}, {"date", onset.substr(0, 10)}};
    for (const char* state : {"open", "resolved", "merged"}) words[std::string("is_") + state] = status == state;
    const std::string attribution = text(culprit, "attribution");
    for (const char* state : {"pending", "attributed", "unattributed"}) words[std::string("is_") + state] = attribution == state;
    words["is_identified"] = attribution == "attributed" && status == "open";
    words["is_investigating"] = attribution != "attributed" && status == "open";
    if (const auto elapsed = between(onset, written)) words["elapsed"] = spoken(*elapsed);
    if (const auto duration = between(onset, until)) words["duration"] = spoken(*duration);
    put(words, "resolved_at", readable(until));
    put(words, "last_seen", readable(text(culprit, "last_seen")));
    words["errors"] = errors_of(symptom);
    words["users"] = users_of(impact);
    for (const char* list : {"services", "hosts", "releases"}) put(words, list, joined(at(impact, list)));
    words["is_data_integrity"] = is_data_integrity(symptom);
    words["causes"] = list_of(at(culprit, "causes"), cause_words);
    if (attribution == "attributed" && !words["causes"].empty()) words["found"] = words["causes"].front();
    words["has_causes"] = !words["causes"].empty();
    words["actions"] = actions_of(at(culprit, "timeline"));
    words["no_actions"] = words["actions"].empty() && !said.contains("actions");
    words["timeline"] = list_of(at(culprit, "timeline"), moment_words);
    words["verify_sql"] = list_of(at(diagnosis, "verify_sql"), sql_words);
    words["fix_sql"] = list_of(at(diagnosis, "fix_sql"), sql_words);
    words["has_verify_sql"] = !words["verify_sql"].empty();
    words["has_fix_sql"] = !words["fix_sql"].empty();

    Json all = document;
    all["words"] = std::move(words);
    all["said"] = said;
    all["unknown"] = "unknown";
    return all;
}

}  // namespace culprit
