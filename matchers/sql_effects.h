#pragma once
// From one statement's parse tree to its effects. Behind sql_statement.h; nobody else needs it.
#include <pg_query/pg_query.pb-c.h>

#include <string_view>
#include <vector>

#include "matchers/sql_statement.h"

namespace culprit {

void add_effects(const PgQuery__Node& statement, std::vector<SqlEffect>& effects);

/// ALTER TABLE and its subcommands.
void add_effects(const PgQuery__AlterTableStmt& statement, std::vector<SqlEffect>& effects);

/// The constraints written within a column's definition, or beside the columns.
std::vector<DatabaseObject> constraints_of(const PgQuery__ColumnDef& column, const DatabaseObject& table);
std::vector<DatabaseObject> constraint_objects(const PgQuery__Constraint& constraint, const DatabaseObject& table,
                                               const std::string& column);

/// setval(…) anywhere in a statement, `ALTER SEQUENCE … RESTART`, and DO blocks that call setval.
bool add_sequence_resets(const PgQuery__Node& statement, std::vector<SqlEffect>& effects);

/// Maintenance, roles, databases, settings, bulk INSERT, sessions that are ended. False when the statement is none of these.
bool add_operation(const PgQuery__Node& statement, std::vector<SqlEffect>& effects);

/// For what the parser refuses (newer syntax, cut or too long): the statement's first words.
std::vector<SqlEffect> effects_by_keywords(std::string_view sql);

DatabaseObject relation_object(const PgQuery__RangeVar& relation, std::string type);
DatabaseObject column_object(const DatabaseObject& table, const std::string& column);
SqlEffect schema_change(std::string operation, std::vector<DatabaseObject> objects);

}  // namespace culprit
