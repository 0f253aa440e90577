#include "daemon/signal_log/stored_snapshot.h"

#include <gtest/gtest.h>

#include <random>

namespace culprit {
namespace {

StoredSnapshot snapshot_at(std::int64_t epoch, std::int64_t position, std::size_t changes = 3) {
    StoredSnapshot snapshot;
    snapshot.epoch = epoch;
    snapshot.rules = "abc";
    snapshot.fold.position = LogPosition{position};
    snapshot.fold.clock = from_micros(1'772'359'200'000'000);
    std::mt19937_64 random(1);
    for (std::size_t i = 0; i < changes; ++i) {
        Signal signal;
        signal.family = Family::change;
        signal.kind = "schema_change";
        signal.time = from_micros(1'772'359'200'000'000 + static_cast<std::int64_t>(i));
        for (int word = 0; word < 60; ++word) signal.message += std::to_string(random());
        snapshot.fold.entries.emplace_back(signal);
    }
    snapshot.merged.push_back({"0123", 42, from_micros(7), "merged", "SEV3", R"({"culprit":{"id":"0123"}})"});
    return snapshot;
}

void add(SnapshotPieces& pieces, const StoredSnapshot& snapshot, std::size_t without = 999) {
    const auto all = to_pieces(snapshot);
    for (std::size_t i = 0; i < all.size(); ++i)
        if (i != without) pieces.add(all[i].key, all[i].value);
}

TEST(StoredSnapshot, IsReadAsItWasWrittenWhateverItsSize) {
    for (const std::size_t changes : {0U, 3U, 3000U}) {
        const StoredSnapshot snapshot = snapshot_at(9, 1'000'000'000'000, changes);
        SnapshotPieces pieces;
        add(pieces, snapshot);
        const auto read = pieces.newest();
        ASSERT_TRUE(read) << changes;
        EXPECT_EQ(read->epoch, 9);
        EXPECT_EQ(read->rules, "abc");
        EXPECT_EQ(read->fold.position, snapshot.fold.position);
        EXPECT_EQ(read->fold.clock, snapshot.fold.clock);
        ASSERT_EQ(read->fold.entries.size(), changes);
        for (std::size_t i = 0; i < changes; ++i) ASSERT_EQ(encode(read->fold.entries[i]), encode(snapshot.fold.entries[i]));
        ASSERT_EQ(read->merged.size(), 1U);
        EXPECT_EQ(read->merged[0].json, snapshot.merged[0].json);
        EXPECT_EQ(read->merged[0].version, 42);
    }
    EXPECT_GT(to_pieces(snapshot_at(9, 1, 3000)).size(), 1U) << "the large one is in several pieces";
}

TEST(StoredSnapshot, TheNewestWholeOneCountsAndOlderOnesCanGo) {
    SnapshotPieces pieces;
    add(pieces, snapshot_at(1, 500));
    add(pieces, snapshot_at(2, 100));
    add(pieces, snapshot_at(2, 200, 3000), 1);  // a writer that died in the middle, or a zombie
    EXPECT_EQ(pieces.newest()->fold.position.value, 100);
    ASSERT_EQ(pieces.outdated().size(), 1U);
    EXPECT_TRUE(pieces.outdated()[0].starts_with("00000001-")) << pieces.outdated()[0];
    for (const SnapshotPiece& piece : to_pieces(snapshot_at(2, 100))) pieces.add(piece.key, "");
    EXPECT_EQ(pieces.newest()->fold.position.value, 500);
}

TEST(StoredSnapshot, ADamagedOneOrOneOfANewerFormatIsPassedOver) {
    SnapshotPieces pieces;
    add(pieces, snapshot_at(1, 100));
    auto damaged = to_pieces(snapshot_at(1, 200));
    damaged[0].value.back() ^= 1;
    pieces.add(damaged[0].key, damaged[0].value);
    EXPECT_EQ(pieces.newest()->fold.position.value, 100);
    pieces.add("00000001-00000000ff/000000", "not JSON\nbytes");
    pieces.add("00000001-00000000fe/000000", R"({"piece":0,"pieces":1,"hash":0})");
    EXPECT_EQ(pieces.newest()->fold.position.value, 100);
}

TEST(StoredSnapshot, OneOfAnEmptyLogIsOlderThanAnyOther) {
    SnapshotPieces pieces;
    add(pieces, snapshot_at(1, -1));
    EXPECT_EQ(pieces.newest()->fold.position.value, -1);
    add(pieces, snapshot_at(1, 0));
    EXPECT_EQ(pieces.newest()->fold.position.value, 0);
}

TEST(StoredSnapshot, WithoutAnyThereIsNone) { EXPECT_FALSE(SnapshotPieces().newest()); }

}  // namespace
}  // namespace culprit
