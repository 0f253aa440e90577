#include "matchers/sql_statement.h"

#include <re2/re2.h>

#include <algorithm>

#include "matchers/parse_tree.h"
#include "matchers/sql_effects.h"

namespace culprit {
namespace {

constexpr std::size_t kMaxSplitSql = 1 << 20;
constexpr int kMostParts = 10'000;

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

/// A file of statements sent as one: too long to be parsed at once, or with one statement in it that the parser refuses.
std::vector<SqlEffect> effects_of_parts(std::string_view sql) {
    if (sql.size() > kMaxSplitSql || sql.find('\0') != std::string_view::npos) return effects_by_keywords(sql);
    const std::string text(sql);
    std::vector<SqlEffect> effects;
    const PgQuerySplitResult split = pg_query_split_with_scanner(text.c_str());
    const int parts = split.error == nullptr ? std::min(split.n_stmts, kMostParts) : 0;
    for (int index = 0; index < parts; ++index) {
        const auto part = sql.substr(static_cast<std::size_t>(split.stmts[index]->stmt_location),
                                     static_cast<std::size_t>(split.stmts[index]->stmt_len));
        if (const ParseTree tree(part); tree.parsed()) {
            for (const auto* statement : tree.statements()) add_effects(*statement, effects);
        } else {
            for (auto& effect : effects_by_keywords(part)) effects.push_back(std::move(effect));
        }
    }
    pg_query_free_split_result(split);
    return parts == 0 ? effects_by_keywords(sql) : effects;
}

/// Not every INSERT, LOCK and VACUUM can be let through: these have their literals in catalogue/postgresql_server.yaml.
bool is_seen_by_the_filter(const SqlEffect& effect, std::string_view sql) {
    static const re2::RE2 insert(R"((?i)\), ?\(|\) select |overriding system value)"), lock("(?i)lock table |access exclusive"),
        vacuum(R"((?i)vacuum full|vacuum \()");
    const re2::StringPiece text(sql.data(), sql.size());
    if (effect.operation == "insert") return re2::RE2::PartialMatch(text, insert);
    if (effect.operation == "lock_table") return re2::RE2::PartialMatch(text, lock);
    if (effect.operation == "vacuum_full") return re2::RE2::PartialMatch(text, vacuum);
    return true;
}

/// One query or UPDATE that calls no function which does more than compute (sql_operations.cpp, sql_sequences.cpp): most of what
/// a server logs, and not worth a parse. Names with escapes in them are left to the parser.
bool only_works_on_rows(std::string_view sql) {
    static const re2::RE2 one_statement(R"((?i)\s*(?:select|update)\s[^;]*;?\s*)"),
        more(R"((?i)setval|pg_terminate|pg_cancel|\binto\b|u&")");
    const re2::StringPiece text(sql.data(), sql.size());
    return re2::RE2::FullMatch(text, one_statement) && !re2::RE2::PartialMatch(text, more);
}

}  // namespace

std::vector<SqlEffect> effects_of(std::string_view sql) {
    if (only_works_on_rows(sql)) return {};
    const ParseTree tree(sql);
    std::vector<SqlEffect> effects;
    if (!tree.parsed()) {
        effects = effects_of_parts(sql);
    } else {
        for (const auto* statement : tree.statements()) add_effects(*statement, effects);
    }
    std::erase_if(effects, [&](const SqlEffect& effect) { return !is_seen_by_the_filter(effect, sql); });
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
            const PgQuery__RangeVar* written = nullptr;
            if (node.node_case == PG_QUERY__NODE__NODE_UPDATE_STMT) written = node.update_stmt->relation;
            if (node.node_case == PG_QUERY__NODE__NODE_DELETE_STMT) written = node.delete_stmt->relation;
            if (node.node_case == PG_QUERY__NODE__NODE_MERGE_STMT) written = node.merge_stmt->relation;
            if (node.node_case == PG_QUERY__NODE__NODE_REFRESH_MAT_VIEW_STMT) written = node.refresh_mat_view_stmt->relation;
            if (node.node_case == PG_QUERY__NODE__NODE_REINDEX_STMT &&
                node.reindex_stmt->kind == PG_QUERY__REINDEX_OBJECT_TYPE__REINDEX_OBJECT_TABLE)
                written = node.reindex_stmt->relation;
            if (written != nullptr) target = target_of(*written);
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
        // `WITH few AS (…) SELECT … FROM few` reads no table of that name.
        std::vector<std::string> common;
        walk(statement->base, [&](const PgQuery__Node& node) {
            if (node.node_case == PG_QUERY__NODE__NODE_COMMON_TABLE_EXPR) common.push_back(text(node.common_table_expr->ctename));
            return true;
        });
        walk(statement->base, [&](const PgQuery__Node& node) {
            if (target || node.node_case != PG_QUERY__NODE__NODE_RANGE_VAR) return !target;
            const InsertTarget found = target_of(*node.range_var);
            if (!found.schema.empty() || std::ranges::find(common, found.table) == common.end()) target = found;
            return !target;
        });
        if (target) break;
    }
    return target;
}

}  // namespace culprit
