#include "daemon/alerts/alert_bodies.h"

#include <gtest/gtest.h>

#include "../temporary_folder.h"
#include "documents.h"

namespace culprit {
namespace {

using namespace std::chrono_literals;
using Json = nlohmann::json;
using test::at;
using test::document;
using test::Story;

const EventTime kNow = at("2026-02-03T10:30:00Z");
const AlertLinks kLinks{.page = "http://culprit.internal:8780", .runbook = "https://wiki/db"};

Notice notice(AlertEvent event, const Story& story = {}) {
    Notice notice;
    notice.told.incident = story.id;
    notice.told.sequence = 3;
    notice.told.event = event;
    notice.told.labels = {{"alertname", "CulpritIncident"}, {"culprit_id", story.id}, {"severity", "SEV2"}, {"group", "g"}};
    notice.document = document(story).json;
    return notice;
}

MessageTemplates templates() { return MessageTemplates::load("").value(); }

TEST(AlertBodies, AFiringAlertHasStableLabelsAndTheCauseInItsAnnotations) {
    const std::vector<Notice> notices{notice(AlertEvent::opened, {.cause = "migration 0042"})};
    const Json alert = Json::parse(alertmanager_body(notices, kLinks, kNow, 4min)).at(0);
    EXPECT_EQ(alert["labels"], Json(notices[0].told.labels));
    EXPECT_EQ(alert["annotations"]["summary"], "Duplicate keys on users.users_email_key since 10:02");
    EXPECT_EQ(alert["annotations"]["cause"], "migration 0042");
    EXPECT_EQ(alert["annotations"]["confidence"], "94 %");
    EXPECT_EQ(alert["annotations"]["runbook_url"], "https://wiki/db");
    EXPECT_EQ(alert["generatorURL"], "http://culprit.internal:8780/incidents/0123456789abcdef");
    EXPECT_EQ(alert["startsAt"], "2026-02-03T10:02:00Z");
    EXPECT_EQ(alert["endsAt"], "2026-02-03T10:34:00.000000Z");
    const std::vector<Notice> pending{notice(AlertEvent::opened)};
    EXPECT_EQ(Json::parse(alertmanager_body(pending, {}, kNow, 4min))[0]["annotations"]["cause"], "not known yet");
}

TEST(AlertBodies, AResolvedAlertEndsNowAndAnEscalationEndsTheMilderOne) {
    const std::vector<Notice> resolved{notice(AlertEvent::resolved, {.status = "resolved"})};
    EXPECT_EQ(Json::parse(alertmanager_body(resolved, {}, kNow, 4min))[0]["endsAt"], "2026-02-03T10:30:00.000000Z");
    std::vector<Notice> escalated{notice(AlertEvent::escalated, {.severity = "SEV1"})};
    escalated[0].replaced_labels = escalated[0].told.labels;
    escalated[0].told.labels["severity"] = "SEV1";
    const Json alerts = Json::parse(alertmanager_body(escalated, {}, kNow, 4min));
    ASSERT_EQ(alerts.size(), 2U);
    EXPECT_EQ(alerts[0]["labels"]["severity"], "SEV2");
    EXPECT_EQ(alerts[0]["endsAt"], "2026-02-03T10:30:00.000000Z");
    EXPECT_EQ(alerts[1]["labels"]["severity"], "SEV1");
    EXPECT_EQ(alerts[1]["endsAt"], "2026-02-03T10:34:00.000000Z");
}

TEST(AlertBodies, SlackGetsTextWithTheCauseAndALink) {
    const auto body = webhook_body(notice(AlertEvent::opened, {.cause = "migration 0042"}), "slack", templates(), kLinks, kNow);
    const std::string text = Json::parse(body.value())["text"];
    EXPECT_TRUE(text.starts_with(":rotating_light: *SEV2* Duplicate keys on users.users_email_key since 10:02\n")) << text;
    EXPECT_NE(text.find("Cause (94 %): migration 0042, 90 s before the first error\n"), std::string::npos) << text;
    EXPECT_NE(text.find("<http://culprit.internal:8780/incidents/0123456789abcdef|Open the incident>"), std::string::npos)
        << text;
    const auto resolved = webhook_body(notice(AlertEvent::resolved, {.status = "resolved"}), "slack", templates(), {}, kNow);
    EXPECT_TRUE(
        Json::parse(resolved.value())["text"].get<std::string>().starts_with(":white_check_mark: Resolved after 33 min: "));
}

TEST(AlertBodies, TheGenericWebhookCarriesTheDocumentAndAnIdempotencyKey) {
    const Json body = Json::parse(webhook_body(notice(AlertEvent::updated), "generic", templates(), kLinks, kNow).value());
    EXPECT_EQ(body["event"], "updated");
    EXPECT_EQ(body["key"], "0123456789abcdef-3");
    EXPECT_EQ(body["group"], "g");
    EXPECT_EQ(body["incident"]["culprit"]["severity"], "SEV2");
}

TEST(AlertBodies, ATeamsOwnTemplateMustGiveJson) {
    TemporaryFolder folder;
    folder.write("mine.json.mustache", R"({"severity": "{{culprit.severity}}", "what": "{{said.event}}"})");
    folder.write("broken.json.mustache", "{{culprit.severity}}");
    const auto own = MessageTemplates::load(folder.path());
    EXPECT_EQ(Json::parse(webhook_body(notice(AlertEvent::joined), "mine", own.value(), {}, kNow).value()),
              (Json{{"severity", "SEV2"}, {"what", "joined"}}));
    EXPECT_FALSE(webhook_body(notice(AlertEvent::joined), "broken", own.value(), {}, kNow).ok());
}

}  // namespace
}  // namespace culprit
