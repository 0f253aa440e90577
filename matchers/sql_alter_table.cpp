#include <algorithm>
#include <utility>

#include "matchers/parse_tree.h"
#include "matchers/sql_effects.h"

namespace culprit {
namespace {

/// The columns an expression speaks of, each once: a CHECK over exactly one is named after it.
std::vector<std::string> columns_in(const PgQuery__Node* expression) {
    std::vector<std::string> columns;
    if (expression == nullptr) return columns;
    walk(expression->base, [&](const PgQuery__Node& node) {
        if (node.node_case != PG_QUERY__NODE__NODE_COLUMN_REF) return true;
        const auto parts = name_parts(nodes(node.column_ref->fields, node.column_ref->n_fields));
        if (!parts.empty() && std::find(columns.begin(), columns.end(), parts.back()) == columns.end())
            columns.push_back(parts.back());
        return false;
    });
    return columns;
}

DatabaseObject constraint_object(const DatabaseObject& table, std::string name, const std::vector<std::string>& columns) {
    DatabaseObject object{"constraint", table.schema, name, {}, std::move(name), {}, table.name};
    if (columns.size() == 1) object.column = columns.front();
    return object;
}

void add_constraint(const PgQuery__AlterTableCmd& command, const DatabaseObject& table, std::vector<SqlEffect>& effects) {
    if (command.def == nullptr || command.def->node_case != PG_QUERY__NODE__NODE_CONSTRAINT) return;
    auto objects = constraint_objects(*command.def->constraint, table, {});
    objects.push_back(table);
    effects.push_back(schema_change("add_constraint", std::move(objects)));
}

void add_column(const PgQuery__AlterTableCmd& command, const DatabaseObject& table, std::vector<SqlEffect>& effects) {
    if (command.def == nullptr || command.def->node_case != PG_QUERY__NODE__NODE_COLUMN_DEF) return;
    const auto& column = *command.def->column_def;
    effects.push_back(schema_change("add_column", {column_object(table, text(column.colname)), table}));
    auto constraints = constraints_of(column, table);
    if (constraints.empty()) return;
    constraints.push_back(table);
    effects.push_back(schema_change("add_constraint", std::move(constraints)));
}

bool restarts(const PgQuery__Node* options) {
    bool found = false;
    if (options == nullptr) return found;
    walk(options->base, [&](const PgQuery__Node& node) {
        if (node.node_case == PG_QUERY__NODE__NODE_DEF_ELEM && text(node.def_elem->defname) == "restart") found = true;
        return true;
    });
    return found;
}

/// The partition, too, loses or gains constraints.
std::vector<DatabaseObject> with_partition(const PgQuery__AlterTableCmd& command, const DatabaseObject& table) {
    std::vector<DatabaseObject> objects{table};
    if (command.def != nullptr && command.def->node_case == PG_QUERY__NODE__NODE_PARTITION_CMD &&
        command.def->partition_cmd->name != nullptr)
        objects.push_back(relation_object(*command.def->partition_cmd->name, "table"));
    return objects;
}

}  // namespace

std::vector<DatabaseObject> constraint_objects(const PgQuery__Constraint& constraint, const DatabaseObject& table,
                                               const std::string& column) {
    std::vector<std::string> columns = name_parts(nodes(constraint.keys, constraint.n_keys));
    if (columns.empty() && !column.empty()) columns = {column};
    auto name = text(constraint.conname);
    const auto implied = [&](const char* label, const std::vector<std::string>& of) {
        if (name.empty()) name = implied_name(table.name, of, label);
    };
    switch (constraint.contype) {
        case PG_QUERY__CONSTR_TYPE__CONSTR_PRIMARY:
            if (name.empty()) name = text(constraint.indexname);
            implied("pkey", {});
            return {constraint_object(table, name, columns)};
        case PG_QUERY__CONSTR_TYPE__CONSTR_UNIQUE:
            if (name.empty()) name = text(constraint.indexname);
            implied("key", columns);
            return {constraint_object(table, name, columns)};
        case PG_QUERY__CONSTR_TYPE__CONSTR_CHECK: {
            const auto used = columns_in(constraint.raw_expr);
            implied("check", used.size() == 1 ? used : std::vector<std::string>{});
            return {constraint_object(table, name, used)};
        }
        case PG_QUERY__CONSTR_TYPE__CONSTR_EXCLUSION: {
            for (const auto* exclusion : nodes(constraint.exclusions, constraint.n_exclusions)) {
                walk(exclusion->base, [&](const PgQuery__Node& node) {
                    if (node.node_case == PG_QUERY__NODE__NODE_INDEX_ELEM) {
                        columns.push_back(text(node.index_elem->name).empty() ? "expr" : text(node.index_elem->name));
                    }
                    return true;
                });
            }
            implied("excl", columns);
            return {constraint_object(table, name, columns)};
        }
        case PG_QUERY__CONSTR_TYPE__CONSTR_FOREIGN: {
            if (const auto attributes = name_parts(nodes(constraint.fk_attrs, constraint.n_fk_attrs)); !attributes.empty())
                columns = attributes;
            implied("fkey", columns);
            auto object = constraint_object(table, name, columns);
            if (constraint.pktable != nullptr) object.referenced_table = text(constraint.pktable->relname);
            return {object};
        }
        default:
            return {};
    }
}

std::vector<DatabaseObject> constraints_of(const PgQuery__ColumnDef& column, const DatabaseObject& table) {
    std::vector<DatabaseObject> objects;
    for (const auto* node : nodes(column.constraints, column.n_constraints)) {
        if (node->node_case != PG_QUERY__NODE__NODE_CONSTRAINT) continue;
        auto found = constraint_objects(*node->constraint, table, text(column.colname));
        objects.insert(objects.end(), found.begin(), found.end());
    }
    return objects;
}

void add_effects(const PgQuery__AlterTableStmt& statement, std::vector<SqlEffect>& effects) {
    std::string type = "table";
    if (statement.objtype == PG_QUERY__OBJECT_TYPE__OBJECT_INDEX) type = "index";
    if (statement.objtype == PG_QUERY__OBJECT_TYPE__OBJECT_VIEW || statement.objtype == PG_QUERY__OBJECT_TYPE__OBJECT_MATVIEW)
        type = "view";
    if (statement.objtype == PG_QUERY__OBJECT_TYPE__OBJECT_SEQUENCE) type = "sequence";
    const auto table = relation_object(*statement.relation, type);
    for (const auto* node : nodes(statement.cmds, statement.n_cmds)) {
        if (node->node_case != PG_QUERY__NODE__NODE_ALTER_TABLE_CMD) continue;
        const auto& command = *node->alter_table_cmd;
        const auto name = text(command.name);
        const auto of_column = [&](const char* operation) {
            effects.push_back(schema_change(operation, {column_object(table, name), table}));
        };
        const auto of_constraint = [&](const char* operation) {
            effects.push_back(schema_change(operation, {constraint_object(table, name, {}), table}));
        };
        switch (command.subtype) {
            case PG_QUERY__ALTER_TABLE_TYPE__AT_AddColumn:
                add_column(command, table, effects);
                break;
            case PG_QUERY__ALTER_TABLE_TYPE__AT_DropColumn:
                of_column("drop_column");
                break;
            case PG_QUERY__ALTER_TABLE_TYPE__AT_AlterColumnType:
                of_column("alter_column_type");
                break;
            case PG_QUERY__ALTER_TABLE_TYPE__AT_SetNotNull:
                of_column("set_not_null");
                break;
            case PG_QUERY__ALTER_TABLE_TYPE__AT_DropNotNull:
                of_column("drop_not_null");
                break;
            case PG_QUERY__ALTER_TABLE_TYPE__AT_ColumnDefault:
                of_column(command.def == nullptr ? "drop_default" : "set_default");
                break;
            case PG_QUERY__ALTER_TABLE_TYPE__AT_AddIdentity:
                of_column("add_identity");
                break;
            case PG_QUERY__ALTER_TABLE_TYPE__AT_DropIdentity:
                of_column("drop_identity");
                break;
            case PG_QUERY__ALTER_TABLE_TYPE__AT_SetIdentity:
                if (restarts(command.def)) {
                    DatabaseObject sequence{"sequence", table.schema, implied_name(table.name, {name}, "seq"), name, {},
                                            {},         table.name};
                    effects.push_back({Family::remedy, "sequence_reset", {}, {sequence, table}});
                } else {
                    of_column("set_identity");
                }
                break;
            case PG_QUERY__ALTER_TABLE_TYPE__AT_AddConstraint:
                add_constraint(command, table, effects);
                break;
            case PG_QUERY__ALTER_TABLE_TYPE__AT_DropConstraint:
                of_constraint("drop_constraint");
                break;
            case PG_QUERY__ALTER_TABLE_TYPE__AT_ValidateConstraint:
                of_constraint("validate_constraint");
                break;
            case PG_QUERY__ALTER_TABLE_TYPE__AT_AlterConstraint:
                of_constraint("alter_constraint");
                break;
            case PG_QUERY__ALTER_TABLE_TYPE__AT_AttachPartition:
                effects.push_back(schema_change("attach_partition", with_partition(command, table)));
                break;
            case PG_QUERY__ALTER_TABLE_TYPE__AT_DetachPartition:
                effects.push_back(schema_change("detach_partition", with_partition(command, table)));
                break;
            case PG_QUERY__ALTER_TABLE_TYPE__AT_ChangeOwner:
                effects.push_back(schema_change("change_owner", {table}));
                break;
            case PG_QUERY__ALTER_TABLE_TYPE__AT_EnableRowSecurity:
                effects.push_back(schema_change("enable_row_security", {table}));
                break;
            default:
                effects.push_back(schema_change("alter_" + type, {table}));
        }
    }
}

}  // namespace culprit
