#pragma once
// Which tables a statement speaks of, by its words: for what drivers and ORMs print of it, cut, with placeholders of any style,
// or only the line with the error. Where the whole statement is known, sql_statement.h knows more.
#include <string>
#include <string_view>
#include <vector>

namespace culprit {

/// Names are as PostgreSQL stores them: unquoted, folded.
struct StatementTable {
    std::string schema, table, alias;
    bool operator==(const StatementTable&) const = default;
};

/// What follows INTO, FROM, UPDATE, JOIN and the commas of a FROM list, in order, each once; common table expressions and
/// functions are no tables. At most the first 16 KiB are read.
std::vector<StatementTable> tables_in(std::string_view sql);

/// The table that `column`, as PostgreSQL names it in an error (`c.email`, `email`), belongs to: the one its qualifier stands
/// for, or the only table there is. Nullptr where neither tells.
const StatementTable* table_of_column(const std::vector<StatementTable>& tables, std::string_view column);

}  // namespace culprit
