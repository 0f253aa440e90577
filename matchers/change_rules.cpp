#include <re2/re2.h>

#include <algorithm>
#include <cstdlib>

#include "matchers/echoed_statement.h"
#include "matchers/links.h"
#include "matchers/rules.h"
#include "matchers/sql_statement.h"

namespace culprit {
namespace {

/// A record that holds more matches of one pattern than this is not a log entry.
constexpr std::size_t kMaxMatches = 256;
constexpr std::size_t kMaxStatement = 4096;

std::string caught(const Captures& captures, std::string_view name) {
    const auto found = captures.find(name);
    return found == captures.end() ? std::string{} : found->second;
}

void take_scope(const Captures& captures, Scope& scope) {
    const auto take = [&](std::string_view name, std::string& into) {
        if (auto value = caught(captures, name); !value.empty()) into = std::move(value);
    };
    take("environment", scope.environment);
    take("database", scope.database);
    take("service", scope.service);
    take("release", scope.release);
    // `registry:5000/shop/newsletter:1.4.1`
    const auto image = caught(captures, "image");
    const auto tag = image.find(':', image.rfind('/') == std::string::npos ? 0 : image.rfind('/'));
    if (caught(captures, "release").empty() && tag != std::string::npos)
        scope.release = image.substr(tag + 1, image.find('@') - tag - 1);
}

std::vector<DatabaseObject> objects_of(const Pattern& pattern, const Captures& captures) {
    std::vector<DatabaseObject> objects;
    // RE2 has no groups of one name twice: a name in quotation marks may be caught beside one without.
    const auto either = [&](const char* name, const char* other) {
        auto value = caught(captures, name);
        return value.empty() ? caught(captures, other) : value;
    };
    auto schema = either("schema", "schema_2");
    auto table = either("table", "table_2");
    if (const auto dot = table.find('.'); dot != std::string::npos && schema.empty()) {
        schema = table.substr(0, dot);
        table = table.substr(dot + 1);
    }
    const auto constraint = caught(captures, "constraint"), index = caught(captures, "index"),
               sequence = caught(captures, "sequence"), column = caught(captures, "column");
    if (!constraint.empty())
        objects.push_back({"constraint", schema, constraint, column, constraint, caught(captures, "referenced_table"), table});
    if (!index.empty()) objects.push_back({"index", schema, index, column, {}, {}, table});
    if (!sequence.empty()) objects.push_back({"sequence", schema, sequence, column, {}, {}, table});
    if (!column.empty() && constraint.empty()) objects.push_back({"column", schema, column, column, {}, {}, table});
    if (!table.empty())
        objects.push_back({pattern.object_type.empty() ? "table" : pattern.object_type, schema, table, {}, {}, {}, {}});
    return objects;
}

std::string first_line(std::string_view text) {
    const auto begin = text.find_first_not_of(" \t\r\n]|>");
    if (begin == std::string_view::npos) return {};
    text.remove_prefix(begin);
    text = text.substr(0, text.find('\n'));
    while (!text.empty() && (text.back() == ' ' || text.back() == '\r')) text.remove_suffix(1);
    return std::string(text);
}

/// `deployment succeeded: wishlist-api 2.1.0`, for events that are fields and no text.
std::string describe(const Signal& signal) {
    std::string text = signal.kind;
    if (signal.phase != Phase::unknown) text += " " + std::string(to_string(signal.phase));
    if (!signal.scope.service.empty()) text += ": " + signal.scope.service;
    if (!signal.scope.release.empty()) text += " " + signal.scope.release;
    return text;
}

/// That of the catalogue's file, else the one that announces itself.
std::string tool_of(const Pattern& pattern, const Captures& captures) {
    return pattern.tool.empty() ? caught(captures, "tool") : pattern.tool;
}

Signal tool_event(const Record& record, const Pattern& pattern, const Captures& captures, std::string_view matched,
                  const Knowledge& knowledge) {
    auto signal = signal_for(record, knowledge);
    signal.family = pattern.family;
    signal.kind = pattern.kind;
    signal.operation = pattern.operation;
    signal.phase = pattern.phase;
    signal.tool = tool_of(pattern, captures);
    signal.migration = caught(captures, "migration");
    // What an application calls itself may differ from what its platform calls it.
    const auto known_service = signal.scope.service;
    take_scope(captures, signal.scope);
    if (pattern.kind == "restart" && !known_service.empty()) signal.scope.service = known_service;
    signal.objects = objects_of(pattern, captures);
    signal.links = links_of(captures);
    signal.rule = pattern.id;
    // What matched is the tool's own words and names; numbers and quoted texts beside the captures could be values.
    signal.message = matched.empty() ? describe(signal) : cut_utf8(first_line(matched), 512);
    return signal;
}

}  // namespace

namespace {

/// A statement as it was before a tool put it into quotation marks.
std::string unescaped(std::string sql) {
    static const re2::RE2 quote(R"(\\")"), line_break(R"(\\[nt])");
    re2::RE2::GlobalReplace(&sql, quote, "\"");
    re2::RE2::GlobalReplace(&sql, line_break, " ");
    return sql;
}

/// What a tool's line says: one event, or the effects of the SQL in it.
std::vector<Signal> events_of(const Record& record, const Pattern& pattern, const Captures& captures, std::string_view matched,
                              const Knowledge& knowledge) {
    auto sql = caught(captures, "statement");
    const bool echoed = sql.empty() && pattern.echoed;
    if (echoed) {
        // An error's text is no tag.
        const bool is_tag = std::none_of(matched.begin(), matched.end(), [](char c) { return c == ':'; });
        sql = echoed_statement(record.before, is_tag ? matched : std::string_view{}).value_or("");
    }
    if (sql.empty()) return {tool_event(record, pattern, captures, matched, knowledge)};
    std::vector<Signal> events;
    add_statement_effects(record, echoed ? sql : unescaped(sql), pattern.phase, knowledge, events);
    if (echoed && pattern.kind != "schema_change") events.push_back(tool_event(record, pattern, captures, matched, knowledge));
    for (auto& event : events) {
        if (event.links.empty()) event.links = links_of(captures);
        event.tool = tool_of(pattern, captures);
        event.rule = pattern.id;
    }
    return events;
}

}  // namespace

void add_tool_events(const Record& record, const TextSearch& text, const Candidates& candidates, const Knowledge& knowledge,
                     std::vector<Signal>& signals) {
    std::vector<std::pair<std::size_t, Signal>> found;
    for (const auto index : candidates) {
        const auto& pattern = knowledge.catalogue.patterns()[index];
        if (pattern.family == Family::symptom || pattern.says_nothing) continue;
        Captures conditions;
        if (!conditions_hold(pattern, record, conditions)) continue;
        if (!pattern.match) {
            for (auto& event : events_of(record, pattern, conditions, {}, knowledge)) found.emplace_back(0, std::move(event));
            continue;
        }
        std::size_t from = 0;
        for (std::size_t count = 0; count < kMaxMatches; ++count) {
            auto match = text.find(*pattern.match, from);
            if (!match) break;
            from = std::max(match->end, match->begin + 1);
            match->captures.insert(conditions.begin(), conditions.end());
            const auto matched = text.text().substr(match->begin, match->end - match->begin);
            for (auto& event : events_of(record, pattern, match->captures, matched, knowledge))
                found.emplace_back(match->begin, std::move(event));
        }
    }
    std::stable_sort(found.begin(), found.end(), [](const auto& left, const auto& right) { return left.first < right.first; });
    for (auto& [place, signal] : found) signals.push_back(std::move(signal));
}

void add_statement_effects(const Record& record, std::string_view sql, Phase phase, const Knowledge& knowledge,
                           std::vector<Signal>& signals) {
    std::string shown;
    for (auto& effect : effects_of(sql)) {
        const bool of_a_tool = std::any_of(effect.objects.begin(), effect.objects.end(), [&](const DatabaseObject& object) {
            return knowledge.catalogue.is_bookkeeping(object.name) || knowledge.catalogue.is_bookkeeping(object.table);
        });
        if (of_a_tool) continue;
        if (shown.empty()) shown = cut_utf8(knowledge.redactor.statement(sql), kMaxStatement);
        auto signal = signal_for(record, knowledge);
        signal.family = effect.family;
        signal.kind = std::move(effect.kind);
        signal.operation = std::move(effect.operation);
        signal.objects = std::move(effect.objects);
        signal.phase = phase;
        signal.statement = shown;
        signal.message = first_line(shown);
        signal.rule = "sql";
        if (phase == Phase::failed) signal.sqlstate = record.sqlstate;
        signals.push_back(std::move(signal));
    }
}

namespace {

/// The table a statement writes or, when it writes none, the first it reads.
void take_table(std::string_view sql, const Knowledge& knowledge, Signal& signal) {
    auto table = written_table(sql);
    if (!table) table = first_read_table(sql);
    if (!table) {
        for (const auto& effect : effects_of(sql)) {
            const auto found = std::find_if(effect.objects.begin(), effect.objects.end(),
                                            [](const auto& object) { return object.type == "table"; });
            if (found != effect.objects.end()) table = InsertTarget{found->schema, found->name, {}, false};
        }
    }
    if (table) signal.objects.push_back({"table", table->schema, table->table, {}, {}, {}, {}});
    signal.statement = cut_utf8(knowledge.redactor.statement(sql), kMaxStatement);
}

/// Slow is what reads and writes rows; DDL, COPY and maintenance take their time.
bool works_on_rows(std::string_view sql) {
    static const re2::RE2 row_statement(R"(^(?i)(?:\s|--[^\n]*\n|/\*[^*]*\*/|\()*(?:select|insert|update|delete|merge|with)\b)");
    return re2::RE2::PartialMatch({sql.data(), sql.size()}, row_statement);
}

void add_slow_statement(const Record& record, const Captures& captures, const Knowledge& knowledge,
                        std::vector<Signal>& signals) {
    const auto milliseconds = caught(captures, "milliseconds"), sql = caught(captures, "statement");
    if (milliseconds.empty() || !works_on_rows(sql)) return;
    if (std::strtod(milliseconds.c_str(), nullptr) < knowledge.catalogue.slow_statement_ms()) return;
    auto signal = signal_for(record, knowledge);
    signal.family = Family::symptom;
    signal.kind = "slow_query";
    signal.rule = "slow_statement";
    take_table(sql, knowledge, signal);
    signal.message = "a statement took " + milliseconds + " ms";
    signals.push_back(std::move(signal));
}

}  // namespace

void add_server_events(const Record& record, const Knowledge& knowledge, std::vector<Signal>& signals) {
    const auto english = knowledge.catalogue.log_line_in_english(record);
    const std::string_view message = english ? *english : record.message;
    for (const auto& pattern : knowledge.catalogue.patterns()) {
        if (pattern.side != Side::server || pattern.kind.empty() || !pattern.match) continue;
        Captures captures;
        if (!conditions_hold(pattern, record, captures)) continue;
        const auto match = find_match(*pattern.match, message);
        if (!match) continue;
        captures.insert(match->captures.begin(), match->captures.end());
        const auto matched = message.substr(match->begin, match->end - match->begin);
        auto signal = tool_event(record, pattern, captures, matched, knowledge);
        if (pattern.family == Family::symptom && !record.statement.empty()) take_table(record.statement, knowledge, signal);
        signals.push_back(std::move(signal));
        // What waits for its lock has begun, and log_statement may not have said so.
        if (!record.statement.empty()) add_statement_effects(record, record.statement, Phase::started, knowledge, signals);
        return;
    }
}

void add_logged_statement(const Record& record, const Knowledge& knowledge, std::vector<Signal>& signals) {
    if (record.side != Side::server) return;
    for (const auto& introduction : knowledge.catalogue.statement_introductions()) {
        const auto match = find_match(*introduction.match, record.message);
        if (!match || match->begin != 0) continue;
        add_slow_statement(record, match->captures, knowledge, signals);
        add_statement_effects(record, caught(match->captures, "statement"), introduction.phase, knowledge, signals);
        return;
    }
}

}  // namespace culprit
