#include "daemon/web/operator_api.h"

#include <gtest/gtest.h>

#include "web_documents.h"

namespace culprit {
namespace {

using namespace std::chrono_literals;

const EventTime kNow = from_micros(1'770'000'000'000'000);
const Speaker kAnn{"ann", kNow};

KeptIncident incident() {
    const IncidentDocument document = testing::numbered(7);
    return {document, summarise(document), 1};
}

TEST(OperatorApi, a_note_names_the_incident_by_its_problem_and_its_onset) {
    const auto note = note_on(incident(), NoteKind::acknowledge, R"({"text":"looking"})", kAnn);
    ASSERT_TRUE(note.ok());
    EXPECT_EQ(note.value().problem_kind, "unique_violation");
    EXPECT_EQ(note.value().problem_name, "t7_pkey");
    EXPECT_EQ(note.value().environment, "production");
    EXPECT_EQ(note.value().moment, incident().summary.began);
    EXPECT_EQ(note.value().author, "ann");
    EXPECT_EQ(note.value().text, "looking");
    EXPECT_EQ(note.value().time, kNow);
    EXPECT_EQ(note_on(incident(), NoteKind::acknowledge, R"({"by":"bob"})", {"", kNow}).value().author, "bob");
    EXPECT_EQ(note_on(incident(), NoteKind::acknowledge, R"({"by":"bob"})", kAnn).value().author, "ann")
        << "who has signed in signs";
}

TEST(OperatorApi, a_silence_has_an_end) {
    EXPECT_EQ(note_on(incident(), NoteKind::silence, R"({"minutes":60})", kAnn).value().until, kNow + 1h);
    EXPECT_EQ(note_on(incident(), NoteKind::silence, R"({"until":"2026-02-02T03:00Z"})", kAnn).value().until,
              from_micros(1'770'001'200'000'000));
    EXPECT_TRUE(note_on(incident(), NoteKind::silence, R"({"withdrawn":true})", kAnn).value().withdrawn);
}

TEST(OperatorApi, what_is_wrong_with_a_body_is_said) {
    const struct {
        NoteKind kind;
        std::string body;
        const char* problem;
    } cases[] = {
        {NoteKind::acknowledge, "[]", "JSON object"},
        {NoteKind::acknowledge, "{", "JSON object"},
        {NoteKind::acknowledge, R"({"txt":"x"})", "'txt' is not known"},
        {NoteKind::acknowledge, R"({"text":7})", "text: expected a text"},
        {NoteKind::acknowledge, R"({"text":")" + std::string(2'000, 'x') + "\"}", "at most 1000"},
        {NoteKind::acknowledge, R"({"withdrawn":"yes"})", "true or false"},
        {NoteKind::silence, "{}", "how long"},
        {NoteKind::silence, R"({"minutes":-5})", "how long"},
        {NoteKind::silence, R"({"minutes":1e300})", "30 days"},
        {NoteKind::silence, R"({"until":"tomorrow"})", "2026-02-01T02:00:00Z"},
        {NoteKind::silence, R"({"until":"2020-01-01T00:00:00Z"})", "past"},
        {NoteKind::feedback, "{}", "right, wrong or other"},
        {NoteKind::feedback, R"({"verdict":"other"})", "what was it"},
    };
    for (const auto& one : cases) {
        const auto note = note_on(incident(), one.kind, one.body, kAnn);
        ASSERT_FALSE(note.ok()) << one.body;
        EXPECT_NE(note.error().message.find(one.problem), std::string::npos) << one.body << " → " << note.error().message;
    }
}

TEST(OperatorApi, a_maintenance_window_says_where_and_from_when_to_when) {
    const auto window =
        maintenance_note(R"({"database":"shop","from":"2026-02-01T02:00Z","until":"2026-02-01T02:15:00Z"})", kAnn);
    ASSERT_TRUE(window.ok()) << window.error().message;
    EXPECT_EQ(window.value().until - window.value().from, 15min);
    EXPECT_EQ(window.value().id.size(), 16u);
    for (const char* wrong : {R"({"database":"shop"})", R"({"from":"2026-02-01T02:00Z","until":"2026-02-01T02:15Z"})",
                              R"({"database":"shop","from":"2026-02-01T03:00Z","until":"2026-02-01T02:15Z"})",
                              R"({"database":"shop","from":"2026-02-01T03:00Z","until":"2027-02-01T02:15Z"})"})
        EXPECT_FALSE(maintenance_note(wrong, kAnn).ok()) << wrong;
}

}  // namespace
}  // namespace culprit
