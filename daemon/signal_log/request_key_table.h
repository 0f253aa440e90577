#pragma once
// The keys of requests that the signal log's transactions hold: a table of the log's own file. Throws SQLite::Exception, as what
// it is used beside does. Owned by the log.
#include <SQLiteCpp/SQLiteCpp.h>

#include <vector>

#include "daemon/request_key.h"

namespace culprit {

class RequestKeyTable {
   public:
    /// Makes the table where there is none.
    explicit RequestKeyTable(SQLite::Database& database);

    /// Within the caller's transaction.
    void apply(const KeyChanges& changes);
    /// After a failed transaction: a statement that failed would keep its rollback from ending.
    void reset();
    /// Oldest first.
    std::vector<RequestKey> all();

   private:
    SQLite::Statement insert_, forget_, read_;
};

}  // namespace culprit
