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
/// functions are no tables, and what may be half a name is left out. At most the first 16 KiB are read.
std::vector<StatementTable> tables_in(std::string_view sql);

/// A line break within a statement may be where a line of the log was cut, and then `order\n_items` reads as `order`: does the
/// name of `table` end right before one, in front of a word that is none of SQL's? Then it may be half a name.
bool may_be_half_a_name(std::string_view sql, std::string_view table);

/// The table that `column`, as PostgreSQL names it in an error (`c.email`, `email`), belongs to: the one its qualifier stands
/// for, or the only table there is. Nullptr where neither tells.
const StatementTable* table_of_column(const std::vector<StatementTable>& tables, std::string_view column);

}  // namespace culprit
