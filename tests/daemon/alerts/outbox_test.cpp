#include "daemon/alerts/outbox.h"

#include <gtest/gtest.h>

#include "../temporary_folder.h"
#include "daemon/signal_log/sqlite_signal_log.h"
#include "documents.h"

namespace culprit {
namespace {

using namespace std::chrono_literals;

Told told(const std::string& incident, AlertEvent event = AlertEvent::opened, EventTime at = test::at("2026-02-03T10:00:00Z")) {
    return {.incident = incident,
            .sequence = 7,
            .event = event,
            .delivered = true,
            .labels = {{"group", "g"}, {"kind", "x\"y"}},
            .substance = std::string("open\x1f") + "SEV2",
            .at = at};
}

TEST(Outbox, KeepsWhatWasToldOverARestartByReceiver) {
    TemporaryFolder folder;
    {
        const auto outbox = Outbox::open(folder.file("signals.db"));
        ASSERT_TRUE(outbox.value()->put("a", {told("1"), told("2")}).ok());
        ASSERT_TRUE(outbox.value()->put("b", {told("1", AlertEvent::resolved)}).ok());
    }
    const auto outbox = Outbox::open(folder.file("signals.db"));
    const auto kept = outbox.value()->told("a");
    ASSERT_EQ(kept.value().size(), 2U);
    EXPECT_EQ(kept.value()[0].incident, "1");
    EXPECT_EQ(kept.value()[0].sequence, 7U);
    EXPECT_TRUE(kept.value()[0].delivered);
    EXPECT_EQ(kept.value()[0].labels, told("1").labels);
    EXPECT_EQ(kept.value()[0].substance, told("1").substance);
    EXPECT_EQ(kept.value()[0].at, told("1").at);
    EXPECT_EQ(outbox.value()->told("b").value()[0].event, AlertEvent::resolved);
    EXPECT_TRUE(outbox.value()->told("c").value().empty());
}

TEST(Outbox, ForgetsWhatWasResolvedLongAgoAndNothingThatFires) {
    TemporaryFolder folder;
    const auto outbox = Outbox::open(folder.file("signals.db"));
    ASSERT_TRUE(outbox.value()->put("a", {told("1"), told("2", AlertEvent::resolved)}).ok());
    ASSERT_TRUE(outbox.value()->forget("a", test::at("2026-02-03T10:00:00Z")).ok());
    EXPECT_EQ(outbox.value()->told("a").value().size(), 2U);
    ASSERT_TRUE(outbox.value()->forget("a", test::at("2026-02-03T10:00:01Z")).ok());
    ASSERT_EQ(outbox.value()->told("a").value().size(), 1U);
    EXPECT_EQ(outbox.value()->told("a").value()[0].incident, "1");
}

TEST(Outbox, LivesInTheSignalLogsFileBesideIt) {
    TemporaryFolder folder;
    const auto log = SqliteSignalLog::open(folder.file("signals.db"));
    ASSERT_TRUE(log.ok());
    const auto outbox = Outbox::open(folder.file("signals.db"));
    ASSERT_TRUE(outbox.ok());
    ASSERT_TRUE(outbox.value()->put("a", {told("1")}).ok());
    EXPECT_TRUE(log.value()->append({}).ok());
    EXPECT_TRUE(SqliteSignalLog::open_read_only(folder.file("signals.db")).ok());
}

TEST(Outbox, AFileThatIsNoDatabaseIsSaid) {
    TemporaryFolder folder;
    folder.write("signals.db", std::string(5000, 'x'));
    const auto outbox = Outbox::open(folder.file("signals.db"));
    ASSERT_FALSE(outbox.ok());
    EXPECT_NE(outbox.error().message.find("signals.db cannot be opened: "), std::string::npos);
}

}  // namespace
}  // namespace culprit
