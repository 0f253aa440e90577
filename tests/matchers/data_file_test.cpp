// The data files that PostgreSQL's complaints name, and texts that only look like them.
#include "matchers/data_file.h"

#include <gtest/gtest.h>

namespace culprit {
namespace {

TEST(DataFile, is_found_in_messages_of_any_language_and_nowhere_else) {
    const std::pair<const char*, const char*> cases[] = {
        {"invalid page in block 7 of relation base/16384/16397", "base/16384/16397"},
        {"ungültige Seite in Block 7 von Relation base/16384/16397", "base/16384/16397"},
        {"could not extend file \"base/1/2.1\": No space left on device", "base/1/2.1"},
        {"could not read block 3 in file \"pg_tblspc/16400/PG_15_202209061/5/16390_fsm\": read only 0 of 8192 bytes",
         "pg_tblspc/16400/PG_15_202209061/5/16390_fsm"},
        {"invalid page in block 0 of relation global/1262.", "global/1262"},
        {"could not open file \"/srv/database/5/16390\"", ""},
        {"could not open file \"base/../../etc/passwd\"", ""},
        {"no such thing as base/alice@example.org", ""},
        {"base/", ""},
        {"", ""},
    };
    for (const auto& [message, expected] : cases) EXPECT_EQ(data_file_in(message), expected) << message;
}

}  // namespace
}  // namespace culprit
