#include <re2/re2.h>

#include <algorithm>
#include <array>
#include <memory>

#include "matchers/pattern.h"
#include "matchers/sql_effects.h"

namespace culprit {
namespace {

#define CULPRIT_NAME(group)                                                                                                      \
    "(?:(?:(?:\"(?P<" group "_schema_1>[^\"]+)\"|(?P<" group "_schema_2>[\\w$]+))\\.)?(?:\"(?P<" group "_1>[^\"]+)\"|(?P<" group \
    "_2>[\\w$]+)))"

struct KeywordRule {
    const char* expression;
    const char* operation;
    const char* object;  // the type of what `name` caught; a table is caught as `table`
};
constexpr const char* kStart = "(?is)\\A(?:\\s|--[^\\n]*\\n|/\\*.*?\\*/)*";
constexpr std::array kRules{
    KeywordRule{"create\\s+unique\\s+index\\s+(?:concurrently\\s+)?(?:if\\s+not\\s+exists\\s+)?" CULPRIT_NAME(
                    "name") "\\s+on\\s+(?:only\\s+)?" CULPRIT_NAME("table"),
                "create_unique_index", "index"},
    KeywordRule{"create\\s+index\\s+(?:concurrently\\s+)?(?:if\\s+not\\s+exists\\s+)?" CULPRIT_NAME(
                    "name") "\\s+on\\s+(?:only\\s+)?" CULPRIT_NAME("table"),
                "create_index", "index"},
    KeywordRule{"create\\s+(?:unlogged\\s+)?table\\s+(?:if\\s+not\\s+exists\\s+)?" CULPRIT_NAME("table"), "create_table", ""},
    KeywordRule{"drop\\s+table\\s+(?:if\\s+exists\\s+)?" CULPRIT_NAME("table"), "drop_table", ""},
    KeywordRule{"truncate\\s+(?:table\\s+)?(?:only\\s+)?" CULPRIT_NAME("table"), "truncate", ""},
    KeywordRule{"alter\\s+table\\s+(?:if\\s+exists\\s+)?(?:only\\s+)?" CULPRIT_NAME(
                    "table") "\\s+add\\s+constraint\\s+" CULPRIT_NAME("name"),
                "add_constraint", "constraint"},
    KeywordRule{"alter\\s+table\\s+(?:if\\s+exists\\s+)?(?:only\\s+)?" CULPRIT_NAME(
                    "table") "\\s+drop\\s+constraint\\s+(?:if\\s+exists\\s+)?" CULPRIT_NAME("name"),
                "drop_constraint", "constraint"},
    KeywordRule{"alter\\s+table\\s+(?:if\\s+exists\\s+)?(?:only\\s+)?" CULPRIT_NAME(
                    "table") "\\s+add\\s+(?:column\\s+)?(?:if\\s+not\\s+exists\\s+)?" CULPRIT_NAME("name"),
                "add_column", "column"},
    KeywordRule{"alter\\s+table\\s+(?:if\\s+exists\\s+)?(?:only\\s+)?" CULPRIT_NAME(
                    "table") "\\s+drop\\s+(?:column\\s+)?(?:if\\s+exists\\s+)?" CULPRIT_NAME("name"),
                "drop_column", "column"},
    KeywordRule{"alter\\s+table\\s+(?:if\\s+exists\\s+)?(?:only\\s+)?" CULPRIT_NAME("table"), "alter_table", ""}};

#undef CULPRIT_NAME

/// As the server folds them: unquoted names to lower case.
std::string caught(const Captures& captures, const std::string& group, bool& found) {
    if (const auto quoted = captures.find(group + "#1"); quoted != captures.end()) {
        found = true;
        return quoted->second;
    }
    if (const auto plain = captures.find(group + "#2"); plain != captures.end()) {
        found = true;
        std::string name = plain->second;
        for (char& letter : name) letter = static_cast<char>(std::tolower(static_cast<unsigned char>(letter)));
        return name;
    }
    return {};
}

}  // namespace

std::vector<SqlEffect> effects_by_keywords(std::string_view sql) {
    // Only the beginning: what is long is so by its values or its body.
    sql = sql.substr(0, 4096);
    static constexpr std::array kVerbs{"create", "alter", "drop", "truncate"};
    std::string head(sql.substr(0, 256));
    for (char& letter : head) letter = static_cast<char>(std::tolower(static_cast<unsigned char>(letter)));
    if (std::none_of(kVerbs.begin(), kVerbs.end(), [&](const char* verb) { return head.find(verb) != std::string::npos; }))
        return {};
    static const auto expressions = [] {
        std::vector<std::unique_ptr<const Expression>> list;
        for (const auto& rule : kRules) list.push_back(std::make_unique<Expression>(std::string(kStart) + rule.expression));
        return list;
    }();
    for (std::size_t at = 0; at < kRules.size(); ++at) {
        const auto& rule = kRules[at];
        const re2::RE2& expression = *expressions[at];
        std::vector<re2::StringPiece> groups(static_cast<std::size_t>(expression.NumberOfCapturingGroups()) + 1);
        if (!expression.Match({sql.data(), sql.size()}, 0, sql.size(), re2::RE2::ANCHOR_START, groups.data(),
                              static_cast<int>(groups.size())))
            continue;
        Captures captures;
        for (const auto& [name, index] : expression.NamedCapturingGroups()) {
            const auto& group = groups[static_cast<std::size_t>(index)];
            if (group.data() == nullptr || group.empty()) continue;
            captures[name.substr(0, name.size() - 2) + "#" + name.back()] = std::string(group.data(), group.size());
        }
        bool has_table = false, has_name = false;
        DatabaseObject table;
        table.type = "table";
        bool ignored = false;
        table.schema = caught(captures, "table_schema", ignored);
        table.name = caught(captures, "table", has_table);
        DatabaseObject object;
        object.type = rule.object;
        object.schema = table.schema;
        object.name = caught(captures, "name", has_name);
        object.table = table.name;
        if (object.type == "constraint" || std::string_view(rule.operation) == "create_unique_index")
            object.constraint = object.name;
        if (object.type == "column") object.column = object.name;
        std::vector<DatabaseObject> objects;
        if (has_name) objects.push_back(object);
        if (has_table) objects.push_back(table);
        return {schema_change(rule.operation, std::move(objects))};
    }
    return {};
}

}  // namespace culprit
