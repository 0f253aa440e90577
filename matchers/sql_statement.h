#pragma once
// What a piece of SQL does to the schema, by PostgreSQL's own parser (libpg_query).
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "matchers/signal.h"

namespace culprit {

/// One effect of one statement. A statement may have several (`ALTER TABLE … ADD COLUMN …, ADD CONSTRAINT …`).
struct SqlEffect {
    Family family = Family::change;
    std::string kind;       // schema_change, import, configuration_change; sequence_reset, sessions_ended
    std::string operation;  // of a schema_change, as in INTERFACE.md
    std::vector<DatabaseObject> objects;
};

/// The effects of every statement in `sql`, in order, those of DO blocks included; empty for queries and plain DML. SQL that is
/// longer than `kMaxParsedSql`, or that the parser refuses, is taken statement by statement, and what is refused by its first
/// words. Implied names are given as PostgreSQL gives them: `customers_email_key`, `orders_pkey`, `orders_customer_id_fkey`.
std::vector<SqlEffect> effects_of(std::string_view sql);

/// libpg_query overflows the stack on deeply nested input of some 50 KB.
inline constexpr std::size_t kMaxParsedSql = 16 * 1024;

/// The table and the columns named by the first INSERT or COPY in `sql`; nothing when there is none. An INSERT without a
/// column list has no columns and `all_columns`.
struct InsertTarget {
    std::string schema, table;
    std::vector<std::string> columns;
    bool all_columns = false;
};
std::optional<InsertTarget> insert_target(std::string_view sql);

/// The table that the first INSERT, COPY, UPDATE, DELETE or MERGE in `sql` writes to, or that REFRESH or REINDEX rebuilds;
/// columns only of the first two.
std::optional<InsertTarget> written_table(std::string_view sql);

/// The first table that a SELECT reads, in the order it is written.
std::optional<InsertTarget> first_read_table(std::string_view sql);

}  // namespace culprit
