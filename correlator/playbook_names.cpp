#include "correlator/playbook_names.h"

#include <algorithm>
#include <string_view>
#include <vector>

#include "correlator/sql_quoting.h"
#include "matchers/data_file.h"
#include "matchers/log_entry_json.h"

namespace culprit {

namespace {

/// Where a name comes in several forms.
constexpr const char* kNames[] = {"column",     "constraint", "key",         "database", "changed_column", "renamed_column",
                                  "renamed_to", "role",       "application", "file",     "onset",          "table_name"};
constexpr const char* kTables[] = {"table", "name", "referenced_table", "changed", "changed_table", "renamed_table"};
constexpr const char* kTexts[] = {"keys",
                                  "keys_sql",
                                  "keys_equal_sql",
                                  "applications_literals_sql",
                                  "count",
                                  "services",
                                  "cause",
                                  "release",
                                  "tool",
                                  "migration",
                                  "awaited",
                                  "import_table",
                                  "import_table_sql",
                                  "duplicates_table",
                                  "duplicates_table_sql",
                                  "not_null_check_sql"};

class Names {
   public:
    void add(const std::string& name, const std::string& value) {
        if (value.empty()) return;
        names[name] = value;
        names[name + "_sql"] = quote_identifier(value);
        names[name + "_literal_sql"] = quote_literal(value);
    }
    void add_table(const std::string& name, const std::string& schema, const std::string& table) {
        if (table.empty()) return;
        add(name, table);
        if (!schema.empty()) names[name + "_sql"] = quote_identifier(schema) + "." + quote_identifier(table);
        names[name + "_regclass_sql"] = quote_literal(names[name + "_sql"]);
    }
    void add_text(const std::string& name, const std::string& value) {
        if (!value.empty()) names[name] = value;
    }
    PlaybookNames names;
};

template <typename Parts, typename Each>
std::string joined(const Parts& parts, const char* between, Each each) {
    std::string text;
    for (const std::string& part : parts) text += (text.empty() ? "" : between) + each(part);
    return text;
}

std::string as_it_is(const std::string& text) { return text; }

std::string only(const std::set<std::string>& names) { return names.size() == 1 ? *names.begin() : std::string(); }

/// A key over expressions ("lower(email)") has no columns that could be named.
bool are_columns(const std::vector<std::string>& keys) {
    return std::ranges::none_of(keys, [](const std::string& key) { return key.find_first_of("()\"' ") != std::string::npos; });
}

void add_keys(Names& names, const Tally& sum) {
    names.add_text("keys", joined(sum.key_columns, ", ", as_it_is));
    if (sum.key_columns.empty() || !are_columns(sum.key_columns)) return;
    names.add_text("keys_sql", joined(sum.key_columns, ", ", quote_identifier));
    names.add_text("keys_equal_sql", joined(sum.key_columns, " AND ", [](const std::string& key) {
                       return "a." + quote_identifier(key) + " = b." + quote_identifier(key);
                   }));
    if (sum.key_columns.size() == 1) names.add("key", sum.key_columns.front());
}

void add_table_and_what_goes_beside_it(Names& names, const Tally& sum) {
    names.add_table("table", sum.schema, sum.table);
    if (sum.table.empty()) return;
    const auto beside = [&](const std::string& suffix) {
        return (sum.schema.empty() ? std::string() : quote_identifier(sum.schema) + ".") + quote_identifier(sum.table + suffix);
    };
    names.add("table_name", sum.table);
    names.add_text("import_table", sum.table + "_import");
    names.add_text("import_table_sql", beside("_import"));
    names.add_text("duplicates_table", sum.table + "_duplicates");
    names.add_text("duplicates_table_sql", beside("_duplicates"));
    if (!sum.column.empty()) names.add_text("not_null_check_sql", quote_identifier(sum.table + "_" + sum.column + "_not_null"));
}

void add_cause(Names& names, const Cause& cause) {
    names.add_text("cause", summary_of(cause));
    names.add_text("release", cause.scope.release);
    names.add_text("tool", cause.tool);
    names.add_text("migration", cause.migration);
    if (cause.awaited && !cause.awaited->objects.empty()) names.add_text("awaited", cause.awaited->objects.front().name);
    const auto& objects = cause.effect.objects;
    if (objects.empty()) return;
    const DatabaseObject& first = objects.front();
    names.add_table("changed", first.schema, first.name);
    names.add("changed_column", first.column);
    names.add_table("changed_table", first.schema, first.type == "table" ? first.name : first.table);
    if (cause.effect.operation.starts_with("rename_") && objects.size() > 1 && objects[1].type == first.type) {
        names.add("renamed_to", objects[1].name);
        if (first.type == "column") names.add("renamed_column", objects[1].name);
        if (first.type == "table" || first.type == "view") names.add_table("renamed_table", first.schema, objects[1].name);
    }
    if (first.type == "role") names.add("role", first.name);
}

}  // namespace

PlaybookNames names_of(const Incident& incident) {
    Names names;
    const Tally& sum = incident.sum;
    add_table_and_what_goes_beside_it(names, sum);
    add_keys(names, sum);
    names.add("constraint", sum.constraint);
    names.add("column", sum.column);
    names.add_table("referenced_table", "", sum.referenced_table);
    // A problem without an object is called by its SQLSTATE, which is no name of anything.
    if (incident.problem.name != sum.sqlstate) names.add_table("name", sum.schema, incident.problem.name);
    names.add("database", incident.database);
    names.add("role", only(sum.database_users));
    names.add("application", only(sum.application_names));
    names.add_text("applications_literals_sql", joined(sum.application_names, ", ", quote_literal));
    names.add_text("count", std::to_string(incident.count));
    names.add("onset", to_rfc3339(incident.onset));
    names.add_text("services", joined(incident.services, ", ", as_it_is));
    names.add("file", data_file_in(incident.problem.name));
    if (incident.attribution == AttributionState::attributed) add_cause(names, incident.causes.front());
    return std::move(names.names);
}

const std::set<std::string>& playbook_vocabulary() {
    static const std::set<std::string> vocabulary = [] {
        std::set<std::string> all(std::begin(kTexts), std::end(kTexts));
        for (const std::string name : kNames) all.insert({name, name + "_sql", name + "_literal_sql"});
        for (const std::string table : kTables)
            all.insert({table, table + "_sql", table + "_literal_sql", table + "_regclass_sql"});
        return all;
    }();
    return vocabulary;
}

}  // namespace culprit
