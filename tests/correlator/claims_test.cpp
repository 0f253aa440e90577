// Explaining away across incidents: what a change of unknown database explains best it explains alone.
#include "correlator/claims.h"

#include <gtest/gtest.h>

#include "correlator/rule_files.h"

namespace culprit::testing {
namespace {

const Causality& causality() {
    static const Causality table = Causality::load("causality.yaml", rule_table({}, "causality.yaml"));
    return table;
}

Cause candidate(std::string event, double score, std::string kind = "migration") {
    Cause cause;
    cause.event_id = std::move(event);
    cause.kind = std::move(kind);
    cause.score = score;
    return cause;
}

Incident incident(std::string id, std::string database, std::string table, std::vector<Cause> candidates) {
    Incident incident;
    incident.id = std::move(id);
    incident.database = std::move(database);
    incident.sum.table = std::move(table);
    incident.candidates = std::move(candidates);
    return incident;
}

/// What the competition adds to the first candidate, by the terms' names.
std::map<std::string, double> added(const Claims& claims, const Incident& incident) {
    std::vector<Cause> candidates = incident.candidates;
    claims.weigh(incident.id, candidates);
    std::map<std::string, double> terms;
    for (const EvidenceTerm& term : candidates.front().evidence) terms[term.name] += term.weight;
    return terms;
}

using Ids = std::set<std::string>;

TEST(Claims, of_one_incident_alone_weigh_nothing) {
    Claims claims(causality());
    const Incident only = incident("a", "shop", "orders", {candidate("m1", 3)});
    EXPECT_EQ(claims.set(only), Ids{});
    EXPECT_TRUE(added(claims, only).empty());
}

TEST(Claims, of_another_database_weigh_on_the_one_that_is_explained_worse_most) {
    Claims claims(causality());
    const Incident better = incident("a", "shop", "orders", {candidate("m1", 5)});
    const Incident worse = incident("b", "billing", "orders", {candidate("m1", 1)});
    claims.set(better);
    EXPECT_EQ(claims.set(worse), Ids{"a"}) << "whose competition that changes";
    const auto of_better = added(claims, better), of_worse = added(claims, worse);
    EXPECT_LT(of_worse.at("explains_elsewhere"), -4);
    EXPECT_GT(of_better.at("explains_elsewhere"), -0.1);
    EXPECT_GE(of_worse.at("explains_elsewhere"), causality().weight("explains_elsewhere")) << "no more than the table says";
}

TEST(Claims, of_the_same_database_and_another_table_weigh_less) {
    Claims claims(causality());
    const Incident better = incident("a", "shop", "orders", {candidate("m1", 5)});
    const Incident worse = incident("b", "shop", "carts", {candidate("m1", 1)});
    claims.set(better);
    claims.set(worse);
    EXPECT_FALSE(added(claims, worse).contains("explains_elsewhere"));
    EXPECT_EQ(added(claims, worse).at("explains_another"), causality().weight("explains_another"));
}

TEST(Claims, are_not_laid_to_what_says_its_database_or_may_touch_several) {
    Claims claims(causality());
    Cause named = candidate("m1", 5);
    named.scope.database = "shop";
    const Incident first = incident("a", "shop", "orders", {named, candidate("d1", 2, "deployment")});
    const Incident second = incident("b", "billing", "orders", {candidate("d1", 5, "deployment")});
    EXPECT_EQ(claims.set(first), Ids{});
    EXPECT_EQ(claims.set(second), Ids{});
    EXPECT_TRUE(added(claims, second).empty());
    Cause job = candidate("j1", 2, "deployment");
    job.is_job = true;
    claims.set(incident("a", "shop", "orders", {job}));
    EXPECT_EQ(claims.set(incident("b", "billing", "orders", {job})), Ids{"a"}) << "a job that runs migrations is one of them";
}

TEST(Claims, change_when_an_incident_says_otherwise_and_end_with_it) {
    Claims claims(causality());
    const Incident first = incident("a", "shop", "orders", {candidate("m1", 5)});
    Incident second = incident("b", "billing", "orders", {candidate("m1", 1)});
    claims.set(first);
    claims.set(second);
    EXPECT_EQ(claims.set(second), Ids{}) << "the same again";
    second.candidates.front().score = 2;
    EXPECT_EQ(claims.set(second), Ids{"a"});
    second.candidates = {candidate("m2", 2)};
    EXPECT_EQ(claims.set(second), Ids{"a"}) << "it no longer claims m1";
    EXPECT_TRUE(added(claims, first).empty());
    second.candidates = {candidate("m1", 4)};
    claims.set(second);
    EXPECT_EQ(claims.erase("b"), Ids{"a"});
    EXPECT_EQ(claims.erase("b"), Ids{});
    EXPECT_TRUE(added(claims, first).empty());
}

TEST(Claims, weigh_the_same_in_whatever_order_they_came) {
    const std::vector<Incident> all{
        incident("a", "shop", "orders", {candidate("m1", 3)}), incident("b", "billing", "orders", {candidate("m1", 2)}),
        incident("c", "crm", "people", {candidate("m1", 1)}), incident("d", "shop", "carts", {candidate("m1", 4)})};
    Claims forwards(causality()), backwards(causality());
    for (const Incident& each : all) forwards.set(each);
    for (auto it = all.rbegin(); it != all.rend(); ++it) backwards.set(*it);
    for (const Incident& each : all) EXPECT_EQ(added(forwards, each), added(backwards, each)) << each.id;
}

}  // namespace
}  // namespace culprit::testing
