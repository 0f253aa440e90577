#include "daemon/sinks/pending_documents.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <map>
#include <set>

namespace culprit {
namespace {

IncidentDocument document(const std::string& id, std::int64_t version, const std::string& json = "{}") {
    IncidentDocument made;
    made.id = id;
    made.version = version;
    made.json = json;
    return made;
}

TEST(PendingDocuments, a_storm_of_revisions_leaves_one_document) {
    PendingDocuments pending;
    for (int version = 1; version <= 1000; ++version) pending.offer(document("a", version));
    EXPECT_EQ(pending.size(), 1U);
    const auto taken = pending.take(1'000'000);
    ASSERT_EQ(taken.size(), 1U);
    EXPECT_EQ(taken[0].version, 1000);
}

TEST(PendingDocuments, an_older_revision_does_not_replace_a_newer_one) {
    PendingDocuments pending;
    pending.offer(document("a", 7));
    pending.offer(document("a", 3));
    EXPECT_EQ(pending.take(100).at(0).version, 7);
}

TEST(PendingDocuments, what_comes_while_one_is_on_its_way_waits_for_the_next_flush) {
    PendingDocuments pending;
    pending.offer(document("a", 1));
    ASSERT_EQ(pending.take(100).size(), 1U);
    pending.offer(document("a", 2));
    EXPECT_TRUE(pending.take(100).empty()) << "two revisions of one incident must not overtake each other";
    EXPECT_EQ(pending.size(), 1U);
    pending.settle("a");
    EXPECT_EQ(pending.take(100).at(0).version, 2);
}

TEST(PendingDocuments, one_given_back_does_not_replace_what_came_meanwhile) {
    PendingDocuments pending;
    pending.offer(document("a", 1));
    pending.take(100);
    pending.offer(document("a", 2));
    pending.give_back("a");
    EXPECT_EQ(pending.size(), 1U);
    EXPECT_EQ(pending.take(100).at(0).version, 2);
}

TEST(PendingDocuments, is_owed_since_its_first_revision_until_it_is_safe) {
    PendingDocuments pending;
    EXPECT_EQ(pending.owed_since(), std::nullopt);
    const auto before = std::chrono::steady_clock::now();
    pending.offer(document("a", 1));
    const auto after = std::chrono::steady_clock::now();
    pending.offer(document("a", 2));
    pending.offer(document("b", 1));
    EXPECT_TRUE(pending.owed_since() >= before && pending.owed_since() <= after) << "a newer revision is no excuse";
    pending.take(1'000'000);
    pending.offer(document("a", 3));
    pending.give_back("a");
    EXPECT_TRUE(pending.owed_since() >= before && pending.owed_since() <= after) << "nor is a try";
    pending.take(1'000'000);
    pending.settle("a");
    EXPECT_GT(pending.owed_since(), after) << "b is younger";
    pending.settle("b");
    EXPECT_EQ(pending.owed_since(), std::nullopt);
}

TEST(PendingDocuments, a_document_larger_than_a_bulk_goes_alone) {
    PendingDocuments pending;
    pending.offer(document("a", 1, std::string(50, 'x')));
    pending.offer(document("b", 1));
    EXPECT_EQ(pending.take(10).size(), 1U);
    EXPECT_EQ(pending.take(10).size(), 1U);
    EXPECT_EQ(pending.size(), 2U) << "on its way is not safe yet";
}

TEST(PendingDocuments, documents_that_are_refused_again_and_again_do_not_starve_the_others) {
    PendingDocuments pending;
    for (const char* id : {"a", "b", "c", "d"}) pending.offer(document(id, 1, std::string(10, 'x')));
    std::set<std::string> sent;
    for (int flush = 0; flush < 4; ++flush)
        for (const auto& taken : pending.take(10)) {
            sent.insert(taken.id);
            pending.give_back(taken.id);
        }
    EXPECT_EQ(sent.size(), 4U);
}

// However offers, flushes and refusals interleave, what ends up written last is the newest revision of each incident.
RC_GTEST_PROP(PendingDocuments, the_newest_revision_of_each_incident_is_the_last_one_written, ()) {
    PendingDocuments pending;
    std::map<std::string, std::int64_t> newest, written;
    std::vector<IncidentDocument> flying;
    const auto land = [&](bool accepted) {
        for (const auto& one : flying) {
            if (accepted) {
                RC_ASSERT(written[one.id] < one.version);
                written[one.id] = one.version;
                pending.settle(one.id);
            } else {
                pending.give_back(one.id);
            }
        }
        flying.clear();
    };
    std::int64_t version = 0;
    for (const int step : *rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 8))) {
        if (step < 4) {
            const std::string id(1, static_cast<char>('a' + step));
            pending.offer(document(id, ++version, "123456"));
            newest[id] = version;
        } else if (step < 6) {
            if (flying.empty()) flying = pending.take(step == 4 ? 13 : 1);
        } else {
            land(step == 6);
        }
    }
    land(true);
    while (pending.waiting()) {
        flying = pending.take(13);
        land(true);
    }
    RC_ASSERT(pending.size() == 0U);
    RC_ASSERT(written == newest);
}

}  // namespace
}  // namespace culprit
