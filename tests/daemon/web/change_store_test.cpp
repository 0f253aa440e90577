#include "daemon/web/change_store.h"

#include <gtest/gtest.h>

#include "daemon/web/pages.h"
#include "web_documents.h"

namespace culprit {
namespace {

IncidentDocument change(int number, const std::string& verdict, const nlohmann::json& warnings = nlohmann::json::array(),
                        const nlohmann::json& incidents = nlohmann::json::array()) {
    char time[40];
    std::snprintf(time, sizeof time, "2026-02-03T04:%02d:00.000000Z", number);
    const std::string id = "c" + std::to_string(number);
    return testing::document(id,
                             {{"message", "migration " + std::to_string(number)},
                              {"culprit",
                               {{"id", id},
                                {"change",
                                 {{"kind", "migration"},
                                  {"summary", "migration m" + std::to_string(number) + " by <alembic>"},
                                  {"time", time},
                                  {"tool", "alembic"}}},
                                {"watch", {{"verdict", verdict}, {"until", "2026-02-03T04:55:00Z"}, {"incidents", incidents}}},
                                {"warnings", warnings}}}},
                             verdict);
}

std::vector<std::string> ids(const ChangeStore& store, const std::string& query) {
    const auto page = select_changes(store.list(), query_of("/?" + query));
    EXPECT_TRUE(page.ok()) << query;
    std::vector<std::string> found;
    for (const auto& each : page.value().changes) found.push_back(each->document.id);
    return found;
}

const nlohmann::json kWarning = {{{"rule", "import_without_sequence_reset"},
                                  {"status", "open"},
                                  {"summary", "the sequence was left behind"},
                                  {"fix_sql", {"SELECT setval('s', 9);"}}}};

TEST(ChangeStore, lists_the_newest_first_filtered_and_by_pages) {
    ChangeStore store;
    store.put({change(1, "clean"), change(2, "dirty"), change(3, "open", kWarning), change(4, "dirty")});
    EXPECT_EQ(ids(store, ""), (std::vector<std::string>{"c4", "c3", "c2", "c1"}));
    EXPECT_EQ(ids(store, "verdict=dirty"), (std::vector<std::string>{"c4", "c2"}));
    EXPECT_EQ(ids(store, "verdict=open,clean"), (std::vector<std::string>{"c3", "c1"}));
    EXPECT_EQ(ids(store, "warnings=open"), (std::vector<std::string>{"c3"}));
    EXPECT_EQ(ids(store, "q=M2"), (std::vector<std::string>{"c2"}));
    const auto first = select_changes(store.list(), query_of("/?limit=3"));
    store.put({change(9, "open")});
    EXPECT_EQ(ids(store, "limit=3&cursor=" + first.value().next), (std::vector<std::string>{"c1"}));
    for (const char* wrong : {"verdit=open", "limit=0", "cursor=x"})
        EXPECT_FALSE(select_changes(store.list(), query_of(std::string("/?") + wrong)).ok()) << wrong;
}

TEST(ChangeStore, keeps_the_newest_revision_and_lets_go_of_the_oldest) {
    ChangeStore store(2);
    EXPECT_TRUE(store.put({change(5, "dirty")}));
    IncidentDocument older = change(5, "open");
    older.version = 0;
    EXPECT_FALSE(store.put({older}));
    store.put({change(1, "open"), change(7, "open")});
    EXPECT_EQ(ids(store, ""), (std::vector<std::string>{"c7", "c5"}));
    EXPECT_EQ(store.find("c5")->verdict, "dirty");
}

TEST(ChangesPage, shows_each_with_its_verdict_its_warnings_and_what_is_held_against_it) {
    IncidentStore store;
    store.put({testing::numbered(7)});
    const std::uint64_t before = store.revision();
    store.offer_changes(
        {change(2, "dirty", nlohmann::json::array(), {"0000000000000007", "unknown"}), change(3, "open", kWarning)});
    EXPECT_GT(store.revision(), before) << "who looks at them is told";
    const std::string page = changes_page(store, {});
    for (const char* part : {R"(<span class="state verdict dirty">dirty</span> migration m2 by &lt;alembic&gt;)",
                             "watched until 2026-02-03 04:55:00 UTC", "the sequence was left behind",
                             "SELECT setval(&apos;s&apos;, 9);", R"(<a href="/incidents/0000000000000007">)", "2 changes"})
        EXPECT_NE(page.find(part), std::string::npos) << part << "\nis not in\n" << page;
    EXPECT_EQ(changes_page(store, {{"verdict", "dirty"}}).find("migration m3"), std::string::npos);
}

}  // namespace
}  // namespace culprit
