#include "daemon/words/message_templates.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "../temporary_folder.h"
#include "daemon/text_values.h"
#include "daemon/words/wording.h"

namespace culprit {
namespace {

using Json = nlohmann::json;

const EventTime kNow = *parse_time("2026-02-03T11:30:00Z");

Json open_incident() {
    return Json::parse(R"({
      "message": "Duplicate keys on users.users_email_key since 10:02, 3 services: migration 0042 (alembic), 94 %",
      "service": {"name": "checkout", "environment": "production"},
      "culprit": {"id": "0123456789abcdef", "status": "open", "severity": "SEV2", "severity_reasons": ["widespread"],
        "onset": "2026-02-03T10:02:00.250000Z", "last_seen": "2026-02-03T11:29:10.000000Z", "trend": "constant",
        "symptom": {"kind": "unique_violation", "sqlstate": "23505", "database": "shop", "count": 1204, "rate_per_minute": 13.84,
                    "baseline_per_minute": 0.0},
        "impact": {"users": 87, "services": ["checkout", "profile"], "hosts": [], "releases": ["v42"]},
        "attribution": "attributed",
        "evidence": {"ddl": "flowing", "migrations": "flowing", "deployments": "quiet", "imports": "never_seen", "server_log": "flowing"},
        "causes": [{"confidence": 0.944, "summary": "migration 0042 by alembic added the constraint", "offset_seconds": -95.2,
                    "time": "2026-02-03T10:00:24.000000Z", "evidence": [{"name": "same_object", "weight": 5.0, "detail": "users_email_key"}]}],
        "diagnosis": {"rule": "constraint_over_code", "summary": "The constraint is new.", "steps": ["Look at it.", "Decide."],
                      "verify_sql": ["SELECT 1;\nSELECT 2;"], "fix_sql": ["ALTER TABLE \"users\" DROP CONSTRAINT \"users_email_key\";"]},
        "timeline": [{"time": "2026-02-03T10:02:00.250000Z", "what": "onset", "text": "Duplicate keys"}]}})");
}

Json resolved_incident() {
    Json incident = open_incident();
    incident["culprit"]["status"] = "resolved";
    incident["culprit"]["resolved_at"] = "2026-02-03T11:14:00.000000Z";
    incident["culprit"]["resolved_by"] = "drop_constraint";
    incident["culprit"]["timeline"].push_back(
        {{"time", "2026-02-03T11:14:00.000000Z"}, {"what", "remedy"}, {"text", "drop_constraint"}});
    return incident;
}

std::string filled(std::string_view name, const Json& incident, const Said& said = {}) {
    return MessageTemplates::load("").value().render(name, incident.dump(), kNow, said).value();
}

::testing::AssertionResult says(const std::string& text, const std::string& part) {
    if (text.find(part) != std::string::npos) return ::testing::AssertionSuccess();
    return ::testing::AssertionFailure() << "\"" << part << "\" is not in:\n" << text;
}

TEST(MessageTemplates, TheInitialNotificationHasThePlaybooksFields) {
    const std::string text = filled("slack-initial.slack", open_incident(), {{"next_update", "12:00 UTC"}});
    EXPECT_TRUE(
        says(text, "@channel INCIDENT DECLARED: Database Issue\n\nSeverity: SEV2\nTime Detected: 2026-02-03 10:02:00 UTC\n"));
    EXPECT_TRUE(says(text, "- Users affected: 87 distinct users; their share of all users is unknown\n"));
    EXPECT_TRUE(says(text, "- Functionality affected: services checkout, profile\n"));
    EXPECT_TRUE(says(text, "- Business impact: unknown\n"));
    EXPECT_TRUE(says(text, "- Investigation in progress\n- 1,204 errors, 14 a minute; none before the onset\n"));
    EXPECT_TRUE(
        says(text, "- Probable cause (94 %): migration 0042 by alembic added the constraint, 95 s before the first error\n"));
    EXPECT_TRUE(says(text, "Next Update:\n12:00 UTC\n"));
    EXPECT_TRUE(says(text, "Incident Channel: #incident-2026-02-03-database-issue\n"));
}

TEST(MessageTemplates, TheStatusUpdateSaysElapsedTimeActionsAndNextSteps) {
    const std::string text = filled("slack-update.slack", open_incident());
    EXPECT_TRUE(says(text, "Time: 2026-02-03 11:30:00 UTC\nElapsed Time: 88 min\n"));
    EXPECT_TRUE(says(text, "Actions Taken:\n- None that the logs show\n"));
    EXPECT_TRUE(says(text, "Next Steps:\n- Look at it.\n- Decide.\n"));
    EXPECT_TRUE(says(text, "Estimated Resolution Time:\nUnder investigation\n"));
    EXPECT_TRUE(
        says(filled("slack-update.slack", resolved_incident()), "Actions Taken:\n- 2026-02-03 11:14:00 UTC: drop_constraint\n"));
    const std::string told = filled("slack-update.slack", open_incident(), {{"actions", "pool restarted"}});
    EXPECT_TRUE(says(told, "Actions Taken:\n- pool restarted\n"));
    EXPECT_FALSE(says(told, "None that the logs show"));
}

TEST(MessageTemplates, TheResolutionSaysHowItEndedAndThatDataWasNotVerified) {
    const std::string text = filled("slack-resolved.slack", resolved_incident());
    EXPECT_TRUE(says(text, "Time Resolved: 2026-02-03 11:14:00 UTC\nTotal Duration: 72 min\n"));
    EXPECT_TRUE(says(text, "Resolution:\nThe errors ended with: drop_constraint\n"));
    EXPECT_TRUE(says(text, "Root Cause:\nmigration 0042 by alembic added the constraint (94 %, 95 s before the first error)\n"));
    EXPECT_TRUE(says(text, "- Not verified by culprit: it reads logs only\n"));
    EXPECT_TRUE(
        says(filled("slack-resolved.slack", open_incident()), "not resolved: errors were seen until 2026-02-03 11:29:10 UTC"));
}

TEST(MessageTemplates, TheStatusPageFollowsTheIncidentAndTellsThePublicNoInternalName) {
    Json investigating = open_incident();
    investigating["culprit"]["attribution"] = "pending";
    EXPECT_TRUE(says(filled("status-page.txt", investigating), "Status: Investigating\n"));
    EXPECT_TRUE(says(filled("status-page.txt", open_incident()), "Status: Identified\n"));
    EXPECT_TRUE(says(filled("status-page.txt", resolved_incident()), "Status: Resolved\n"));
    for (const Json& incident : {investigating, open_incident(), resolved_incident()}) {
        const std::string text = filled("status-page.txt", incident);
        for (const char* internal : {"users", "checkout", "alembic", "shop", "SEV"}) EXPECT_FALSE(says(text, internal));
    }
    EXPECT_TRUE(says(filled("status-page.txt", investigating, {{"functionality", "signing in"}}), "may affect signing in."));
}

TEST(MessageTemplates, ThePostIncidentReportHasTimelineEvidenceAndIndentedSql) {
    const std::string text = filled("markdown.md", resolved_incident());
    EXPECT_TRUE(says(text, "# Duplicate keys on users.users\\_email\\_key since 10:02"));
    EXPECT_TRUE(says(text, "| 2026-02-03 11:14:00 UTC | Remedy | drop\\_constraint |\n"));
    EXPECT_TRUE(says(text, "Found by culprit, 94 % sure: migration 0042 by alembic added the constraint"));
    EXPECT_TRUE(says(text, "- same\\_object (5.0): users\\_email\\_key\n"));
    EXPECT_TRUE(says(text, "\n    ALTER TABLE \"users\" DROP CONSTRAINT \"users_email_key\";\n"));
    EXPECT_TRUE(says(text, "\n    SELECT 1;\n    SELECT 2;\n"));
    EXPECT_TRUE(says(text, "- Business impact: unknown\n"));
}

TEST(MessageTemplates, NoCauseIsSaidWithWhatCouldHaveBeenSeen) {
    Json incident = open_incident();
    incident["culprit"]["attribution"] = "unattributed";
    incident["culprit"]["causes"] = Json::array();
    const std::string text = filled("markdown.md", incident);
    EXPECT_TRUE(says(text,
                     "None found. What culprit could have seen of this scope: DDL flowing, migrations flowing, deployments "
                     "quiet, imports never\\_seen"));
    EXPECT_TRUE(says(text, "No change was a candidate.\n"));
    EXPECT_TRUE(says(filled("slack-initial.slack", incident), "- Cause: none found among the changes that culprit saw\n"));
}

TEST(MessageTemplates, HostileNamesAreTextInEveryMessage) {
    Json incident = open_incident();
    incident["message"] = "Duplicate keys on <!channel> @here `x` <script>alert(1)</script>\n# heading";
    EXPECT_FALSE(says(filled("slack-initial.slack", incident), "<!channel>"));
    EXPECT_FALSE(says(filled("slack-initial.slack", incident), "@here"));
    EXPECT_FALSE(says(filled("markdown.md", incident), " <script>"));
    EXPECT_FALSE(says(filled("markdown.md", incident), "\n# heading"));
}

TEST(MessageTemplates, ATeamsOwnTemplatesReplaceAndAdd) {
    TemporaryFolder folder;
    folder.write("slack-initial.slack.mustache", "{{culprit.severity}} {{said.team}} {{unknown}}");
    folder.write("pager.json.mustache", R"({"text": "{{message}}"})");
    const auto templates = MessageTemplates::load(folder.path());
    ASSERT_TRUE(templates.ok());
    EXPECT_EQ(templates.value().render("slack-initial.slack", open_incident().dump(), kNow, {{"team", "blue"}}).value(),
              "SEV2 blue unknown");
    Json quoted = open_incident();
    quoted["message"] = "\"quoted\"\\";
    EXPECT_EQ(Json::parse(templates.value().render("pager.json", quoted.dump(), kNow).value())["text"], "\"quoted\"\\");
}

TEST(MessageTemplates, WhatIsNoTemplateAndNoIncidentIsSaid) {
    TemporaryFolder folder;
    folder.write("broken.md.mustache", "{{#open}} never closed");
    const auto broken = MessageTemplates::load(folder.path());
    ASSERT_FALSE(broken.ok());
    EXPECT_TRUE(says(broken.error().message, "broken.md.mustache: not a mustache template"));
    EXPECT_FALSE(MessageTemplates::load("/nonexistent").ok());
    EXPECT_FALSE(MessageTemplates::load("").value().render("markdown.md", "[1]", kNow).ok());
    EXPECT_FALSE(MessageTemplates::load("").value().render("markdown.md", "not json", kNow).ok());
}

TEST(MessageTemplates, SpansAreSpokenInTwoUnitsAtMost) {
    EXPECT_EQ(spoken(std::chrono::seconds{119}), "119 s");
    EXPECT_EQ(spoken(std::chrono::minutes{72}), "72 min");
    EXPECT_EQ(spoken(std::chrono::minutes{192}), "3 h 12 min");
    EXPECT_EQ(spoken(std::chrono::hours{76}), "3 d 4 h");
}

}  // namespace
}  // namespace culprit
