#include "correlator/relation.h"

#include <algorithm>

namespace culprit {

namespace {

bool same_schema(const std::string& a, const std::string& b) { return a.empty() || b.empty() || a == b; }

std::string table_of(const DatabaseObject& object) {
    const bool is_relation = object.type == "table" || object.type == "view" || object.type == "relation";
    return is_relation ? object.name : object.table;
}

Relation relate_object(const Tally& symptom, const DatabaseObject& object) {
    const std::string& kind = symptom.key.fingerprint.kind;
    const std::string table = table_of(object);
    const bool schemas_fit = same_schema(symptom.schema, object.schema);
    const bool tables_fit = symptom.table.empty() || table.empty() || symptom.table == table;

    if (!symptom.constraint.empty() && (object.name == symptom.constraint || object.constraint == symptom.constraint) &&
        object.type != "table" && tables_fit && schemas_fit)
        return Relation::same_object;
    if (symptom.constraint.empty() && !symptom.column.empty()) {
        const std::string& column = object.column.empty() && object.type == "column" ? object.name : object.column;
        if (column == symptom.column && tables_fit && schemas_fit) return Relation::same_object;
    } else if (symptom.constraint.empty() && !symptom.table.empty() && kind.starts_with("undefined_")) {
        if (object.name == symptom.table && object.type != "column" && object.type != "constraint" && object.type != "index" &&
            schemas_fit)
            return Relation::same_object;
    }
    // Sequences, types, functions: whatever else the problem is named after.
    const bool is_named_after =
        object.name == symptom.key.fingerprint.name && object.type != "column" && object.type != "constraint";
    if (symptom.constraint.empty() && symptom.column.empty() && is_named_after && schemas_fit) return Relation::same_object;
    if (!table.empty() && table == symptom.table && schemas_fit)
        return kind == "insufficient_privilege" ? Relation::same_object : Relation::same_table;
    if (!table.empty() && table == symptom.referenced_table) return Relation::parent_table;
    if (!table.empty() && symptom.table.empty() && symptom.constraint.starts_with(table + "_")) return Relation::implied_table;
    // DROP INDEX does not say whose index it was; by custom its name begins with the table's.
    if (object.type == "index" && table.empty() && !symptom.table.empty() && object.name.starts_with(symptom.table + "_") &&
        schemas_fit)
        return Relation::implied_table;
    return Relation::different;
}

}  // namespace

const char* term_of(Relation relation) {
    switch (relation) {
        case Relation::same_object:
            return "same_object";
        case Relation::same_table:
            return "same_table";
        case Relation::parent_table:
            return "parent_table";
        case Relation::implied_table:
            return "implied_table";
        case Relation::unknown:
            return "unknown_object";
        case Relation::different:
            return "different_object";
    }
    return "different_object";
}

Relation relate(const Tally& symptom, const Signal& change) {
    const std::string& name = symptom.key.fingerprint.name;
    const bool symptom_names_none = symptom.constraint.empty() && symptom.column.empty() && symptom.table.empty() &&
                                    (name.empty() || name == symptom.sqlstate);
    if (change.objects.empty() || symptom_names_none) return Relation::unknown;
    Relation best = Relation::different;
    for (const DatabaseObject& object : change.objects) best = std::min(best, relate_object(symptom, object));
    return best;
}

bool satisfies(Relation relation, RelationAsked asked) {
    switch (asked) {
        case RelationAsked::object:
            return relation == Relation::same_object;
        case RelationAsked::table:
            return relation < Relation::unknown;
        case RelationAsked::unknown:
            return relation == Relation::unknown;
        case RelationAsked::none:
            return true;
    }
    return false;
}

}  // namespace culprit
