#include <algorithm>

#include "matchers/data_file.h"
#include "matchers/error_context.h"
#include "matchers/links.h"
#include "matchers/look_alikes.h"
#include "matchers/rules.h"
#include "matchers/sql_statement.h"
#include "matchers/statement_tables.h"
#include "matchers/told_error.h"

namespace culprit {
namespace {

constexpr std::size_t kMaxStatement = 4096;

/// What was found out about one error.
struct Finding {
    std::string sqlstate;
    std::string message;                   // PostgreSQL's own text, by template; empty when there is none
    std::vector<ServerTexts::Part> parts;  // of the server's message; point into the record
    std::string rule;
    Captures captures;
    std::size_t begin = std::string::npos;
    std::size_t caught_bytes = 0;
};

std::string caught(const Captures& captures, std::string_view name) {
    const auto found = captures.find(name);
    return found == captures.end() ? std::string{} : found->second;
}

std::size_t bytes_of(const Captures& captures) {
    std::size_t bytes = 0;
    for (const auto& [name, value] : captures) bytes += value.size();
    return bytes;
}

/// The server's message against its texts.
void match_server_message(const Record& record, const ErrorContext& context, const Catalogue& catalogue, Finding& finding) {
    // What RAISE itself met (a column that it does not find) comes with its position.
    if (context.raised && record.statement.find("RAISE") != std::string::npos)
        finding.captures.merge(raised_names(record.statement));
    if (context.raised && record.sqlstate.empty() && !record.fields.contains("cursor_position")) {
        finding.sqlstate = raised_sqlstate(record, catalogue.sqlstates());
        finding.rule = "postgresql.raised";
        return;
    }
    if (context.raised && record.sqlstate.starts_with("P0")) {
        finding.sqlstate = record.sqlstate;
        finding.rule = "sqlstate";
        return;
    }
    if (auto match = catalogue.server_texts().find(record)) {
        finding.sqlstate = match->sqlstate;
        finding.rule = std::move(match->rule);
        finding.captures.merge(match->captures);
        finding.parts = std::move(match->parts);
    }
    if (!record.sqlstate.empty()) finding.sqlstate = record.sqlstate;
    if (!record.sqlstate.empty() || finding.rule.empty()) finding.rule = "sqlstate";
}

/// The application's text against all candidates. The earliest error is the one that is told of: what follows quotes or wraps it.
void match_anywhere(const Record& record, const TextSearch& text, const Candidates& candidates, const Catalogue& catalogue,
                    Finding& finding) {
    const auto ranges = look_alikes(record, text, candidates, catalogue);
    const bool known = !catalogue.sqlstates().condition(record.sqlstate).empty();
    std::vector<std::pair<std::string, Captures>> others;
    for (const auto index : candidates) {
        const auto& pattern = catalogue.patterns()[index];
        Captures captures;
        if (pattern.family != Family::symptom || pattern.says_nothing) continue;
        if (pattern.adds_only && pattern.when.empty() && !pattern.after) continue;  // nothing of it can be a code
        if (!conditions_hold(pattern, record, captures)) continue;
        std::size_t begin = 0;
        std::string matched;
        if (pattern.match) {
            auto match = first_genuine(*pattern.match, text, ranges);
            if (!match) continue;
            begin = match->begin;
            matched = text.text().substr(match->begin, match->end - match->begin);
            captures.merge(match->captures);
        } else if (!ranges.empty() && ranges.front().second == text.text().size() && ranges.front().first == 0) {
            continue;
        }
        auto code = code_of(pattern, captures, catalogue.sqlstates());
        if (code.empty() || (known && code != record.sqlstate)) continue;
        const auto bytes = bytes_of(captures);
        const bool template_wins = pattern.is_template && finding.message.empty() && code == finding.sqlstate;
        const bool earlier = begin < finding.begin || (begin == finding.begin && bytes < finding.caught_bytes);
        if (finding.begin == std::string::npos ||
            (earlier && (pattern.is_template || code != finding.sqlstate || finding.message.empty())) || template_wins) {
            if (finding.begin != std::string::npos) others.emplace_back(finding.sqlstate, finding.captures);
            finding = {code,
                       pattern.is_template ? matched : std::string{},
                       {},
                       pattern.id,
                       std::move(captures),
                       std::min(begin, finding.begin),
                       bytes};
        } else {
            others.emplace_back(std::move(code), std::move(captures));
        }
    }
    // A driver's field may be named apart from the message: what the same error's other matches caught fills the gaps.
    for (auto& [code, captures] : others) {
        if (code == finding.sqlstate && finding.captures.find("referenced_table") == finding.captures.end())
            finding.captures.merge(captures);
    }
    if (known && finding.sqlstate.empty() && ranges.empty()) {
        finding.sqlstate = record.sqlstate;
        finding.begin = 0;
    }
    if (known && !finding.sqlstate.empty()) finding.rule = "sqlstate";
}

/// DETAIL, statements and contexts that only add to an error already found.
void enrich(const Record& record, const TextSearch& text, const Candidates& candidates, const Catalogue& catalogue,
            Captures& captures) {
    for (const auto index : candidates) {
        const auto& pattern = catalogue.patterns()[index];
        if (!pattern.adds_only) continue;
        Captures more;
        if (!conditions_hold(pattern, record, more)) continue;
        if (pattern.match) {
            auto match = text.find_captures(*pattern.match);
            if (!match) continue;
            more.merge(match->captures);
        }
        captures.merge(more);
    }
}

void split_schema(std::string& schema, std::string& name, const Record& record) {
    const auto dot = name.find('.');
    if (!schema.empty() || dot == std::string::npos || dot == 0 || name.find('.', dot + 1) != std::string::npos) return;
    // A table may have a dot in its own name; then a statement writes it in quotation marks.
    if (record.statement.find('"' + name + '"') != std::string::npos) return;
    schema = name.substr(0, dot);
    name = name.substr(dot + 1);
}

std::string first_of(std::initializer_list<std::string> values) {
    for (const auto& value : values) {
        if (!value.empty()) return value;
    }
    return {};
}

/// Of an ORM's list: "`shop_id`,`email`".
std::vector<std::string> columns_in(std::string_view list) {
    std::vector<std::string> columns;
    for (std::size_t begin = 0; begin < list.size();) {
        const auto end = std::min(list.find(',', begin), list.size());
        std::string column(list.substr(begin, end - begin));
        std::erase_if(column, [](char c) { return c == '`' || c == '"' || c == '\\' || c == '\'' || c == ' '; });
        if (!column.empty()) columns.push_back(std::move(column));
        begin = end + 1;
    }
    return columns;
}

bool is_simple_column(const std::string& column) { return column.find_first_of("()\"' ") == std::string::npos; }

/// Did the INSERT leave a column of the key to its default? Unknown without a column list, and for keys over expressions.
std::optional<bool> key_from_default(const std::vector<std::string>& key, const std::optional<InsertTarget>& target,
                                     const std::string& table) {
    if (key.empty() || !target || target->all_columns || target->columns.empty()) return std::nullopt;
    if (!table.empty() && target->table != table) return std::nullopt;
    if (!std::all_of(key.begin(), key.end(), is_simple_column)) return std::nullopt;
    return std::any_of(key.begin(), key.end(), [&](const std::string& column) {
        return std::find(target->columns.begin(), target->columns.end(), column) == target->columns.end();
    });
}

/// SQLSTATEs of which the table that the statement writes to is the table in question.
bool is_of_the_written_table(std::string_view sqlstate) {
    return sqlstate.starts_with("23") || sqlstate == "22001" || sqlstate == "40001" || sqlstate == "40P01" ||
           sqlstate == "428C9" || sqlstate == "55P03";
}

/// SQLSTATEs of which the server's message names a file where it does not know whose it is.
bool is_about_a_data_file(std::string_view sqlstate) {
    return sqlstate == "XX001" || sqlstate == "XX002" || sqlstate == "53100" || sqlstate == "58030";
}

bool is_of_a_lock(std::string_view sqlstate) { return sqlstate == "40001" || sqlstate == "40P01" || sqlstate == "55P03"; }

/// Of a statement that was cut, or has an ORM's own placeholders.
std::optional<InsertTarget> written_by_words(std::string_view sql) {
    const auto begin = std::min(sql.find_first_not_of(" \t\n\r"), sql.size());
    std::string verb{sql.substr(begin, 6)};
    std::transform(verb.begin(), verb.end(), verb.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    if (verb != "insert" && verb != "update" && verb != "delete") return std::nullopt;
    const auto tables = tables_in(sql);
    if (tables.empty()) return std::nullopt;
    return InsertTarget{tables.front().schema, tables.front().table, {}, false};
}

/// The table that the failed statement wrote to, or altered. An error within a function is about what the function did.
std::optional<InsertTarget> failed_target(const ErrorContext& context, const std::string& statement) {
    if (context.within_function && context.inner_statement.empty()) return std::nullopt;
    const auto& sql = context.inner_statement.empty() ? statement : context.inner_statement;
    if (auto target = written_table(sql)) return may_be_half_a_name(sql, target->table) ? std::nullopt : target;
    if (sql.empty()) return std::nullopt;
    if (auto target = written_by_words(sql)) return target;
    for (const auto& effect : effects_of(sql)) {
        if (effect.family != Family::change || effect.kind != "schema_change") continue;
        for (const auto& object : effect.objects) {
            if (object.type == "table") return InsertTarget{object.schema, object.name, {}, false};
            if (!object.table.empty()) return InsertTarget{object.schema, object.table, {}, false};
        }
    }
    return std::nullopt;
}

/// The table of a column that does not exist, or of a lock, where the message names none and the statement leaves no choice. It
/// is no part of what makes two errors the same: the other side may know no statement.
std::optional<StatementTable> table_by_statement(const Captures& captures, const std::string& statement,
                                                 std::string_view sqlstate) {
    if (sqlstate != "42703" && !is_of_a_lock(sqlstate)) return std::nullopt;
    const auto tables = tables_in(statement);
    if (sqlstate != "42703") return tables.size() == 1 ? std::optional{tables.front()} : std::nullopt;
    auto column = caught(captures, "column_reference");
    if (column.empty()) column = caught(captures, "column");
    const auto* table = table_of_column(tables, column);
    return table == nullptr ? std::nullopt : std::optional{*table};
}

/// The schema that the statement writes in front of a table, where it names it once.
std::string schema_by_statement(const std::string& statement, const std::string& table) {
    std::string schema;
    for (const auto& named : tables_in(statement)) {
        if (named.table != table || named.schema.empty()) continue;
        if (!schema.empty() && schema != named.schema) return {};
        schema = named.schema;
    }
    return schema;
}

/// An enum whose value is unknown, or a type that does not exist: `shop.mood`, `"Mood"`.
std::optional<DatabaseObject> type_in(const Captures& captures, std::string_view sqlstate) {
    auto name = caught(captures, "enum");
    if (name.empty() && sqlstate == "42704") name = caught(captures, "type");
    if (name.empty()) return std::nullopt;
    std::string schema;
    if (const auto dot = name.find('.'); dot != std::string::npos && dot > 0) {
        schema = name.substr(0, dot);
        name.erase(0, dot + 1);
    }
    for (auto* part : {&schema, &name}) std::erase(*part, '"');
    return DatabaseObject{"type", std::move(schema), std::move(name), {}, {}, {}, {}};
}

void add_objects(const Record& record, const Captures& captures, const KeyDetail& key, const std::optional<InsertTarget>& target,
                 const std::string& statement, Signal& signal) {
    auto constraint = first_of({record.constraint, caught(captures, "constraint")});
    auto relation = caught(captures, "relation");
    auto table = first_of({record.table, caught(captures, "table"), relation});
    auto schema = first_of({record.schema, caught(captures, "schema")});
    if (record.table.empty()) split_schema(schema, table, record);
    // A partition that is to go away leaves rows that refer to it.
    const bool still_referenced = table.empty() && !caught(captures, "partition").empty();
    if (still_referenced) table = key.referenced_table;
    if (table.empty() && !still_referenced && target && is_of_the_written_table(signal.sqlstate)) table = target->table;
    if (schema.empty() && target && !target->schema.empty() && target->table == table) schema = target->schema;
    if (schema.empty() && !table.empty() && is_of_a_lock(signal.sqlstate)) schema = schema_by_statement(statement, table);
    auto column = first_of({record.column, caught(captures, "column")});
    if (auto reference = caught(captures, "column_reference"); column.empty() && !reference.empty()) {
        // `column c.loyalty_points does not exist` names it by the query's alias.
        column = reference.substr(reference.rfind('.') + 1);
        std::erase(column, '"');
        std::erase(column, '`');  // Prisma's
    }
    if (column.empty() && key.columns.size() == 1 && is_simple_column(key.columns.front())) column = key.columns.front();
    std::string referenced = caught(captures, "referenced_table");
    if (referenced.empty() && signal.sqlstate == "23503") referenced = key.referenced_table;
    if (referenced == table && caught(captures, "referenced_table").empty() && signal.sqlstate == "23503") referenced.clear();

    auto& objects = signal.objects;
    if (!constraint.empty()) objects.push_back({"constraint", schema, constraint, column, constraint, referenced, table});
    if (!column.empty() && constraint.empty()) objects.push_back({"column", schema, column, column, {}, {}, table});
    if (const auto sequence = caught(captures, "sequence"); !sequence.empty())
        objects.push_back({"sequence", schema, sequence, {}, {}, {}, {}});
    if (const auto index = caught(captures, "index"); !index.empty() && signal.sqlstate == "XX002")
        objects.push_back({"index", schema, index, {}, {}, {}, {}});
    if (auto type = type_in(captures, signal.sqlstate)) objects.push_back(std::move(*type));
    if (!table.empty()) {
        objects.push_back({"table", schema, table, {}, {}, referenced, {}});
    } else if (auto read = table_by_statement(captures, statement, signal.sqlstate); read && !still_referenced) {
        objects.push_back({"table", read->schema, read->table, {}, {}, {}, {}});
    }
    if (!objects.empty() || !is_about_a_data_file(signal.sqlstate)) return;
    if (auto file = data_file_in(record.message); !file.empty()) objects.push_back({"file", {}, std::move(file), {}, {}, {}, {}});
}

/// What is shown of the message. PostgreSQL's own texts hold names only; anything else may hold values anywhere.
std::string shown_message(const Record& record, const Finding& finding, const Signal& signal, const Redactor& redactor) {
    std::string text = finding.message;
    using Kind = ServerTexts::Part::Kind;
    for (const auto& part : finding.parts) {
        const bool open = part.kind == Kind::fixed || part.kind == Kind::name || redactor.shows_values();
        text += open ? std::string(part.text) : part.kind == Kind::value ? redactor.value(part.text) : "…";
    }
    if (text.empty()) {
        if (redactor.shows_values()) return cut_utf8(record.message.substr(0, record.message.find('\n')), 1024);
        return signal.kind + " (SQLSTATE " + signal.sqlstate + ")";
    }
    if (const auto value = caught(finding.captures, "value"); !value.empty() && finding.parts.empty()) {
        const auto place = text.rfind(value);
        if (place == std::string::npos) return signal.kind + " (SQLSTATE " + signal.sqlstate + ")";
        text.replace(place, value.size(), redactor.value(value));
    }
    std::replace(text.begin(), text.end(), '\n', ' ');
    std::replace(text.begin(), text.end(), '\t', ' ');
    while (!text.empty() && (text.back() == ' ' || text.back() == '\\' || text.back() == '(' || text.back() == '\r'))
        text.pop_back();
    if (text.ends_with("\"\"")) text.pop_back();  // the logger's own, behind the name's
    return cut_utf8(std::move(text), 1024);
}

/// Where a record's own fields do not say it, a pattern knows which of the others do (Sentry's webhooks).
void fill_scope(const Captures& captures, Scope& scope) {
    if (scope.service.empty()) scope.service = caught(captures, "service");
    if (scope.environment.empty()) scope.environment = caught(captures, "environment");
    if (scope.release.empty()) scope.release = caught(captures, "release");
}

}  // namespace

void add_symptom(const Record& record, const TextSearch& text, const Candidates& candidates, const Knowledge& knowledge,
                 std::vector<Signal>& signals) {
    const auto& catalogue = knowledge.catalogue;
    if (!tells_of_an_error(record, catalogue)) return;
    Finding finding;
    ErrorContext context;
    if (record.side == Side::server) {
        context = read_context(record.context);
        match_server_message(record, context, catalogue, finding);
        enrich(record, TextSearch(record.context), candidates, catalogue, finding.captures);
    } else {
        match_anywhere(record, text, candidates, catalogue, finding);
        if (finding.sqlstate.empty()) return;
        enrich(record, text, candidates, catalogue, finding.captures);
    }
    const auto condition = catalogue.sqlstates().condition(finding.sqlstate);
    const auto statement =
        first_of({record.statement, caught(finding.captures, "statement"), caught(finding.captures, "statement_line")});
    if (!condition.empty() && !catalogue.is_noise(finding.sqlstate)) {
        auto signal = signal_for(record, knowledge);
        signal.family = Family::symptom;
        signal.kind = condition;
        signal.sqlstate = finding.sqlstate;
        signal.rule = finding.rule;
        fill_scope(finding.captures, signal.scope);
        signal.links = links_of(finding.captures);
        KeyDetail key;
        const auto detail = first_of({record.detail, caught(finding.captures, "detail")});
        const bool has_key = tells_of_a_key(finding.sqlstate) && parse_key_detail(detail, key);
        const auto target = failed_target(context, statement);
        add_objects(record, finding.captures, key, target, statement, signal);
        const bool of_a_tool =
            signal.sqlstate == "42P01" && std::any_of(signal.objects.begin(), signal.objects.end(),
                                                      [&](const auto& object) { return catalogue.is_bookkeeping(object.name); });
        if (of_a_tool) return;
        if (has_key) {
            signal.key_columns = key.columns;
            signal.key_hash = knowledge.redactor.hash(key.values);
        } else {
            signal.key_columns = columns_in(caught(finding.captures, "columns"));
        }
        if (signal.sqlstate == "23505") {
            signal.key_from_default =
                key_from_default(key.columns, target, signal.objects.empty() ? std::string{} : signal.objects.back().name);
        }
        signal.message = shown_message(record, finding, signal, knowledge.redactor);
        signal.detail = cut_utf8(knowledge.redactor.detail(detail, has_key ? &key : nullptr), 2048);
        signal.statement = cut_utf8(knowledge.redactor.statement(statement), kMaxStatement);
        signals.push_back(std::move(signal));
    }
    if (record.side == Side::server && !record.statement.empty()) {
        add_statement_effects(record, record.statement, Phase::failed, knowledge, signals);
    }
}

}  // namespace culprit
