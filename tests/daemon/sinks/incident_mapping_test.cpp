// Everything that a document may hold is mapped in its index template: with `dynamic: false` the rest could not be searched, and
// nobody would notice. And docs/ describes what the templates map.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <regex>
#include <set>
#include <sstream>

#include "correlator/incident_document.h"
#include "daemon/sinks/index_template.h"
#include "tests/source_dir.h"

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
    incident.habit = {6, 7, false, 5, 5};
    incident.first_release = incident.last_release = "2.1.0";
    incident.sum.users.add(std::string_view{"u-1"});
    incident.active_users = 100;
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

std::string text_of_file(const char* path) {
    std::ifstream file(source_dir() / path);
    return {std::istreambuf_iterator<char>(file), {}};
}

/// The fields that a writer of documents names: `put(json, "name", …)`, `json["name"]`, `{"name", …}`.
const std::regex kNamed(R"re((?:put\(\w+, |\w+\[|\{)"(\w+)"(?:,|\]))re");

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
    const Json mapping = incident_index_template("culprit-incidents")["template"]["mappings"];
    for (const std::string& document : {to_document(full_incident(), 1), merged_document(full_incident(), 1, "x")})
        expect_mapped(Json::parse(document), mapping, "");
}

/// So that a field which is written some day is in full_incident() too.
TEST(IncidentMapping, KnowsEveryFieldThatTheDocumentsWriterNames) {
    std::set<std::string> written;
    for (const std::string& document : {to_document(full_incident(), 1), merged_document(full_incident(), 1, "x")})
        collect_names(Json::parse(document), written);
    const std::string source = text_of_file("correlator/incident_document.cpp");
    std::size_t fields = 0;
    for (std::sregex_iterator match(source.begin(), source.end(), kNamed), end; match != end; ++match, ++fields)
        EXPECT_TRUE(written.contains((*match)[1])) << (*match)[1] << " is written, and full_incident() has none";
    EXPECT_GT(fields, 60u);
}

TEST(ChangeMapping, HoldsEveryFieldThatTheDocumentsWriterNames) {
    std::set<std::string> mapped{"version"};  // of `ecs`, and culprit's own
    collect_names(change_index_template("culprit-changes")["template"]["mappings"], mapped);
    const std::string source = text_of_file("correlator/change_document.cpp");
    std::size_t fields = 0;
    for (std::sregex_iterator match(source.begin(), source.end(), kNamed), end; match != end; ++match, ++fields)
        EXPECT_TRUE(mapped.contains((*match)[1])) << (*match)[1] << " is not in change_index_template.json";
    EXPECT_GT(fields, 40u);
}

/// `a.{b, c[]}.d` → a.b.d, a.c.d.
void expand(const std::string& pattern, std::set<std::string>& fields) {
    const std::size_t open = pattern.find('{'), close = pattern.find('}', open);
    if (open == std::string::npos) {
        fields.insert(std::regex_replace(pattern, std::regex(R"(\[\]| )"), ""));
        return;
    }
    for (std::size_t at = open + 1; at < close;) {
        const std::size_t end = std::min(pattern.find(',', at), close);
        expand(pattern.substr(0, open) + pattern.substr(at, end - at) + pattern.substr(close + 1), fields);
        at = end + 1;
    }
}

/// The fields in the first column of a page's tables.
std::set<std::string> described_in(const char* page) {
    std::set<std::string> fields;
    std::istringstream lines(text_of_file(page));
    for (std::string line; std::getline(lines, line);) {
        if (!line.starts_with("| `")) continue;
        const std::string column = line.substr(2, line.find(" | ", 2) - 2);
        static const std::regex quoted("`([^`]+)`");
        for (std::sregex_iterator match(column.begin(), column.end(), quoted), end; match != end; ++match)
            expand((*match)[1], fields);
    }
    return fields;
}

/// The fields with a type of their own.
void collect_leaves(const Json& mapping, const std::string& path, std::set<std::string>& fields) {
    for (const auto& [name, below] : mapping["properties"].items()) {
        const std::string full = path.empty() ? name : path + "." + name;
        below.contains("properties") ? collect_leaves(below, full, fields) : void(fields.insert(full));
    }
}

void expect_described(const Json& index_template, const char* page) {
    const std::set<std::string> described = described_in(page);
    std::set<std::string> mapped;
    collect_leaves(index_template["template"]["mappings"], "", mapped);
    for (const std::string& field : mapped) {
        const std::string as_cause = "culprit.cause.";  // the first of the causes, said once
        const bool repeats = field.starts_with(as_cause) && mapped.contains("culprit.causes." + field.substr(as_cause.size()));
        EXPECT_TRUE(repeats || described.contains(field)) << field << " is not described in " << page;
    }
    for (const std::string& field : described)
        EXPECT_TRUE(mapped.contains(field) || field == "culprit.causes") << field << " of " << page << " is in no template";
    EXPECT_GT(described.size(), 40u);
}

TEST(Documentation, DescribesEveryFieldOfAnIncidentAndNoOther) {
    expect_described(incident_index_template("culprit-incidents"), "docs/incidents.md");
}

TEST(Documentation, DescribesEveryFieldOfAChangeAndNoOther) {
    expect_described(change_index_template("culprit-changes"), "docs/changes.md");
}

}  // namespace
}  // namespace culprit
