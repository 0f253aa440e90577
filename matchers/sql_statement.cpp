#include "matchers/sql_statement.h"

#include <re2/re2.h>

#include "matchers/parse_tree.h"
#include "matchers/sql_effects.h"

namespace culprit {
namespace {

InsertTarget target_of(const PgQuery__RangeVar& relation) {
    return {text(relation.schemaname), text(relation.relname), {}, false};
}

std::optional<InsertTarget> written_by(const PgQuery__Node& node) {
    if (node.node_case == PG_QUERY__NODE__NODE_INSERT_STMT && node.insert_stmt->relation != nullptr) {
        const auto& insert = *node.insert_stmt;
        auto target = target_of(*insert.relation);
        for (const auto* column : nodes(insert.cols, insert.n_cols)) {
            if (column->node_case == PG_QUERY__NODE__NODE_RES_TARGET) target.columns.push_back(text(column->res_target->name));
        }
        target.all_columns = insert.n_cols == 0;
        return target;
    }
    if (node.node_case == PG_QUERY__NODE__NODE_COPY_STMT && node.copy_stmt->is_from != 0 && node.copy_stmt->relation != nullptr) {
        auto target = target_of(*node.copy_stmt->relation);
        target.columns = name_parts(nodes(node.copy_stmt->attlist, node.copy_stmt->n_attlist));
        target.all_columns = target.columns.empty();
        return target;
    }
    return std::nullopt;
}

/// Drivers write `%s`, `%(name)s`, `?` or `:name` where the server reads `$1`.
std::string without_placeholders(std::string_view sql) {
    static const re2::RE2 placeholder(R"(%\(\w+\)s|%s|\?|([^:]):[a-zA-Z_]\w*)");
    std::string text(sql);
    re2::RE2::GlobalReplace(&text, placeholder, R"(\1NULL)");
    return text;
}

}  // namespace

std::vector<SqlEffect> effects_of(std::string_view sql) {
    const ParseTree tree(sql);
    std::vector<SqlEffect> effects;
    if (!tree.parsed()) return effects_by_keywords(sql);
    for (const auto* statement : tree.statements()) add_effects(*statement, effects);
    return effects;
}

std::optional<InsertTarget> insert_target(std::string_view sql) {
    const ParseTree tree(sql);
    std::optional<InsertTarget> target;
    for (const auto* statement : tree.statements()) {
        walk(statement->base, [&](const PgQuery__Node& node) {
            if (!target) target = written_by(node);
            return !target;
        });
        if (target) break;
    }
    return target;
}

std::optional<InsertTarget> written_table(std::string_view sql) {
    if (sql.empty() || sql.size() > kMaxParsedSql) return std::nullopt;
    ParseTree tree(sql);
    if (!tree.parsed()) tree = ParseTree(without_placeholders(sql));
    std::optional<InsertTarget> target;
    for (const auto* statement : tree.statements()) {
        walk(statement->base, [&](const PgQuery__Node& node) {
            if (target) return false;
            target = written_by(node);
            if (node.node_case == PG_QUERY__NODE__NODE_UPDATE_STMT && node.update_stmt->relation != nullptr) {
                target = target_of(*node.update_stmt->relation);
            } else if (node.node_case == PG_QUERY__NODE__NODE_DELETE_STMT && node.delete_stmt->relation != nullptr) {
                target = target_of(*node.delete_stmt->relation);
            }
            return !target;
        });
        if (target) break;
    }
    return target;
}

std::optional<InsertTarget> first_read_table(std::string_view sql) {
    if (sql.empty() || sql.size() > kMaxParsedSql) return std::nullopt;
    ParseTree tree(sql);
    if (!tree.parsed()) tree = ParseTree(without_placeholders(sql));
    std::optional<InsertTarget> target;
    for (const auto* statement : tree.statements()) {
        if (statement->node_case != PG_QUERY__NODE__NODE_SELECT_STMT) continue;
        walk(statement->base, [&](const PgQuery__Node& node) {
            if (!target && node.node_case == PG_QUERY__NODE__NODE_RANGE_VAR) target = target_of(*node.range_var);
            return !target;
        });
        if (target) break;
    }
    return target;
}

}  // namespace culprit
