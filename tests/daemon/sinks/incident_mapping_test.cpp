// Everything that an incident's document may hold is mapped in the index template: with `dynamic: false` the rest could not be
// searched, and nobody would notice.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <regex>
#include <set>

#include "correlator/incident_document.h"
#include "daemon/sinks/index_template.h"

namespace culprit {
namespace {

using Json = nlohmann::json;

DatabaseObject full_object() { return {"column", "shop", "email", "email", "c", "customers", "accounts"}; }

Signal full_signal() {
    Signal signal;
    signal.kind = "schema_change";
    signal.operation = "add_constraint";
    signal.objects = {full_object()};
    signal.statement = "ALTER TABLE accounts …";
    signal.source.input = {SourceType::kafka, "logs", 3};
    signal.source.line = 7;
    return signal;
}

Cause full_cause() {
    Cause cause;
    cause.kind = "migration";
    cause.tool = "alembic";
    cause.migration = "a1f0";
    cause.phase = Phase::succeeded;
    cause.scope = {};
    cause.scope.environment = "production";
    cause.scope.service = "shop";
    cause.scope.database = "shop";
    cause.scope.release = "2.0";
    cause.scope.host = "node-1";
    cause.effect = full_signal();
    cause.evidence = {{"prior", 1, "x"}};
    cause.sources = {cause.effect.source};
    cause.awaited = full_signal();
    return cause;
}

/// With every field set.
Incident full_incident() {
    Incident incident;
    incident.id = "0123456789abcdef";
    incident.problem = {"unique_violation", "accounts_email_key"};
    incident.environment = "production";
    incident.database = "shop";
    Tally& sum = incident.sum;
    sum.sqlstate = "23505";
    sum.schema = "shop";
    sum.table = "accounts";
    sum.column = "email";
    sum.constraint = "accounts_email_key";
    sum.referenced_table = "customers";
    sum.key_columns = {"email"};
    sum.hosts = {"node-1"};
    sum.releases = {"2.0"};
    Sample sample;
    sample.message = sample.detail = sample.statement = sample.service = sample.host = "x";
    sum.samples = {sample};
    incident.histogram.counts = {1};
    incident.resolved = true;
    incident.resolved_by = "sequence_reset";
    incident.services = {"shop"};
    incident.attribution = AttributionState::attributed;
    incident.causes = {full_cause()};
    incident.remedies = {{full_signal(), "e", false, true}};
    incident.severity = {"SEV2", {"a", "b", "c"}};
    incident.maintenance = true;
    incident.evidence = {{EvidenceKind::ddl, "flowing"},
                         {EvidenceKind::migrations, "flowing"},
                         {EvidenceKind::deployments, "quiet"},
                         {EvidenceKind::imports, "quiet"},
                         {EvidenceKind::server_log, "never_seen"}};
    incident.diagnosis = {"rule", "summary", {"step"}, {"SELECT 1;"}, {"SELECT 2;"}, {"runbook"}};
    OperatorNote note;
    note.author = note.text = note.verdict = note.cause = "x";
    incident.notes = {note, EventTime{}, {note}};
    incident.group = "e";
    incident.related = {"fedcba9876543210"};
    return incident;
}

void expect_mapped(const Json& value, const Json& mapping, const std::string& path) {
    if (value.is_array()) {
        for (const Json& each : value) expect_mapped(each, mapping, path);
        return;
    }
    const bool is_free = mapping.value("enabled", true) == false || mapping.value("dynamic", false) == true;
    if (!value.is_object() || is_free) {
        EXPECT_TRUE(is_free || mapping.contains("type")) << path << " has no type";
        return;
    }
    for (const auto& [name, each] : value.items()) {
        const std::string below = path.empty() ? name : path + "." + name;
        const bool mapped = mapping.contains("properties") && mapping["properties"].contains(name);
        EXPECT_TRUE(mapped) << below << " is not in incident_index_template.json";
        if (mapped) expect_mapped(each, mapping["properties"][name], below);
    }
}

void collect_names(const Json& value, std::set<std::string>& names) {
    for (const auto& [name, each] : value.items()) {
        if (value.is_object()) names.insert(name);
        if (each.is_structured()) collect_names(each, names);
    }
}

TEST(IncidentMapping, HoldsEveryFieldOfAnIncidentWithAllOfThem) {
    const Json mapping = Json::parse(incident_index_template("culprit-incidents"))["template"]["mappings"];
    for (const std::string& document : {to_document(full_incident(), 1), merged_document(full_incident(), 1, "x")})
        expect_mapped(Json::parse(document), mapping, "");
}

/// So that a field which is written some day is in full_incident() too.
TEST(IncidentMapping, KnowsEveryFieldThatTheDocumentsWriterNames) {
    std::set<std::string> written;
    for (const std::string& document : {to_document(full_incident(), 1), merged_document(full_incident(), 1, "x")})
        collect_names(Json::parse(document), written);
    std::ifstream file(std::filesystem::path(CULPRIT_SOURCE_DIR) / "correlator/incident_document.cpp");
    const std::string source{std::istreambuf_iterator<char>(file), {}};
    const std::regex named(R"re((?:put\(\w+, |\w+\[|\{)"(\w+)"(?:,|\]))re");
    std::size_t fields = 0;
    for (std::sregex_iterator match(source.begin(), source.end(), named), end; match != end; ++match, ++fields)
        EXPECT_TRUE(written.contains((*match)[1])) << (*match)[1] << " is written, and full_incident() has none";
    EXPECT_GT(fields, 60u);
}

}  // namespace
}  // namespace culprit
