// What people said of an incident stays with it, whenever it arrives and whatever late data does to the incident's id.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>

#include "fold.h"

namespace culprit {
namespace {

using namespace culprit::testing;

LogEntry error(double time, const std::string& constraint = "t_pkey") {
    return entry_of(by_server(symptom(time, "unique_violation", constraint_on("t", constraint)), "shop"));
}

OperatorNote said(NoteKind kind, double time, double moment) {
    OperatorNote note;
    note.kind = kind;
    note.time = at(time);
    note.moment = at(moment);
    note.problem_kind = "unique_violation";
    note.problem_name = "t_pkey";
    note.environment = "production";
    note.author = "ann";
    return note;
}

OperatorNote window(double time, const std::string& id, double from, double until, bool withdrawn = false) {
    OperatorNote note;
    note.kind = NoteKind::maintenance;
    note.time = at(time);
    note.id = id;
    note.database = "shop";
    note.from = at(from);
    note.until = at(until);
    note.withdrawn = withdrawn;
    return note;
}

TEST(OperatorNotes, an_acknowledgement_a_silence_and_feedback_are_in_the_document) {
    OperatorNote silence = said(NoteKind::silence, 130, 10);
    silence.until = at(3600);
    OperatorNote wrong = said(NoteKind::feedback, 140, 10);
    wrong.verdict = "other";
    wrong.cause = "the import of last night";
    const auto incidents = fold({error(10), error(100), said(NoteKind::acknowledge, 120, 10), silence, wrong}, 200);
    ASSERT_EQ(incidents.size(), 1u);
    const Json& own = incidents[0]["culprit"];
    EXPECT_EQ(own["acknowledged"], true);
    EXPECT_EQ(own["acknowledged_by"], "ann");
    EXPECT_EQ(own["silenced_until"], "2026-03-01T11:00:00.000000Z");
    EXPECT_EQ(own["feedback"][0]["cause"], "the import of last night");
}

TEST(OperatorNotes, the_later_word_holds) {
    OperatorNote back = said(NoteKind::acknowledge, 130, 10);
    back.withdrawn = true;
    const auto incidents = fold({error(10), back, said(NoteKind::acknowledge, 120, 10)}, 200);
    EXPECT_FALSE(incidents[0]["culprit"].contains("acknowledged"));
}

TEST(OperatorNotes, are_of_the_incident_that_holds_their_moment_and_of_no_other) {
    const auto acknowledged = [](const Json& incident) { return incident["culprit"].contains("acknowledged"); };
    const double later = 3 * 3600;
    const auto incidents =
        fold({error(10), error(later), error(10, "other_key"), said(NoteKind::acknowledge, 20, 10)}, later + 60);
    ASSERT_EQ(incidents.size(), 3u);
    EXPECT_EQ(std::ranges::count_if(incidents, acknowledged), 1);
    const auto it = std::ranges::find_if(incidents, acknowledged);
    EXPECT_EQ((*it)["culprit"]["symptom"]["name"], "t_pkey");
    EXPECT_EQ((*it)["culprit"]["onset"], "2026-03-01T10:00:10.000000Z");
}

TEST(OperatorNotes, stay_with_an_incident_whose_id_changes_by_a_late_symptom) {
    CorrelationSettings settings;
    settings.resolve_after = std::chrono::minutes(1);
    const auto before = fold({error(90), said(NoteKind::acknowledge, 95, 90)}, 100, settings);
    const auto after = fold({error(90), said(NoteKind::acknowledge, 95, 90), error(45)}, 100, settings);
    ASSERT_EQ(before.size(), 1u);
    ASSERT_EQ(after.size(), 1u);
    EXPECT_NE(before[0]["culprit"]["id"], after[0]["culprit"]["id"]);
    EXPECT_EQ(after[0]["culprit"]["acknowledged"], true);
}

TEST(OperatorNotes, an_announced_window_lowers_what_begins_in_it_until_it_is_withdrawn) {
    const auto planned = [](std::vector<LogEntry> entries) {
        entries.push_back(error(10));
        return fold(entries, 60)[0].contains("labels");
    };
    EXPECT_TRUE(planned({window(0, "w", 5, 20)}));
    EXPECT_FALSE(planned({window(0, "w", 15, 20)}));
    EXPECT_FALSE(planned({window(0, "w", 5, 20), window(1, "w", 5, 20, true)}));
}

RC_GTEST_PROP(OperatorNotes, say_the_same_in_any_order_of_arrival, ()) {
    OperatorNote back = said(NoteKind::acknowledge, 130, 10);
    back.withdrawn = true;
    OperatorNote wrong = said(NoteKind::feedback, 140, 60);
    wrong.verdict = "wrong";
    std::vector<LogEntry> entries{error(10),
                                  error(60),
                                  error(5000),
                                  said(NoteKind::acknowledge, 120, 10),
                                  back,
                                  wrong,
                                  window(150, "w", 4990, 5010),
                                  window(160, "v", 0, 20)};
    const auto expected = fold(entries, 6000);
    for (std::size_t i = entries.size() - 1; i > 0; --i) std::swap(entries[i], entries[*rc::gen::inRange<std::size_t>(0, i + 1)]);
    RC_ASSERT(fold(entries, 6000) == expected);
}

}  // namespace
}  // namespace culprit
