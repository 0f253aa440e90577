#include "matchers/echoed_statement.h"

#include <re2/re2.h>

#include <algorithm>
#include <cctype>

#include "matchers/sql_statement.h"

namespace culprit {
namespace {

constexpr std::size_t kMostLines = 60;

std::string_view trimmed(std::string_view text) {
    const auto blank = [](char c) { return c == ' ' || c == '\t' || c == '\r'; };
    while (!text.empty() && blank(text.back())) text.remove_suffix(1);
    while (!text.empty() && blank(text.front())) text.remove_prefix(1);
    return text;
}

/// What psql prints between a statement and its outcome.
bool is_between(std::string_view line) {
    static const re2::RE2 between(
        R"(^(?:Time: [0-9.,]+ ms|(?:psql:[^\n]*: )?(?:NOTICE|WARNING|INFO|HINWEIS|AVIS|NOTA)\b|LOCATION:  |DETAIL:  |HINT:  ))");
    return line.empty() || re2::RE2::PartialMatch({line.data(), line.size()}, between);
}

/// Another statement's outcome, psql's own commands, the end of another statement.
bool ends_the_search(std::string_view line) {
    static const re2::RE2 outcome(R"(^(?:\\|psql:|ERROR:  |FATAL:  |Time: |\(\d+ rows?\)|[A-Z]{2,}(?: [A-Z]+)*(?: \d+)*$))");
    return line.ends_with(';') || re2::RE2::PartialMatch({line.data(), line.size()}, outcome);
}

std::vector<std::string> words_of(std::string_view text, std::size_t most) {
    std::vector<std::string> words(1);
    for (const char c : text) {
        if (std::isalpha(static_cast<unsigned char>(c)) != 0) {
            words.back() += static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
        } else if (!words.back().empty()) {
            if (words.size() == most) return words;
            words.emplace_back();
        }
    }
    if (words.back().empty()) words.pop_back();
    return words;
}

/// `CREATE INDEX` fits `create unique index concurrently x on t (a)`.
bool fits(std::string_view statement, std::string_view tag) {
    if (tag.empty()) return true;
    const auto said = words_of(tag, 4), written = words_of(statement, 5);
    if (said.empty() || written.empty() || said.front() != written.front()) return false;
    if (said.front() != "CREATE" && said.front() != "ALTER" && said.front() != "DROP") return true;
    return std::all_of(said.begin(), said.end(),
                       [&](const auto& word) { return std::find(written.begin(), written.end(), word) != written.end(); });
}

}  // namespace

std::optional<std::string> echoed_statement(const std::vector<std::string>& before, std::string_view tag) {
    std::string statement;
    std::size_t lines = 0;
    for (const auto& earlier : before) {
        const auto line = trimmed(earlier);
        if (statement.empty()) {
            if (is_between(line)) continue;
            if (!line.ends_with(';')) return std::nullopt;
            statement = earlier;
        } else {
            if (ends_the_search(line)) return std::nullopt;
            statement = earlier + '\n' + statement;
        }
        if (++lines > kMostLines || statement.size() > kMaxParsedSql) return std::nullopt;
        if (fits(statement, tag) && !effects_of(statement).empty()) return statement;
    }
    return std::nullopt;
}

}  // namespace culprit
