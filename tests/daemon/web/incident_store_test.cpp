#include "daemon/web/incident_store.h"

#include <gtest/gtest.h>

#include <thread>

namespace culprit {
namespace {

IncidentDocument document(const std::string& id, std::int64_t version, const std::string& status = "open", int day = 1) {
    IncidentDocument made;
    made.id = id;
    made.version = version;
    made.status = status;
    made.bucket = EventTime{} + std::chrono::days(day);
    made.json = R"({"culprit":{"id":")" + id + "\"}}";
    return made;
}

std::vector<std::string> ids(const IncidentStore& store) {
    std::vector<std::string> found;
    for (const auto& incident : *store.list()) found.push_back(incident->document.id);
    return found;
}

TEST(IncidentStore, lists_open_incidents_first_and_the_latest_first_of_each) {
    IncidentStore store;
    store.put({document("old", 1, "open", 1), document("over", 1, "resolved", 9), document("new", 1, "open", 5),
               document("gone", 2, "merged", 9)});
    EXPECT_EQ(ids(store), (std::vector<std::string>{"new", "old", "over"}));
    EXPECT_NE(store.find("gone"), nullptr) << "its page says what it was merged into";
    EXPECT_EQ(store.find("never"), nullptr);
}

TEST(IncidentStore, keeps_the_newest_revision) {
    IncidentStore store;
    store.put({document("a", 5, "resolved")});
    store.put({document("a", 3, "open")});
    EXPECT_EQ(store.find("a")->document.status, "resolved");
    EXPECT_EQ(store.find("a")->document.version, 5);
}

TEST(IncidentStore, at_its_limit_the_oldest_that_are_over_go_first) {
    IncidentStore store(3);
    store.put({document("open1", 1, "open", 1), document("over1", 1, "resolved", 2), document("over2", 1, "resolved", 3),
               document("open2", 1, "open", 4)});
    EXPECT_EQ(ids(store), (std::vector<std::string>{"open2", "open1", "over2"}));
    store.put({document("open3", 1, "open", 5), document("open4", 1, "open", 6)});
    EXPECT_EQ(ids(store), (std::vector<std::string>{"open4", "open3", "open2"}));
}

TEST(IncidentStore, what_a_reader_holds_does_not_change_under_it) {
    IncidentStore store;
    store.put({document("a", 1)});
    const auto held = store.list();
    std::thread writer([&] {
        for (int version = 2; version < 500; ++version)
            store.put({document("a", version), document("b" + std::to_string(version), version)});
    });
    for (int at = 0; at < 200; ++at)
        for (const auto& incident : *store.list()) EXPECT_FALSE(incident->document.json.empty());
    writer.join();
    ASSERT_EQ(held->size(), 1U);
    EXPECT_EQ(held->front()->document.version, 1);
}

TEST(IncidentStore, says_what_has_changed_since_a_revision) {
    IncidentStore store;
    int told = 0;
    store.on_change([&] { ++told; });
    const std::uint64_t before = store.revision();
    store.put({document("a", 1), document("b", 1)});
    const std::uint64_t between = store.revision();
    store.put({document("b", 2), document("c", 1, "merged")});
    store.put({document("b", 1)});  // older: nothing changes
    EXPECT_EQ(store.changed_since(before), (std::vector<std::string>{"a", "b", "c"}));
    EXPECT_EQ(store.changed_since(between), (std::vector<std::string>{"b", "c"}));
    EXPECT_TRUE(store.changed_since(store.revision()).empty());
    EXPECT_EQ(told, 2);
}

}  // namespace
}  // namespace culprit
