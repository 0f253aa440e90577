#include "daemon/alerts/alert_desk.h"

#include <gtest/gtest.h>

#include "documents.h"

namespace culprit {
namespace {

using namespace std::chrono_literals;
using test::at;
using test::document;
using test::Story;

const EventTime kStart = at("2026-02-03T10:05:00Z");

/// A desk whose receiver always answers, and what it heard, as "opened", "0123456789abcdef-2 updated" …
class Desk {
   public:
    explicit Desk(AlertRules rules = {}, std::vector<Told> told = {}) : desk_(rules, std::move(told)) {}

    void offer(const Story& story, EventTime now) { desk_.offer(document(story), now); }
    std::vector<std::string> hear(EventTime now) {
        std::vector<std::string> heard;
        for (const Notice& notice : desk_.due(now)) {
            heard.push_back(notice.key() + " " + std::string(to_string(notice.told.event)));
            last_ = notice;
            desk_.delivered(notice);
            told_ = notice.told;
            told_.delivered = true;
        }
        return heard;
    }
    std::vector<std::string> tell(const Story& story, EventTime now) {
        offer(story, now);
        return hear(now);
    }
    const Notice& last() const { return last_; }
    const Told& told() const { return told_; }
    AlertDesk& desk() { return desk_; }

   private:
    AlertDesk desk_;
    Notice last_;
    Told told_;
};

AlertRules at_once() { return {.hold = 0s}; }

using Heard = std::vector<std::string>;

TEST(AlertDesk, AnIncidentOpensOnceAndIsResolvedOnce) {
    Desk desk(at_once());
    EXPECT_EQ(desk.tell({}, kStart), Heard{"0123456789abcdef-1 opened"});
    EXPECT_EQ(desk.hear(kStart + 1h), Heard{});
    EXPECT_EQ(desk.tell({.status = "resolved"}, kStart + 30min), Heard{"0123456789abcdef-2 resolved"});
    EXPECT_EQ(desk.tell({.status = "resolved", .count = 11}, kStart + 31min), Heard{});
    EXPECT_EQ(desk.desk().size(), 0U);
}

TEST(AlertDesk, RevisionsThatOnlyCountMoreErrorsAreQuiet) {
    Desk desk(at_once());
    desk.tell({}, kStart);
    for (int more = 1; more < 50; ++more) EXPECT_EQ(desk.tell({.count = 10 + more}, kStart + more * 1s), Heard{});
}

TEST(AlertDesk, ACauseThatComesLateIsAnUpdateAndNotAPage) {
    Desk desk(at_once());
    desk.tell({}, kStart);
    EXPECT_EQ(desk.tell({.cause = "0042"}, kStart + 1min), Heard{"0123456789abcdef-2 updated"});
    EXPECT_EQ(desk.tell({.cause = "0042", .count = 99}, kStart + 2min), Heard{});
    EXPECT_EQ(desk.tell({.cause = "0043"}, kStart + 3min), Heard{"0123456789abcdef-3 updated"});
}

TEST(AlertDesk, OneIsHeldForItsCauseButASev1IsNot) {
    Desk desk({.hold = 30s});
    EXPECT_EQ(desk.tell({}, kStart), Heard{});
    EXPECT_EQ(desk.tell({.cause = "0042"}, kStart + 29s), Heard{});
    EXPECT_EQ(desk.hear(kStart + 30s), Heard{"0123456789abcdef-1 opened"});
    EXPECT_EQ(desk.tell({.id = "1", .severity = "SEV1"}, kStart), Heard{"1-1 opened"});
}

TEST(AlertDesk, WhatIsOverBeforeTheHoldEndsIsNotTold) {
    Desk desk({.hold = 30s});
    desk.tell({}, kStart);
    EXPECT_EQ(desk.tell({.status = "resolved"}, kStart + 20s), Heard{});
    EXPECT_EQ(desk.hear(kStart + 40s), Heard{});
    EXPECT_EQ(desk.desk().size(), 0U);
}

TEST(AlertDesk, MildOnesPlannedOnesAndOldOnesPageNobody) {
    Desk desk(at_once());
    EXPECT_EQ(desk.tell({.severity = "SEV4"}, kStart), Heard{});
    EXPECT_EQ(desk.tell({.id = "1", .maintenance = true}, kStart), Heard{});
    EXPECT_EQ(desk.tell({.id = "2", .last_seen = "2026-02-03T09:00:00Z"}, kStart), Heard{}) << "history never pages";
    EXPECT_EQ(desk.desk().size(), 0U);
    EXPECT_EQ(desk.tell({.severity = "SEV3"}, kStart), Heard{"0123456789abcdef-1 opened"}) << "once it is severe enough";
}

TEST(AlertDesk, ASilencedIncidentIsToldWhenTheSilenceEnds) {
    Desk desk(at_once());
    EXPECT_EQ(desk.tell({.silenced_until = "2026-02-03T10:15:00Z"}, kStart), Heard{});
    EXPECT_EQ(desk.hear(kStart + 10min), Heard{"0123456789abcdef-1 opened"});
}

TEST(AlertDesk, LabelsStayAndOnlyAWorseSeverityReplacesThem) {
    Desk desk(at_once());
    desk.tell({.severity = "SEV3"}, kStart);
    const auto labels = desk.last().told.labels;
    EXPECT_EQ(labels.at("group"), "0123456789abcdef");
    EXPECT_EQ(desk.tell({.severity = "SEV3", .cause = "0042", .group = "g"}, kStart + 1min), Heard{"0123456789abcdef-2 updated"});
    EXPECT_EQ(desk.last().told.labels, labels);
    EXPECT_EQ(desk.tell({.severity = "SEV1", .cause = "0042"}, kStart + 2min), Heard{"0123456789abcdef-3 escalated"});
    EXPECT_EQ(desk.last().replaced_labels, labels);
    EXPECT_EQ(desk.last().told.labels.at("severity"), "SEV1");
    EXPECT_EQ(desk.tell({.severity = "SEV4", .cause = "0042"}, kStart + 3min), Heard{"0123456789abcdef-4 updated"});
    EXPECT_EQ(desk.last().told.labels.at("severity"), "SEV1") << "another label would be another alert";
}

TEST(AlertDesk, OneBadReleasePagesOnce) {
    Desk desk(at_once());
    EXPECT_EQ(desk.tell({.id = "a"}, kStart), Heard{"a-1 opened"});
    desk.offer({.id = "a", .cause = "0042", .group = "0042"}, kStart + 5s);
    desk.offer({.id = "b", .cause = "0042", .group = "0042"}, kStart + 5s);
    EXPECT_EQ(desk.hear(kStart + 5s), (Heard{"a-2 updated", "b-1 joined"}));
    EXPECT_EQ(desk.told().labels.at("group"), "a") << "Alertmanager groups by this label, which cannot change any more";
    EXPECT_EQ(desk.tell({.id = "c", .severity = "SEV1", .cause = "0042", .group = "0042"}, kStart + 6s), Heard{"c-1 opened"})
        << "a worse one pages";
}

TEST(AlertDesk, OneBadReleasePagesOnceWhenAllItBrokeIsDueAtOneMoment) {
    Desk desk({.hold = 30s});
    for (const auto& [id, severity] : {std::pair{"a", "SEV3"}, {"b", "SEV2"}, {"c", "SEV2"}})
        desk.offer({.id = id, .severity = severity, .cause = "0042", .group = "0042"}, kStart);
    desk.offer({.id = "d", .cause = "another"}, kStart);
    EXPECT_EQ(desk.hear(kStart + 31s), (Heard{"b-1 opened", "d-1 opened", "a-1 joined", "c-1 joined"})) << "the worst pages";
    EXPECT_EQ(desk.told().labels.at("group"), "0042");
}

TEST(AlertDesk, AFiringOneIsRepeatedWhereTheReceiverForgets) {
    Desk desk({.hold = 0s, .repeat = 60s});
    desk.tell({}, kStart);
    EXPECT_EQ(desk.hear(kStart + 59s), Heard{});
    EXPECT_EQ(desk.hear(kStart + 60s), Heard{"0123456789abcdef-2 repeated"});
    EXPECT_EQ(desk.hear(kStart + 61s), Heard{});
    desk.tell({.status = "merged"}, kStart + 70s);
    EXPECT_EQ(desk.hear(kStart + 10min), Heard{});
}

TEST(AlertDesk, WhatWasNotDeliveredIsDueAgainUnderTheSameKey) {
    AlertDesk desk(at_once(), {});
    desk.offer(document({}), kStart);
    const std::string key = desk.due(kStart).front().key();
    EXPECT_EQ(desk.due(kStart + 1s).front().key(), key);
    desk.delivered(desk.due(kStart + 1s).front());
    EXPECT_TRUE(desk.due(kStart + 2s).empty());
}

TEST(AlertDesk, ARestartPagesNobodyTwice) {
    Desk before(at_once());
    before.tell({.cause = "0042"}, kStart);
    Desk after(at_once(), {before.told()});
    EXPECT_EQ(after.tell({.cause = "0042"}, kStart + 1min), Heard{}) << "everything is offered again after a restart";
    EXPECT_EQ(after.tell({.status = "resolved", .cause = "0042"}, kStart + 31min), Heard{"0123456789abcdef-2 resolved"});

    Told killed = before.told();
    killed.delivered = false;
    Desk again(at_once(), {killed});
    EXPECT_EQ(again.tell({.cause = "0042"}, kStart + 1min), Heard{"0123456789abcdef-1 opened"}) << "at least once, under its key";
}

TEST(AlertDesk, AnIncidentThatOpensAgainPagesAgain) {
    Desk desk(at_once());
    desk.tell({}, kStart);
    desk.tell({.status = "resolved"}, kStart + 30min);
    EXPECT_EQ(desk.tell({.severity = "SEV3", .last_seen = "2026-02-03T10:40:00Z"}, kStart + 36min),
              Heard{"0123456789abcdef-3 opened"});
    EXPECT_EQ(desk.last().told.labels.at("severity"), "SEV3");
}

TEST(AlertDesk, BeyondTheLimitAnIncidentIsTurnedAwayAndSaidSo) {
    AlertDesk desk({.hold = 0s, .limit = 2}, {});
    EXPECT_TRUE(desk.offer(document({.id = "a"}), kStart));
    EXPECT_TRUE(desk.offer(document({.id = "b"}), kStart));
    EXPECT_FALSE(desk.offer(document({.id = "c"}), kStart));
    EXPECT_TRUE(desk.offer(document({.id = "a", .count = 11}), kStart));
    EXPECT_EQ(desk.size(), 2U);
}

TEST(AlertDesk, ADocumentThatIsNoneIsNoAlert) {
    AlertDesk desk(at_once(), {});
    IncidentDocument broken = document({});
    broken.json = "not json";
    desk.offer(broken, kStart);
    EXPECT_TRUE(desk.due(kStart).empty());
}

}  // namespace
}  // namespace culprit
