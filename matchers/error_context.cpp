#include "matchers/error_context.h"

#include <re2/re2.h>

#include <set>

namespace culprit {
namespace {

re2::RE2::Options latin1() {
    re2::RE2::Options options;
    options.set_encoding(re2::RE2::Options::EncodingLatin1);
    return options;
}

/// `SQL statement "INSERT …"`, `SQL-Anweisung »…«`, `instruction SQL « … »`: a quotation mark and a verb of SQL behind it.
std::string inner_statement_of(std::string_view context) {
    static const re2::RE2 frame(
        "\\A[^\\n\"]{0,60}?(?:\"|»|« ?|«|“|「)((?i:insert|update|delete|merge|select|with|copy|create|alter|drop|"
        "truncate|lock|refresh|call|values|execute)\\b)",
        latin1());
    re2::StringPiece verb;
    if (!re2::RE2::PartialMatch(re2::StringPiece(context.data(), context.size()), frame, &verb)) return {};
    if (context.find("SQL") > static_cast<std::size_t>(verb.data() - context.data())) return {};
    auto rest = context.substr(static_cast<std::size_t>(verb.data() - context.data()));
    // It ends where the next frame begins; the quotation mark is the last thing before that.
    auto end = rest.size();
    for (const std::string_view next : {"\nPL/", "\nSQL", "\nCOPY "}) end = std::min(end, rest.find(next));
    rest = rest.substr(0, end);
    while (!rest.empty() && (rest.back() == '\n' || rest.back() == '\r')) rest.remove_suffix(1);
    for (const std::string_view close : {"\"", " »", "»", "«", "”", "」"}) {
        // Frames of other procedural languages follow in words of their own.
        if (rest.ends_with(close)) return std::string(rest.substr(0, rest.size() - close.size()));
        if (const auto line = rest.find(std::string(close) + '\n'); line != std::string_view::npos)
            return std::string(rest.substr(0, line));
    }
    return std::string(rest);
}

}  // namespace

ErrorContext read_context(std::string_view context) {
    ErrorContext result;
    const auto first = context.substr(0, context.find('\n'));
    // Bound parameters and a COPY's line are no functions, whatever values they hold.
    if (first.starts_with("COPY ") || first.find("$1 = ") != std::string_view::npos) return result;
    result.inner_statement = inner_statement_of(context);
    result.within_function = !result.inner_statement.empty() || first.find("PL/") != std::string_view::npos ||
                             first.find("SQL") != std::string_view::npos || context.find("\nPL/") != std::string_view::npos;
    result.raised = first.find("PL/pgSQL") != std::string_view::npos && first.find("RAISE") != std::string_view::npos;
    return result;
}

std::string raised_sqlstate(const Record& record, const SqlstateTable& table) {
    const auto code_of = [&](std::string_view word) -> std::string {
        if (!table.condition(word).empty()) return std::string(word);
        for (const auto& [code, condition] : table.codes()) {
            if (condition == word) return code;
        }
        return {};
    };
    if (auto code = code_of(record.message); !code.empty()) return code;
    static const re2::RE2 said(
        R"((?i)(?:\berrcode\s*:?=\s*'([0-9a-z_]+)'|\braise\s+(?:exception\s+)?(?:sqlstate\s+'([0-9a-z]{5})'|([a-z_]+))\s*(?:;|using\b)))",
        latin1());
    std::set<std::string> codes;
    re2::StringPiece rest(record.statement);
    std::string code, state, condition;
    while (re2::RE2::FindAndConsume(&rest, said, &code, &state, &condition)) {
        for (const auto& word : {code, state, condition}) {
            if (auto found = code_of(word); !found.empty()) codes.insert(std::move(found));
        }
    }
    return codes.size() == 1 ? *codes.begin() : "P0001";
}

std::map<std::string, std::string, std::less<>> raised_names(std::string_view statement) {
    static const re2::RE2 option(R"((?i)[\s,](constraint|table|column|schema)\s*:?=\s*'((?:[^']|'')+)')", latin1());
    static const re2::RE2 doubled("''", latin1());
    std::map<std::string, std::string, std::less<>> names;
    std::set<std::string> twice;
    re2::StringPiece rest(statement.data(), statement.size());
    std::string name, value;
    while (re2::RE2::FindAndConsume(&rest, option, &name, &value)) {
        for (char& letter : name) letter = static_cast<char>(letter | 0x20);
        re2::RE2::GlobalReplace(&value, doubled, "'");
        if (!names.try_emplace(name, value).second) twice.insert(name);
    }
    for (const auto& repeated : twice) names.erase(repeated);
    return names;
}

}  // namespace culprit
