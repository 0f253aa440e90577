// What is no DDL in PostgreSQL's sense and yet a change: maintenance that locks tables, roles, databases, settings, sessions that
// are ended, rows that are loaded with their own keys.
#include <algorithm>

#include "matchers/parse_tree.h"
#include "matchers/sql_effects.h"

namespace culprit {
namespace {

/// https://www.postgresql.org/docs/current/explicit-locking.html: SHARE and what is stronger keep writers waiting.
constexpr int kShareLock = 5;

/// An application writes a few rows at once; what writes more, and numbers them itself, loads data.
constexpr std::size_t kBulkRows = 20;

bool has_option(std::span<PgQuery__Node* const> options, const char* name) {
    return std::any_of(options.begin(), options.end(), [&](const PgQuery__Node* option) {
        return option->node_case == PG_QUERY__NODE__NODE_DEF_ELEM && text(option->def_elem->defname) == name;
    });
}

std::vector<DatabaseObject> tables_in(std::span<PgQuery__Node* const> items) {
    std::vector<DatabaseObject> tables;
    for (const auto* item : items) {
        const PgQuery__RangeVar* relation = nullptr;
        if (item->node_case == PG_QUERY__NODE__NODE_RANGE_VAR) relation = item->range_var;
        if (item->node_case == PG_QUERY__NODE__NODE_VACUUM_RELATION) relation = item->vacuum_relation->relation;
        if (relation != nullptr) tables.push_back(relation_object(*relation, "table"));
    }
    return tables;
}

DatabaseObject plain(const char* type, const char* name) { return {type, {}, text(name), {}, {}, {}, {}}; }

void add_reindex(const PgQuery__ReindexStmt& reindex, std::vector<SqlEffect>& effects) {
    const bool of_index = reindex.kind == PG_QUERY__REINDEX_OBJECT_TYPE__REINDEX_OBJECT_INDEX;
    std::vector<DatabaseObject> objects;
    if (reindex.relation != nullptr) {
        objects.push_back(relation_object(*reindex.relation, of_index ? "index" : "table"));
    } else if (!text(reindex.name).empty()) {
        const bool of_schema = reindex.kind == PG_QUERY__REINDEX_OBJECT_TYPE__REINDEX_OBJECT_SCHEMA;
        objects.push_back(plain(of_schema ? "schema" : "database", reindex.name));
    }
    effects.push_back(schema_change("reindex", std::move(objects)));
}

bool is_number(const PgQuery__Node& node) {
    return node.node_case == PG_QUERY__NODE__NODE_A_CONST && node.a_const->val_case == PG_QUERY__A__CONST__VAL_IVAL;
}

/// Does the first row give a number where the key stands?
bool numbers_its_rows(const PgQuery__SelectStmt& values, std::size_t key) {
    if (values.n_values_lists == 0 || values.values_lists[0]->node_case != PG_QUERY__NODE__NODE_LIST) return false;
    const auto& row = *values.values_lists[0]->list;
    return key < row.n_items && is_number(*row.items[key]);
}

void add_bulk_insert(const PgQuery__InsertStmt& insert, std::vector<SqlEffect>& effects) {
    if (insert.relation == nullptr || insert.select_stmt == nullptr ||
        insert.select_stmt->node_case != PG_QUERY__NODE__NODE_SELECT_STMT || text(insert.relation->relpersistence) == "t")
        return;
    std::size_t key = 0;
    bool has_key = insert.n_cols == 0;  // by position: the key is a table's first column
    for (std::size_t index = 0; index < insert.n_cols && !has_key; ++index) {
        if (insert.cols[index]->node_case != PG_QUERY__NODE__NODE_RES_TARGET) continue;
        has_key = text(insert.cols[index]->res_target->name) == "id";
        key = index;
    }
    const auto& source = *insert.select_stmt->select_stmt;
    const bool overrides = insert.override == PG_QUERY__OVERRIDING_KIND__OVERRIDING_SYSTEM_VALUE;
    const bool copies = insert.n_cols != 0 && has_key && source.n_values_lists == 0 && source.n_from_clause != 0;
    const bool bulk = has_key && source.n_values_lists >= kBulkRows && numbers_its_rows(source, key);
    if (!overrides && !copies && !bulk) return;
    effects.push_back({Family::change, "import", "insert", {relation_object(*insert.relation, "table")}});
}

bool ends_sessions(const PgQuery__Node& statement) {
    bool found = false;
    walk(statement.base, [&](const PgQuery__Node& node) {
        if (node.node_case == PG_QUERY__NODE__NODE_FUNC_CALL) {
            const auto parts = name_parts(nodes(node.func_call->funcname, node.func_call->n_funcname));
            found = found || (!parts.empty() && (parts.back() == "pg_terminate_backend" || parts.back() == "pg_cancel_backend"));
        }
        return !found;
    });
    return found;
}

}  // namespace

bool add_operation(const PgQuery__Node& node, std::vector<SqlEffect>& effects) {
    switch (node.node_case) {
        case PG_QUERY__NODE__NODE_REINDEX_STMT:
            add_reindex(*node.reindex_stmt, effects);
            return true;
        case PG_QUERY__NODE__NODE_VACUUM_STMT:
            // Others may read and write beside a plain one.
            if (has_option(nodes(node.vacuum_stmt->options, node.vacuum_stmt->n_options), "full"))
                effects.push_back(
                    schema_change("vacuum_full", tables_in(nodes(node.vacuum_stmt->rels, node.vacuum_stmt->n_rels))));
            return true;
        case PG_QUERY__NODE__NODE_LOCK_STMT:
            // What pg_dump and a statement of rows take lets others read and write.
            if (node.lock_stmt->mode < kShareLock) return true;
            effects.push_back(
                schema_change("lock_table", tables_in(nodes(node.lock_stmt->relations, node.lock_stmt->n_relations))));
            return true;
        case PG_QUERY__NODE__NODE_REFRESH_MAT_VIEW_STMT:
            effects.push_back(schema_change("refresh_view", {relation_object(*node.refresh_mat_view_stmt->relation, "view")}));
            return true;
        case PG_QUERY__NODE__NODE_CREATE_POLICY_STMT: {
            const auto table = relation_object(*node.create_policy_stmt->table, "table");
            effects.push_back(schema_change(
                "create_policy",
                {{"policy", table.schema, text(node.create_policy_stmt->policy_name), {}, {}, {}, table.name}, table}));
            return true;
        }
        case PG_QUERY__NODE__NODE_CREATE_ROLE_STMT:
            effects.push_back(schema_change("create_role", {plain("role", node.create_role_stmt->role)}));
            return true;
        case PG_QUERY__NODE__NODE_ALTER_ROLE_STMT:
            if (node.alter_role_stmt->role != nullptr)
                effects.push_back(schema_change("alter_role", {plain("role", node.alter_role_stmt->role->rolename)}));
            return true;
        case PG_QUERY__NODE__NODE_DROP_ROLE_STMT:
            for (const auto* role : nodes(node.drop_role_stmt->roles, node.drop_role_stmt->n_roles)) {
                if (role->node_case == PG_QUERY__NODE__NODE_ROLE_SPEC)
                    effects.push_back(schema_change("drop_role", {plain("role", role->role_spec->rolename)}));
            }
            return true;
        case PG_QUERY__NODE__NODE_CREATEDB_STMT:
            effects.push_back(schema_change("create_database", {plain("database", node.createdb_stmt->dbname)}));
            return true;
        case PG_QUERY__NODE__NODE_DROPDB_STMT:
            effects.push_back(schema_change("drop_database", {plain("database", node.dropdb_stmt->dbname)}));
            return true;
        case PG_QUERY__NODE__NODE_ALTER_SYSTEM_STMT:
            effects.push_back({Family::change, "configuration_change", "alter_system", {}});
            return true;
        case PG_QUERY__NODE__NODE_INSERT_STMT:
            add_bulk_insert(*node.insert_stmt, effects);
            return true;
        case PG_QUERY__NODE__NODE_SELECT_STMT:
            if (!ends_sessions(node)) return false;
            effects.push_back({Family::remedy, "sessions_ended", {}, {}});
            return true;
        default:
            return false;
    }
}

}  // namespace culprit
