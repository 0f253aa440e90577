#include "matchers/sql_names.h"

namespace culprit {
namespace {

constexpr std::size_t kMostBytes = 64 * 1024;
constexpr std::size_t kMostNames = 512;

bool is_word(char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || (byte >= '0' && byte <= '9') || byte == '_' ||
           byte == '$' || byte >= 0x80;
}

/// Behind the closing mark of what begins at `at`; doubled marks stand for one, and `into` gets the text.
std::size_t behind_quoted(std::string_view sql, std::size_t at, char mark, std::string& into) {
    for (++at; at < sql.size(); ++at) {
        if (sql[at] == mark) {
            if (at + 1 >= sql.size() || sql[at + 1] != mark) return at + 1;
            ++at;
        }
        into += sql[at];
    }
    return at;
}

}  // namespace

std::set<std::string, std::less<>> names_in_sql(std::string_view sql) {
    std::set<std::string, std::less<>> names;
    sql = sql.substr(0, kMostBytes);
    for (std::size_t at = 0; at < sql.size() && names.size() < kMostNames;) {
        const char c = sql[at];
        if (c == '"') {
            std::string name;
            at = behind_quoted(sql, at, '"', name);
            names.insert(std::move(name));
        } else if (c == '\'') {
            std::string ignored;
            at = behind_quoted(sql, at, '\'', ignored);
        } else if (sql.substr(at, 2) == "/*") {
            const auto end = sql.find("*/", at + 2);
            at = end == std::string_view::npos ? sql.size() : end + 2;
        } else if (sql.substr(at, 2) == "--") {
            const auto end = sql.find('\n', at);
            at = end == std::string_view::npos ? sql.size() : end + 1;
        } else if (is_word(c)) {
            std::string name;
            for (; at < sql.size() && is_word(sql[at]); ++at)
                name += sql[at] >= 'A' && sql[at] <= 'Z' ? static_cast<char>(sql[at] - 'A' + 'a') : sql[at];
            names.insert(std::move(name));
        } else {
            ++at;
        }
    }
    return names;
}

}  // namespace culprit
