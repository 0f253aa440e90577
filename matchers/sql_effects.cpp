#include "matchers/sql_effects.h"

#include <algorithm>
#include <array>

#include "matchers/parse_tree.h"
#include "matchers/sql_block.h"

namespace culprit {
namespace {

struct NamedType {
    PgQuery__ObjectType type;
    const char* name;
};
constexpr std::array kObjectTypes{NamedType{PG_QUERY__OBJECT_TYPE__OBJECT_TABLE, "table"},
                                  NamedType{PG_QUERY__OBJECT_TYPE__OBJECT_FOREIGN_TABLE, "table"},
                                  NamedType{PG_QUERY__OBJECT_TYPE__OBJECT_INDEX, "index"},
                                  NamedType{PG_QUERY__OBJECT_TYPE__OBJECT_VIEW, "view"},
                                  NamedType{PG_QUERY__OBJECT_TYPE__OBJECT_MATVIEW, "view"},
                                  NamedType{PG_QUERY__OBJECT_TYPE__OBJECT_SEQUENCE, "sequence"},
                                  NamedType{PG_QUERY__OBJECT_TYPE__OBJECT_SCHEMA, "schema"},
                                  NamedType{PG_QUERY__OBJECT_TYPE__OBJECT_TYPE, "type"},
                                  NamedType{PG_QUERY__OBJECT_TYPE__OBJECT_DOMAIN, "type"},
                                  NamedType{PG_QUERY__OBJECT_TYPE__OBJECT_FUNCTION, "function"},
                                  NamedType{PG_QUERY__OBJECT_TYPE__OBJECT_PROCEDURE, "function"},
                                  NamedType{PG_QUERY__OBJECT_TYPE__OBJECT_ROUTINE, "function"},
                                  NamedType{PG_QUERY__OBJECT_TYPE__OBJECT_TRIGGER, "trigger"},
                                  NamedType{PG_QUERY__OBJECT_TYPE__OBJECT_POLICY, "policy"},
                                  NamedType{PG_QUERY__OBJECT_TYPE__OBJECT_EXTENSION, "extension"},
                                  NamedType{PG_QUERY__OBJECT_TYPE__OBJECT_DATABASE, "database"}};

std::string type_name(PgQuery__ObjectType type) {
    for (const auto& known : kObjectTypes) {
        if (known.type == type) return known.name;
    }
    return {};
}

DatabaseObject named(std::string type, const std::vector<std::string>& parts) {
    DatabaseObject object;
    object.type = std::move(type);
    if (!parts.empty()) object.name = parts.back();
    if (parts.size() > 1) object.schema = parts[parts.size() - 2];
    return object;
}

bool is_temporary(const PgQuery__RangeVar* relation) {
    return relation == nullptr || text(relation->relpersistence) == "t" || text(relation->schemaname) == "pg_temp";
}

bool holds_parameter(const PgQuery__Node& node) {
    bool holds = false;
    if (node.node_case == PG_QUERY__NODE__NODE_PARAM_REF) return true;
    walk(node.base, [&](const PgQuery__Node& each) {
        holds = holds || each.node_case == PG_QUERY__NODE__NODE_PARAM_REF;
        return !holds;
    });
    return holds;
}

bool is_range(const PgQuery__Node& condition) {
    if (condition.node_case == PG_QUERY__NODE__NODE_SUB_LINK) return true;
    if (condition.node_case == PG_QUERY__NODE__NODE_BOOL_EXPR) {
        const auto& expression = *condition.bool_expr;
        const auto args = nodes(expression.args, expression.n_args);
        return std::ranges::all_of(
            args, [](const PgQuery__Node* each) { return each->node_case == PG_QUERY__NODE__NODE_NULL_TEST || is_range(*each); });
    }
    if (condition.node_case != PG_QUERY__NODE__NODE_A_EXPR) return false;
    const auto& expression = *condition.a_expr;
    if (expression.kind == PG_QUERY__A__EXPR__KIND__AEXPR_BETWEEN) return true;
    if (expression.kind != PG_QUERY__A__EXPR__KIND__AEXPR_OP) return false;
    const auto parts = name_parts(nodes(expression.name, expression.n_name));
    return !parts.empty() && (parts.back() == "<" || parts.back() == "<=" || parts.back() == ">" || parts.back() == ">=");
}

/// A DELETE by hand or by a script: all rows, or a range of them that is written out. What an application deletes all day has
/// parameters, or names its rows.
bool is_wide(const PgQuery__Node* where) { return where == nullptr || (is_range(*where) && !holds_parameter(*where)); }

void add_create_table(const PgQuery__CreateStmt& create, std::vector<SqlEffect>& effects) {
    if (is_temporary(create.relation)) return;
    const auto table = relation_object(*create.relation, "table");
    std::vector<DatabaseObject> objects{table};
    for (const auto* element : nodes(create.table_elts, create.n_table_elts)) {
        std::vector<DatabaseObject> constraints;
        if (element->node_case == PG_QUERY__NODE__NODE_COLUMN_DEF) constraints = constraints_of(*element->column_def, table);
        if (element->node_case == PG_QUERY__NODE__NODE_CONSTRAINT)
            constraints = constraint_objects(*element->constraint, table, {});
        objects.insert(objects.end(), constraints.begin(), constraints.end());
    }
    effects.push_back(schema_change("create_table", std::move(objects)));
}

void add_create_index(const PgQuery__IndexStmt& create, std::vector<SqlEffect>& effects) {
    if (is_temporary(create.relation)) return;
    const auto table = relation_object(*create.relation, "table");
    std::vector<std::string> columns;
    for (const auto* parameter : nodes(create.index_params, create.n_index_params)) {
        if (parameter->node_case != PG_QUERY__NODE__NODE_INDEX_ELEM) continue;
        const auto column = text(parameter->index_elem->name);
        columns.push_back(column.empty() ? "expr" : column);
    }
    DatabaseObject index;
    index.type = "index";
    index.schema = table.schema;
    index.name = text(create.idxname);
    if (index.name.empty()) index.name = implied_name(table.name, columns, "idx");
    index.table = table.name;
    if (columns.size() == 1 && columns.front() != "expr") index.column = columns.front();
    // A duplicate key is reported under the index's name as a constraint.
    if (create.unique != 0) index.constraint = index.name;
    effects.push_back(schema_change(create.unique != 0 ? "create_unique_index" : "create_index", {index, table}));
}

void add_rename(const PgQuery__RenameStmt& rename, std::vector<SqlEffect>& effects) {
    const auto new_name = text(rename.newname);
    const auto type = type_name(rename.rename_type);
    if (rename.relation != nullptr && is_temporary(rename.relation)) return;
    if (rename.rename_type == PG_QUERY__OBJECT_TYPE__OBJECT_COLUMN && rename.relation != nullptr) {
        const auto table = relation_object(*rename.relation, "table");
        effects.push_back(
            schema_change("rename_column", {column_object(table, text(rename.subname)), column_object(table, new_name), table}));
    } else if (rename.rename_type == PG_QUERY__OBJECT_TYPE__OBJECT_TABCONSTRAINT && rename.relation != nullptr) {
        const auto table = relation_object(*rename.relation, "table");
        DatabaseObject before{"constraint", table.schema, text(rename.subname), {}, text(rename.subname), {}, table.name};
        DatabaseObject after{"constraint", table.schema, new_name, {}, new_name, {}, table.name};
        effects.push_back(schema_change("rename_constraint", {before, after, table}));
    } else if (!type.empty()) {
        auto before = rename.relation != nullptr ? relation_object(*rename.relation, type) : DatabaseObject{};
        before.type = type;
        if (rename.relation == nullptr) {
            before.name = rename.object != nullptr && rename.object->node_case == PG_QUERY__NODE__NODE_LIST
                              ? named(type, name_parts(nodes(rename.object->list->items, rename.object->list->n_items))).name
                              : text(rename.subname);
        }
        auto after = before;
        after.name = new_name;
        effects.push_back(schema_change("rename_" + type, {before, after}));
    }
}

void add_drop(const PgQuery__DropStmt& drop, std::vector<SqlEffect>& effects) {
    const auto type = type_name(drop.remove_type);
    if (type.empty()) return;
    for (const auto* object : nodes(drop.objects, drop.n_objects)) {
        DatabaseObject dropped;
        switch (object->node_case) {
            case PG_QUERY__NODE__NODE_LIST:
                dropped = named(type, name_parts(nodes(object->list->items, object->list->n_items)));
                break;
            case PG_QUERY__NODE__NODE_STRING:
                dropped = named(type, {text(object->string->sval)});
                break;
            case PG_QUERY__NODE__NODE_TYPE_NAME:
                dropped = named(type, name_parts(nodes(object->type_name->names, object->type_name->n_names)));
                break;
            case PG_QUERY__NODE__NODE_OBJECT_WITH_ARGS:
                dropped = named(type, name_parts(nodes(object->object_with_args->objname, object->object_with_args->n_objname)));
                break;
            default:
                continue;
        }
        if (type == "trigger" || type == "policy") {
            // `DROP TRIGGER t ON orders` lists the table's name first.
            dropped.table = dropped.schema;
            dropped.schema.clear();
        }
        effects.push_back(schema_change("drop_" + type, {dropped}));
    }
}

/// Which names resolve is what a search_path decides; other settings break nothing by name.
std::string setting_operation(const PgQuery__VariableSetStmt* setting, const char* otherwise) {
    return setting != nullptr && text(setting->name) == "search_path" ? "set_search_path" : otherwise;
}

void add_other_creations(const PgQuery__Node& node, std::vector<SqlEffect>& effects) {
    switch (node.node_case) {
        case PG_QUERY__NODE__NODE_VIEW_STMT:
            effects.push_back(schema_change("create_view", {relation_object(*node.view_stmt->view, "view")}));
            break;
        case PG_QUERY__NODE__NODE_CREATE_SEQ_STMT:
            if (is_temporary(node.create_seq_stmt->sequence)) break;
            effects.push_back(schema_change("create_sequence", {relation_object(*node.create_seq_stmt->sequence, "sequence")}));
            break;
        case PG_QUERY__NODE__NODE_CREATE_SCHEMA_STMT:
            effects.push_back(schema_change("create_schema", {named("schema", {text(node.create_schema_stmt->schemaname)})}));
            for (const auto* part : nodes(node.create_schema_stmt->schema_elts, node.create_schema_stmt->n_schema_elts))
                add_effects(*part, effects);
            break;
        case PG_QUERY__NODE__NODE_CREATE_FUNCTION_STMT: {
            const auto& create = *node.create_function_stmt;
            effects.push_back(
                schema_change("create_function", {named("function", name_parts(nodes(create.funcname, create.n_funcname)))}));
            break;
        }
        case PG_QUERY__NODE__NODE_CREATE_TRIG_STMT: {
            const auto& create = *node.create_trig_stmt;
            if (create.relation == nullptr) break;
            const auto table = relation_object(*create.relation, "table");
            effects.push_back(schema_change("create_trigger",
                                            {{"trigger", table.schema, text(create.trigname), {}, {}, {}, table.name}, table}));
            break;
        }
        case PG_QUERY__NODE__NODE_CREATE_ENUM_STMT: {
            const auto& create = *node.create_enum_stmt;
            effects.push_back(
                schema_change("create_type", {named("type", name_parts(nodes(create.type_name, create.n_type_name)))}));
            break;
        }
        case PG_QUERY__NODE__NODE_ALTER_ENUM_STMT: {
            const auto& alter = *node.alter_enum_stmt;
            const char* operation = "alter_type";
            if (!text(alter.new_val).empty()) operation = text(alter.old_val).empty() ? "add_enum_value" : "rename_enum_value";
            effects.push_back(schema_change(operation, {named("type", name_parts(nodes(alter.type_name, alter.n_type_name)))}));
            break;
        }
        case PG_QUERY__NODE__NODE_COMPOSITE_TYPE_STMT:
            if (node.composite_type_stmt->typevar == nullptr) break;
            effects.push_back(schema_change("create_type", {relation_object(*node.composite_type_stmt->typevar, "type")}));
            break;
        case PG_QUERY__NODE__NODE_CREATE_DOMAIN_STMT: {
            const auto& create = *node.create_domain_stmt;
            effects.push_back(
                schema_change("create_type", {named("type", name_parts(nodes(create.domainname, create.n_domainname)))}));
            break;
        }
        case PG_QUERY__NODE__NODE_CREATE_EXTENSION_STMT:
            effects.push_back(
                schema_change("create_extension", {named("extension", {text(node.create_extension_stmt->extname)})}));
            break;
        default:
            break;
    }
}

}  // namespace

DatabaseObject relation_object(const PgQuery__RangeVar& relation, std::string type) {
    return {std::move(type), text(relation.schemaname), text(relation.relname), {}, {}, {}, {}};
}

DatabaseObject column_object(const DatabaseObject& table, const std::string& column) {
    return {"column", table.schema, column, column, {}, {}, table.name};
}

SqlEffect schema_change(std::string operation, std::vector<DatabaseObject> objects) {
    return {Family::change, "schema_change", std::move(operation), std::move(objects)};
}

void add_effects(const PgQuery__Node& node, std::vector<SqlEffect>& effects) {
    switch (node.node_case) {
        case PG_QUERY__NODE__NODE_CREATE_STMT:
            add_create_table(*node.create_stmt, effects);
            break;
        case PG_QUERY__NODE__NODE_CREATE_FOREIGN_TABLE_STMT:
            add_create_table(*node.create_foreign_table_stmt->base_stmt, effects);
            break;
        case PG_QUERY__NODE__NODE_CREATE_TABLE_AS_STMT: {
            const auto& create = *node.create_table_as_stmt;
            if (create.into == nullptr || is_temporary(create.into->rel)) break;
            const bool view = create.objtype == PG_QUERY__OBJECT_TYPE__OBJECT_MATVIEW;
            effects.push_back(schema_change(view ? "create_view" : "create_table",
                                            {relation_object(*create.into->rel, view ? "view" : "table")}));
            break;
        }
        case PG_QUERY__NODE__NODE_ALTER_TABLE_STMT:
            if (!is_temporary(node.alter_table_stmt->relation)) add_effects(*node.alter_table_stmt, effects);
            break;
        case PG_QUERY__NODE__NODE_INDEX_STMT:
            add_create_index(*node.index_stmt, effects);
            break;
        case PG_QUERY__NODE__NODE_RENAME_STMT:
            add_rename(*node.rename_stmt, effects);
            break;
        case PG_QUERY__NODE__NODE_DROP_STMT:
            add_drop(*node.drop_stmt, effects);
            break;
        case PG_QUERY__NODE__NODE_TRUNCATE_STMT:
            for (const auto* relation : nodes(node.truncate_stmt->relations, node.truncate_stmt->n_relations)) {
                if (relation->node_case != PG_QUERY__NODE__NODE_RANGE_VAR) continue;
                effects.push_back(schema_change("truncate", {relation_object(*relation->range_var, "table")}));
            }
            break;
        case PG_QUERY__NODE__NODE_ALTER_OBJECT_SCHEMA_STMT: {
            const auto& alter = *node.alter_object_schema_stmt;
            if (alter.relation == nullptr) break;
            const auto type = type_name(alter.object_type);
            auto before = relation_object(*alter.relation, type.empty() ? "table" : type);
            auto after = before;
            after.schema = text(alter.newschema);
            effects.push_back(schema_change("set_schema", {before, after}));
            break;
        }
        case PG_QUERY__NODE__NODE_GRANT_STMT: {
            const auto& grant = *node.grant_stmt;
            std::vector<DatabaseObject> objects;
            for (const auto* object : nodes(grant.objects, grant.n_objects)) {
                if (object->node_case != PG_QUERY__NODE__NODE_RANGE_VAR) continue;
                const auto type = type_name(grant.objtype);
                objects.push_back(relation_object(*object->range_var, type.empty() ? "table" : type));
            }
            effects.push_back(schema_change(grant.is_grant != 0 ? "grant" : "revoke", std::move(objects)));
            break;
        }
        case PG_QUERY__NODE__NODE_DELETE_STMT:
            // Of chosen rows it is ordinary work; without WHERE it empties the table, and with a range it removes what may be
            // many.
            if (node.delete_stmt->n_using_clause == 0 && is_wide(node.delete_stmt->where_clause) &&
                !is_temporary(node.delete_stmt->relation)) {
                effects.push_back(schema_change("delete_rows", {relation_object(*node.delete_stmt->relation, "table")}));
            }
            break;
        case PG_QUERY__NODE__NODE_ALTER_DATABASE_SET_STMT: {
            const auto& alter = *node.alter_database_set_stmt;
            effects.push_back(
                schema_change(setting_operation(alter.setstmt, "alter_database"), {named("database", {text(alter.dbname)})}));
            break;
        }
        case PG_QUERY__NODE__NODE_ALTER_ROLE_SET_STMT: {
            const auto& alter = *node.alter_role_set_stmt;
            std::vector<DatabaseObject> objects;
            if (alter.role != nullptr) objects.push_back(named("role", {text(alter.role->rolename)}));
            if (!text(alter.database).empty()) objects.push_back(named("database", {text(alter.database)}));
            effects.push_back(schema_change(setting_operation(alter.setstmt, "alter_role"), std::move(objects)));
            break;
        }
        case PG_QUERY__NODE__NODE_ALTER_DOMAIN_STMT: {
            const auto& alter = *node.alter_domain_stmt;
            effects.push_back(
                schema_change("alter_type", {named("type", name_parts(nodes(alter.type_name, alter.n_type_name)))}));
            break;
        }
        case PG_QUERY__NODE__NODE_DO_STMT:
            for (const auto* argument : nodes(node.do_stmt->args, node.do_stmt->n_args)) {
                if (argument->node_case != PG_QUERY__NODE__NODE_DEF_ELEM || text(argument->def_elem->defname) != "as") continue;
                for (const auto& statement : statements_in_block(text_of(argument->def_elem->arg))) {
                    // A block within the block is written out; one that EXECUTE runs is left.
                    for (const ParseTree inner(statement); const auto* found : inner.statements()) {
                        if (found->node_case != PG_QUERY__NODE__NODE_DO_STMT) add_effects(*found, effects);
                    }
                }
            }
            add_sequence_resets(node, effects);
            break;
        case PG_QUERY__NODE__NODE_ALTER_OWNER_STMT: {
            const auto& alter = *node.alter_owner_stmt;
            const auto type = type_name(alter.object_type);
            if (alter.object == nullptr || type.empty()) break;
            if (alter.object->node_case == PG_QUERY__NODE__NODE_STRING)
                effects.push_back(schema_change("change_owner", {named(type, {text(alter.object->string->sval)})}));
            break;
        }
        case PG_QUERY__NODE__NODE_COPY_STMT:
            if (node.copy_stmt->is_from != 0 && node.copy_stmt->relation != nullptr) {
                effects.push_back({Family::change, "import", {}, {relation_object(*node.copy_stmt->relation, "table")}});
            }
            break;
        default:
            if (!add_sequence_resets(node, effects) && !add_operation(node, effects)) add_other_creations(node, effects);
    }
}

}  // namespace culprit
