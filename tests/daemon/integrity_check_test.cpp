#include "daemon/signal_log/integrity_check.h"

#include <SQLiteCpp/SQLiteCpp.h>
#include <gtest/gtest.h>

#include <fstream>

#include "temporary_folder.h"

namespace culprit {
namespace {

class IntegrityCheckTest : public testing::Test {
   protected:
    IntegrityCheckTest() {
        SQLite::Database database(path_, SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
        database.exec("CREATE TABLE entries (position INTEGER PRIMARY KEY, payload TEXT)");
        database.exec(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000) "
            "INSERT INTO entries SELECT i, hex(randomblob(100)) FROM n");
    }
    std::string found() {
        IntegrityCheck check(path_);
        check.finish();
        return check.damage();
    }

    TemporaryFolder folder_;
    const std::string path_ = folder_.file("signals.db");
};

TEST_F(IntegrityCheckTest, FindsNothingInASoundFile) { EXPECT_EQ(found(), ""); }

TEST_F(IntegrityCheckTest, FindsADamagedPageOfTheEntriesAndSaysWhatToDo) {
    {
        std::fstream file(path_, std::ios::in | std::ios::out | std::ios::binary);
        file.seekp(20 * 4096);
        file << std::string(4096, 'x');
    }
    EXPECT_NE(found().find("it is damaged"), std::string::npos) << found();
    EXPECT_NE(found().find("restore it"), std::string::npos);
}

TEST_F(IntegrityCheckTest, IsLeftWhenTheDaemonStops) { IntegrityCheck begun(path_); }

}  // namespace
}  // namespace culprit
