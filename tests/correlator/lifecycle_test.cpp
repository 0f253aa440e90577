// An incident's life: open, revised, resolved by quiet or by what mended it, reopened within the window, merged.
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/correlator/fold.h"

namespace culprit::testing {
namespace {

const DatabaseObject kPhone = constraint_on("customers", "uq_customers_phone");

/// A fold that is told what happens as it happens, and what it said of each incident last.
class Life {
   public:
    explicit Life(CorrelationSettings settings = {}) : correlator_(std::move(settings)) {}

    Life& see(const Signal& signal) {
        correlator_.apply(entry_of(signal), {++position_});
        return *this;
    }
    Life& error(double time) { return see(by_server(symptom(time, "unique_violation", kPhone), "shop", "web")); }
    Life& reach(double time) {
        correlator_.apply(quiet_until(time), {++position_});
        return *this;
    }
    /// The revisions since the last call.
    std::vector<IncidentDocument> told() {
        const auto revisions = correlator_.revisions();
        for (const IncidentDocument& each : revisions) {
            EXPECT_GT(each.version, last_[each.id].version) << "documents only move forward";
            EXPECT_EQ(Json::parse(each.json)["culprit"]["status"], each.status);
            last_[each.id] = each;
        }
        return revisions;
    }
    /// The only one of them.
    Json only() {
        const auto revisions = told();
        EXPECT_EQ(revisions.size(), 1U);
        return revisions.empty() ? Json() : Json::parse(revisions.front().json)["culprit"];
    }
    std::size_t incidents() const { return correlator_.incidents().size(); }
    std::size_t documents() const { return last_.size(); }
    std::string status_of(const std::string& id) const { return last_.at(id).status; }

   private:
    Correlator correlator_;
    std::int64_t position_ = 0;
    std::map<std::string, IncidentDocument> last_;
};

TEST(Lifecycle, opens_is_revised_and_is_resolved_when_it_has_been_quiet) {
    Life life;
    const Json opened = life.error(0).only();
    EXPECT_EQ(opened["status"], "open");
    const Json revised = life.error(5).error(9).only();
    EXPECT_EQ(revised["id"], opened["id"]);
    EXPECT_EQ(revised["symptom"]["count"], 3);
    EXPECT_EQ(revised["status"], "open");
    life.reach(1700).told();
    EXPECT_EQ(life.status_of(opened["id"]), "open") << "half an hour of quiet is not over";
    const Json resolved = life.reach(1809).only();
    EXPECT_EQ(resolved["id"], opened["id"]);
    EXPECT_EQ(resolved["status"], "resolved");
    EXPECT_EQ(resolved["resolved_at"], "2026-03-01T10:30:09.000000Z");
    EXPECT_FALSE(resolved.contains("resolved_by")) << "nothing but quiet";
}

TEST(Lifecycle, is_resolved_by_the_remedy_after_which_no_error_came) {
    Life life;
    life.see(ddl(-60, "add_constraint", {kPhone}, "shop", "s1")).error(0).error(5).error(9).told();
    life.see(ddl(100, "drop_constraint", {kPhone}, "shop", "s2")).reach(105).told();
    const Json open = life.error(9.5).only();
    EXPECT_EQ(open["status"], "open") << "it may yet come again: the time of grace is not over";
    const Json resolved = life.reach(111).only();
    EXPECT_EQ(resolved["status"], "resolved");
    EXPECT_EQ(resolved["resolved_by"], "drop_constraint");
    EXPECT_EQ(resolved["resolved_at"], "2026-03-01T10:01:40.000000Z");
}

TEST(Lifecycle, is_reopened_by_an_error_within_the_window_and_is_the_same_incident) {
    Life life;
    life.see(ddl(-60, "add_constraint", {kPhone}, "shop", "s1")).error(0).error(5).told();
    const Json resolved = life.see(ddl(100, "drop_constraint", {kPhone}, "shop", "s2")).reach(200).only();
    ASSERT_EQ(resolved["status"], "resolved");
    const Json reopened = life.error(900).reach(901).only();
    EXPECT_EQ(reopened["id"], resolved["id"]);
    EXPECT_EQ(reopened["status"], "open");
    EXPECT_FALSE(reopened.contains("resolved_at"));
    EXPECT_EQ(reopened["symptom"]["count"], 3);
    const Json again = life.reach(2701).only();
    EXPECT_EQ(again["status"], "resolved");
    EXPECT_FALSE(again.contains("resolved_by")) << "the remedy did not hold";
}

TEST(Lifecycle, begins_anew_with_an_error_behind_the_window) {
    Life life;
    const Json first = life.error(0).reach(1800).only();
    ASSERT_EQ(first["status"], "resolved");
    const Json second = life.error(1801).only();
    EXPECT_NE(second["id"], first["id"]);
    EXPECT_EQ(second["status"], "open");
    EXPECT_EQ(life.status_of(first["id"]), "resolved");
}

TEST(Lifecycle, two_incidents_are_merged_when_late_evidence_joins_them_and_say_into_which) {
    Life life;
    const Json first = life.error(0).only(), second = life.error(2400).only();
    ASSERT_NE(first["id"], second["id"]);
    const auto revisions = life.error(1200).told();
    ASSERT_EQ(revisions.size(), 2U);
    EXPECT_EQ(life.status_of(second["id"]), "merged");
    EXPECT_EQ(life.status_of(first["id"]), "open");
    const auto merged = std::ranges::find(revisions, "merged", &IncidentDocument::status);
    EXPECT_EQ(Json::parse(merged->json)["culprit"]["merged_into"], first["id"]);
    EXPECT_EQ(life.incidents(), 1U);
    EXPECT_EQ(life.error(2410).only()["symptom"]["count"], 4) << "it lives on in the other";
}

TEST(Lifecycle, an_earlier_first_error_moves_an_incident_to_another_id_which_the_old_one_names) {
    Life life;
    const Json first = life.error(1000).only();
    const auto revisions = life.error(-200).told();  // across a boundary of the ids
    ASSERT_EQ(revisions.size(), 2U);
    const auto merged = std::ranges::find(revisions, "merged", &IncidentDocument::status);
    ASSERT_NE(merged, revisions.end());
    EXPECT_EQ(merged->id, first["id"]);
    const std::string heir = Json::parse(merged->json)["culprit"]["merged_into"];
    EXPECT_NE(heir, merged->id);
    EXPECT_EQ(life.status_of(heir), "open");
    EXPECT_EQ(life.documents(), 2U);
}

TEST(Lifecycle, a_symptom_that_lies_behind_all_that_was_resolved_still_revises) {
    Life life;
    const Json resolved = life.error(0).error(5).reach(1805).only();
    ASSERT_EQ(resolved["status"], "resolved");
    const Json revised = life.error(3).only();
    EXPECT_EQ(revised["id"], resolved["id"]);
    EXPECT_EQ(revised["status"], "resolved");
    EXPECT_EQ(revised["symptom"]["count"], 3);
}

}  // namespace
}  // namespace culprit::testing
