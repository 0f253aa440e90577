#include <tuple>
#include <utility>

#include "matchers/parse_tree.h"
#include "matchers/sql_effects.h"

namespace culprit {
namespace {

std::pair<std::string, std::string> split_name(const std::string& name) {
    std::string unquoted;
    std::string schema;
    bool quoted = false;
    for (const char byte : name) {
        if (byte == '"') {
            quoted = !quoted;
        } else if (byte == '.' && !quoted) {
            schema = std::exchange(unquoted, {});
        } else {
            unquoted += quoted ? byte : static_cast<char>(std::tolower(static_cast<unsigned char>(byte)));
        }
    }
    return {schema, unquoted};
}

std::string function_name(const PgQuery__FuncCall& call) {
    const auto parts = name_parts(nodes(call.funcname, call.n_funcname));
    return parts.empty() ? std::string{} : parts.back();
}

/// The first table that a query below reads from.
const PgQuery__RangeVar* first_table(const ProtobufCMessage& root) {
    const PgQuery__RangeVar* table = nullptr;
    walk(root, [&](const PgQuery__Node& node) {
        if (table == nullptr && node.node_case == PG_QUERY__NODE__NODE_RANGE_VAR) table = node.range_var;
        return table == nullptr;
    });
    return table;
}

SqlEffect reset_by_setval(const PgQuery__FuncCall& call, const PgQuery__Node& statement) {
    DatabaseObject sequence;
    sequence.type = "sequence";
    const PgQuery__Node* argument = call.n_args > 0 ? call.args[0] : nullptr;
    if (const auto name = text_of(argument); !name.empty()) {
        std::tie(sequence.schema, sequence.name) = split_name(name);
    } else if (argument != nullptr) {
        walk(argument->base, [&](const PgQuery__Node& node) {
            if (node.node_case != PG_QUERY__NODE__NODE_FUNC_CALL || function_name(*node.func_call) != "pg_get_serial_sequence")
                return true;
            if (node.func_call->n_args < 2) return false;
            std::tie(sequence.schema, sequence.table) = split_name(text_of(node.func_call->args[0]));
            sequence.column = text_of(node.func_call->args[1]);
            if (!sequence.table.empty()) sequence.name = implied_name(sequence.table, {sequence.column}, "seq");
            return false;
        });
    }
    if (sequence.table.empty()) {
        if (const auto* table = first_table(statement.base)) {
            sequence.table = text(table->relname);
            if (sequence.schema.empty()) sequence.schema = text(table->schemaname);
        }
    }
    SqlEffect effect{Family::remedy, "sequence_reset", {}, {}};
    if (!sequence.name.empty() || !sequence.table.empty()) effect.objects.push_back(sequence);
    if (!sequence.table.empty()) effect.objects.push_back({"table", sequence.schema, sequence.table, {}, {}, {}, {}});
    return effect;
}

/// `OWNED BY shop.orders.id`; NONE has one part.
void take_owner(const PgQuery__Node* owner, DatabaseObject& sequence) {
    if (owner == nullptr || owner->node_case != PG_QUERY__NODE__NODE_LIST) return;
    const auto parts = name_parts(nodes(owner->list->items, owner->list->n_items));
    if (parts.size() < 2) return;
    sequence.column = parts.back();
    sequence.table = parts[parts.size() - 2];
}

}  // namespace

bool add_sequence_resets(const PgQuery__Node& statement, std::vector<SqlEffect>& effects) {
    if (statement.node_case == PG_QUERY__NODE__NODE_ALTER_SEQ_STMT) {
        const auto& alter = *statement.alter_seq_stmt;
        auto sequence = relation_object(*alter.sequence, "sequence");
        for (const auto* option : nodes(alter.options, alter.n_options)) {
            if (option->node_case == PG_QUERY__NODE__NODE_DEF_ELEM && text(option->def_elem->defname) == "owned_by")
                take_owner(option->def_elem->arg, sequence);
            if (option->node_case == PG_QUERY__NODE__NODE_DEF_ELEM && text(option->def_elem->defname) == "restart") {
                effects.push_back({Family::remedy, "sequence_reset", {}, {sequence}});
                return true;
            }
        }
        effects.push_back(schema_change("alter_sequence", {sequence}));
        return true;
    }
    if (statement.node_case == PG_QUERY__NODE__NODE_DO_STMT) {
        for (const auto* argument : nodes(statement.do_stmt->args, statement.do_stmt->n_args)) {
            if (argument->node_case != PG_QUERY__NODE__NODE_DEF_ELEM) continue;
            // Which sequences a block resets is known only when it runs.
            if (text_of(argument->def_elem->arg).find("setval") == std::string::npos) continue;
            effects.push_back({Family::remedy, "sequence_reset", {}, {}});
            return true;
        }
        return false;
    }
    if (statement.node_case != PG_QUERY__NODE__NODE_SELECT_STMT) return false;
    bool found = false;
    walk(statement.base, [&](const PgQuery__Node& node) {
        if (node.node_case != PG_QUERY__NODE__NODE_FUNC_CALL || function_name(*node.func_call) != "setval") return true;
        effects.push_back(reset_by_setval(*node.func_call, statement));
        found = true;
        return false;
    });
    return found;
}

}  // namespace culprit
