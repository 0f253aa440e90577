// The decision tree of the incident-response playbook, branch by branch.
#include "correlator/severity.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <span>

#include "matchers/embedded_file.h"
#include "tests/correlator/fold.h"

namespace culprit {
std::span<const EmbeddedFile> embedded_correlation_tables();
}

namespace culprit::testing {
namespace {

Severity severity_of(const std::string& kind, const Extent& extent) {
    static const SeverityTree tree = [] {
        const auto files = embedded_correlation_tables();
        return SeverityTree::load("severity.yaml", std::ranges::find(files, "severity.yaml", &EmbeddedFile::name)->content);
    }();
    return tree.of(kind, extent);
}

Extent extent(std::uint64_t count, std::uint64_t users, std::uint64_t services, double rate, std::set<std::string> changes = {}) {
    return {count, users, services, 1, rate, std::move(changes)};
}

struct Case {
    const char* kind;
    Extent extent;
    const char *level, *branch, *reason, *next;
};

void expect(const std::vector<Case>& cases) {
    for (const Case& each : cases) {
        const Severity severity = severity_of(each.kind, each.extent);
        EXPECT_EQ(severity.level, each.level) << each.kind;
        ASSERT_EQ(severity.reasons.size(), 3u) << each.kind;
        EXPECT_EQ(severity.reasons[0], each.branch) << each.kind;
        EXPECT_EQ(severity.reasons[1], each.reason) << each.kind;
        EXPECT_EQ(severity.reasons[2], each.next) << each.kind;
    }
}

constexpr const char *kNoConnection = "Can connect to database? No", *kSlow = "Performance issue? Yes",
                     *kIntegrity = "Data integrity issue? Yes";
constexpr const char *kTimesOut = "very slow or timing out: major performance issue",
                     *kUsable = "noticeable but usable: minor performance issue";

TEST(SeverityTree, holds_a_database_that_cannot_be_reached_to_be_sev1_and_asks_for_schema_change_infrastructure_and_network) {
    expect({
        {"connection_failure", extent(1, 0, 1, 1, {"migration"}), "SEV1", kNoConnection, "connection issue",
         "Recent schema change? Yes: check the migration's logs"},
        {"cannot_connect_now", extent(1, 0, 1, 1, {"restart"}), "SEV1", kNoConnection, "connection issue",
         "Infrastructure issue? Yes, the server was restarted: check the provider's status"},
        {"too_many_connections", extent(1, 0, 1, 1), "SEV1", kNoConnection, "connection issue",
         "Infrastructure issue? Yes, by what the server says: check the provider's status"},
        {"disk_full", extent(1, 0, 1, 1), "SEV1", kNoConnection, "connection issue",
         "Infrastructure issue? Yes, by what the server says: check the provider's status"},
        {"sqlclient_unable_to_establish_sqlconnection", extent(1, 0, 1, 1), "SEV1", kNoConnection, "connection issue",
         "Infrastructure issue? None seen: check network connectivity"},
    });
}

TEST(SeverityTree, holds_corruption_to_be_sev1_by_the_definitions) {
    expect({
        {"data_corrupted", extent(1, 0, 1, 1), "SEV1", "Data corruption", "severe data corruption",
         "Consider point-in-time recovery"},
        {"index_corrupted", extent(1, 0, 1, 1), "SEV1", "Data corruption", "severe data corruption",
         "Consider point-in-time recovery"},
    });
}

TEST(SeverityTree, holds_statements_that_time_out_to_be_sev2_and_asks_for_load_or_blocking_queries) {
    expect({
        {"query_canceled", extent(20, 0, 1, 60), "SEV2", kSlow, kTimesOut,
         "High load? Yes, a statement a second fails: check for resource exhaustion"},
        {"out_of_memory", extent(20, 0, 1, 10), "SEV2", kSlow, kTimesOut, "High load? Yes: check for resource exhaustion"},
        {"lock_not_available", extent(200, 0, 1, 100), "SEV2", kSlow, kTimesOut,
         "High load? No, locks: check for blocking queries"},
        {"query_canceled", extent(200, 0, 1, 100, {"schema_change"}), "SEV2", kSlow, kTimesOut,
         "High load? No, the schema has just changed: check for blocking queries"},
        {"query_canceled", extent(20, 0, 1, 10), "SEV2", kSlow, kTimesOut, "High load? None seen: check for blocking queries"},
    });
}

TEST(SeverityTree, holds_slow_statements_that_go_through_to_be_sev3) {
    expect({{"slow_query", extent(3, 0, 1, 9.9), "SEV3", kSlow, kUsable, "Analyze slow queries"},
            {"deadlock_detected", extent(1, 0, 1, 0), "SEV3", kSlow, kUsable, "Analyze slow queries"}});
}

TEST(SeverityTree, holds_widespread_integrity_issues_to_be_sev2) {
    expect({
        {"unique_violation", extent(3, 0, 2, 1), "SEV2", kIntegrity, "widespread: several services",
         "Consider point-in-time recovery"},
        {"foreign_key_violation", extent(10, 10, 1, 1), "SEV2", kIntegrity, "widespread: ten users or more",
         "Consider point-in-time recovery"},
        {"check_violation", extent(50, 1, 1, 10), "SEV2", kIntegrity, "widespread: ten errors a minute or more",
         "Consider point-in-time recovery"},
        {"undefined_table", extent(3, 0, 2, 1), "SEV2", kIntegrity, "widespread: several services",
         "Recent schema change? Check the migration's logs"},
    });
}

TEST(SeverityTree, holds_isolated_integrity_issues_to_be_sev3_and_single_ones_sev4) {
    expect({
        {"unique_violation", extent(49, 9, 1, 9), "SEV3", kIntegrity, "isolated data integrity issue", "Targeted data fixes"},
        {"unique_violation", extent(2, 1, 1, 1), "SEV4", kIntegrity, "negligible user impact", "Targeted data fixes"},
    });
}

TEST(SeverityTree, asks_for_application_logic_where_it_is_none_of_these) {
    expect({{"division_by_zero", extent(1000, 100, 5, 100), "SEV4", "Data integrity issue? No", "negligible user impact",
             "Check for application logic issues"}});
}

TEST(SeverityTree, learns_of_recent_changes_from_the_same_scope) {
    const auto next_with = [](double before, const std::string& database) {
        std::vector<Signal> signals{ddl(-before, "add_column", {table_named("t")}, database)};
        for (double time : {0.0, 5.0, 10.0}) signals.push_back(by_server(symptom(time, "connection_failure", {}), "shop", "web"));
        for (const Json& incident : fold(entries_of(signals), 600))
            return incident["culprit"]["severity_reasons"][2].get<std::string>();
        return std::string();
    };
    EXPECT_EQ(next_with(600, "shop"), "Recent schema change? Yes: check the migration's logs");
    EXPECT_EQ(next_with(7200, "shop"), "Infrastructure issue? None seen: check network connectivity") << "two hours ago";
    EXPECT_EQ(next_with(600, "other"), "Infrastructure issue? None seen: check network connectivity") << "another database";
}

}  // namespace
}  // namespace culprit::testing
