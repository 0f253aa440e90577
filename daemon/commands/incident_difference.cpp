#include "daemon/commands/incident_difference.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace culprit {

namespace {

using Json = nlohmann::json;

/// The fields that a person acts on, by the paths that users know.
constexpr const char* kFields[] = {"/culprit/status",        "/culprit/severity",         "/culprit/attribution",
                                   "/culprit/onset",         "/culprit/last_seen",        "/culprit/resolved_at",
                                   "/culprit/trend",         "/culprit/symptom/kind",     "/culprit/symptom/count",
                                   "/culprit/symptom/name",  "/culprit/impact/users",     "/culprit/causes/0/kind",
                                   "/culprit/causes/0/time", "/culprit/causes/0/summary", "/culprit/causes/0/confidence",
                                   "/culprit/diagnosis/rule"};

std::string name_of(std::string path) {
    path.erase(0, std::string_view("/culprit/").size());
    for (std::size_t at = path.find("causes/0/"); at != path.npos; at = path.npos) path.replace(at, 9, "cause/");
    for (char& c : path)
        if (c == '/') c = '.';
    return path;
}

std::string text_at(const Json& document, const char* path) {
    const Json::json_pointer pointer(path);
    if (!document.contains(pointer) || document[pointer].is_null()) return "";
    const Json& value = document[pointer];
    return value.is_string() ? value.get<std::string>() : value.dump();
}

std::map<std::string, Json> by_id(const std::vector<IncidentDocument>& documents) {
    std::map<std::string, Json> result;
    for (const IncidentDocument& document : documents) {
        Json json = Json::parse(document.json, nullptr, false);
        if (!json.is_object() || !json.contains("culprit") || !json["culprit"].contains("symptom")) continue;
        if (json["culprit"].value("status", "") != "merged") result[document.id] = std::move(json);
    }
    return result;
}

}  // namespace

FoldDifference difference(const std::vector<IncidentDocument>& before, const std::vector<IncidentDocument>& after) {
    using What = IncidentDifference::What;
    const auto old = by_id(before), now = by_id(after);
    FoldDifference result{old.size(), now.size(), 0, {}};
    for (const auto& [id, document] : now) {
        const auto earlier = old.find(id);
        IncidentDifference found{What::added, id, document.value("message", ""), {}};
        if (earlier != old.end()) {
            found.what = What::changed;
            for (const char* path : kFields) {
                const auto was = text_at(earlier->second, path), is = text_at(document, path);
                if (was != is) found.fields[name_of(path)] = {was, is};
            }
            if (found.fields.empty()) {
                ++result.same;
                continue;
            }
        }
        result.incidents.push_back(std::move(found));
    }
    for (const auto& [id, document] : old) {
        if (!now.contains(id)) result.incidents.push_back({What::gone, id, document.value("message", ""), {}});
    }
    std::ranges::sort(result.incidents, {}, &IncidentDifference::id);
    return result;
}

}  // namespace culprit
