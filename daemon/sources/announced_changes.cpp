#include "daemon/sources/announced_changes.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

namespace culprit {

namespace {

using nlohmann::json;

constexpr std::array kKinds =
    std::to_array<std::string_view>({"deployment", "rollback", "migration", "schema_change", "import", "restore", "restart",
                                     "failover", "configuration_change", "sequence_reset"});
// Of a record's own, where the decoder looks for them.
constexpr std::array kScope = std::to_array<std::string_view>({"environment", "service", "database", "release", "host"});

bool names_a_kind(const json& object) {
    const auto kind = object.find("kind");
    return kind != object.end() && kind->is_string() &&
           std::ranges::find(kKinds, std::string_view(kind->get_ref<const std::string&>())) != kKinds.end();
}

std::string framed(json object) {
    json record = json::object();
    if (!object.contains("phase")) object["phase"] = "succeeded";  // what is announced once is announced when it is done
    for (const std::string_view name : kScope)
        if (const auto value = object.find(name); value != object.end()) record[std::string(name)] = *value;
    for (const char* name : {"@timestamp", "timestamp", "time"})
        if (const auto value = object.find(name); value != object.end()) record[name] = *value;
    record["culprit_change"] = std::move(object);
    return record.dump(-1, ' ', false, json::error_handler_t::replace);
}

}  // namespace

std::string_view announcement_expected() {
    return "expected kind (deployment, rollback, migration, schema_change, import, restore, restart, failover, "
           "configuration_change or sequence_reset), phase (started, succeeded, failed or rolled_back; succeeded when absent), "
           "of a "
           "schema_change its statement, and service, database, environment, release, time as far as they are known; or a "
           "deployment event that the catalogue knows";
}

Result<BodyRecords> announced_changes_of(std::string_view body) {
    const auto values = split_json(body);
    if (!values) return Error{"the JSON is not whole"};
    BodyRecords records;
    for (const std::string_view value : *values) {
        auto object = json::parse(value, nullptr, false);
        if (!object.is_object())
            return Error{"record " + std::to_string(records.views.size() + 1) + " is no JSON object; " +
                         std::string(announcement_expected())};
        if (names_a_kind(object))
            records.views.push_back(records.made.emplace_back(framed(std::move(object))));
        else
            records.views.push_back(value);
        if (records.views.size() > kMostRecords) return Error{"more than " + std::to_string(kMostRecords) + " changes"};
    }
    return records;
}

}  // namespace culprit
