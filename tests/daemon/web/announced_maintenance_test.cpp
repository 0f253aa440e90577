#include "daemon/web/announced_maintenance.h"

#include <gtest/gtest.h>

namespace culprit {
namespace {

OperatorNote window(const std::string& id, std::int64_t said, std::int64_t from, bool withdrawn = false) {
    OperatorNote note;
    note.kind = NoteKind::maintenance;
    note.id = id;
    note.time = from_micros(said);
    note.from = from_micros(from);
    note.withdrawn = withdrawn;
    return note;
}

TEST(AnnouncedMaintenance, lists_what_stands_by_its_beginning_whatever_order_the_notes_come_in) {
    AnnouncedMaintenance maintenance;
    OperatorNote other;
    other.id = "x";
    maintenance.add(other);
    for (const OperatorNote& note : {window("b", 1, 50), window("off", 9, 10, true), window("a", 2, 20), window("off", 3, 10)})
        maintenance.add(note);
    ASSERT_EQ(maintenance.list().size(), 2u);
    EXPECT_EQ(maintenance.list()[0].id, "a");
    EXPECT_EQ(maintenance.list()[1].id, "b");
    EXPECT_TRUE(maintenance.find("a"));
    EXPECT_FALSE(maintenance.find("off")) << "called off later than it was announced";
    EXPECT_FALSE(maintenance.find("x")) << "no window";
}

TEST(AnnouncedMaintenance, is_bounded_and_lets_go_of_what_was_announced_first) {
    AnnouncedMaintenance maintenance;
    for (std::size_t at = 0; at <= AnnouncedMaintenance::kWindows; ++at)
        maintenance.add(window(std::to_string(at), static_cast<std::int64_t>(at) + 1, 5));
    EXPECT_EQ(maintenance.list().size(), AnnouncedMaintenance::kWindows);
    EXPECT_FALSE(maintenance.find("0"));
}

}  // namespace
}  // namespace culprit
