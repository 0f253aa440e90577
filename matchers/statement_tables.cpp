#include "matchers/statement_tables.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <optional>

namespace culprit {
namespace {

constexpr std::size_t kLongest = 16 * 1024;

struct Token {
    std::string text;   // a word or a name, folded unless it was quoted; else one character
    bool name = false;  // an identifier or keyword
    bool quoted = false;
    bool after_break = false;  // it begins a line, right behind a line break that nothing precedes but a word
};

bool is_name_start(char c) { return std::isalpha(static_cast<unsigned char>(c)) != 0 || c == '_' || (c & 0x80) != 0; }
bool is_name_part(char c) { return is_name_start(c) || std::isdigit(static_cast<unsigned char>(c)) != 0 || c == '$'; }

/// Strings, numbers and comments are left out.
std::vector<Token> tokens_of(std::string_view sql) {
    std::vector<Token> tokens;
    for (std::size_t i = 0; i < sql.size();) {
        const char c = sql[i];
        if (c == '\'') {
            for (++i; i < sql.size(); ++i) {
                if (sql[i] == '\'' && (i + 1 == sql.size() || sql[i + 1] != '\'')) break;
                if (sql[i] == '\'') ++i;
            }
            ++i;
            tokens.push_back({"'", false, false, false});
        } else if (c == '"' || c == '`') {
            std::string name;
            for (++i; i < sql.size(); ++i) {
                if (sql[i] == c && i + 1 < sql.size() && sql[i + 1] == c)
                    ++i;
                else if (sql[i] == c)
                    break;
                name += sql[i];
            }
            ++i;
            if (!name.empty()) tokens.push_back({std::move(name), true, true, false});
        } else if (sql.substr(i, 2) == "--") {
            i = std::min(sql.find('\n', i), sql.size());
        } else if (sql.substr(i, 2) == "/*") {
            const std::size_t end = sql.find("*/", i);
            i = end == sql.npos ? sql.size() : end + 2;
        } else if (is_name_start(c)) {
            std::string word;
            const bool after_break = i > 1 && sql[i - 1] == '\n' && is_name_part(sql[i - 2]);
            for (; i < sql.size() && is_name_part(sql[i]); ++i)
                word += (sql[i] & 0x80) != 0 ? sql[i] : static_cast<char>(std::tolower(static_cast<unsigned char>(sql[i])));
            tokens.push_back({std::move(word), true, false, after_break});
        } else {
            if (std::isspace(static_cast<unsigned char>(c)) == 0) tokens.push_back({std::string(1, c), false, false, false});
            ++i;
        }
    }
    return tokens;
}

/// Words that cannot be a table's name or its alias where they are not quoted.
bool is_keyword(const Token& token) {
    static constexpr std::array kWords = std::to_array<std::string_view>(
        {"select",      "set",    "values",     "where",     "on",      "using",   "join",    "inner",  "left",  "right",
         "full",        "cross",  "natural",    "order",     "group",   "having",  "limit",   "offset", "fetch", "for",
         "union",       "except", "intersect",  "returning", "default", "as",      "lateral", "window", "from",  "into",
         "update",      "insert", "delete",     "and",       "or",      "not",     "when",    "then",   "case",  "end",
         "tablesample", "with",   "overriding", "only",      "do",      "nothing", "conflict"});
    return !token.quoted && std::find(kWords.begin(), kWords.end(), token.text) != kWords.end();
}

class Reader {
   public:
    explicit Reader(std::vector<Token> tokens) : tokens_(std::move(tokens)) {}

    std::vector<StatementTable> read() {
        for (std::size_t i = 0; i < tokens_.size(); ++i) {
            note_function(i);
            if (is(i, "with") || (is(i, ",") && after_cte_)) note_cte(i + 1);
            if (begins_tables(i)) i = read_list(i + 1) - 1;
        }
        return std::move(tables_);
    }

   private:
    bool is(std::size_t i, std::string_view word) const {
        return i < tokens_.size() && !tokens_[i].quoted && tokens_[i].text == word;
    }

    /// `extract(epoch from x)`, `substring(a from 1)`, `trim(both from b)`, `overlay(a placing b from 1)` read no table.
    void note_function(std::size_t i) {
        if (is(i, "(")) {
            bool from_inside = false;
            for (const std::string_view name : {"extract", "substring", "trim", "overlay", "position"})
                from_inside = from_inside || (i > 0 && is(i - 1, name));
            brackets_.push_back(from_inside);
        } else if (is(i, ")") && !brackets_.empty()) {
            brackets_.pop_back();
        }
    }

    /// `name AS (`, `name (columns) AS (`.
    void note_cte(std::size_t i) {
        if (is(i, "recursive")) ++i;
        if (i >= tokens_.size() || !tokens_[i].name) return;
        std::size_t next = i + 1;
        if (is(next, "(")) {
            while (next < tokens_.size() && !is(next, ")")) ++next;
            ++next;
        }
        const bool named = is(next, "as") && (is(next + 1, "(") || is(next + 1, "materialized") || is(next + 1, "not"));
        after_cte_ = after_cte_ || named;
        if (named) ctes_.push_back(tokens_[i].text);
    }

    bool begins_tables(std::size_t i) const {
        if (!brackets_.empty() && brackets_.back()) return false;
        if (is(i, "from")) return i == 0 || !is(i - 1, "distinct");
        if (is(i, "join") || is(i, "into")) return true;
        // `FOR UPDATE` and `DO UPDATE SET` name none.
        return is(i, "update") && !(i > 0 && (is(i - 1, "for") || is(i - 1, "key") || is(i - 1, "do") || is(i - 1, "on")));
    }

    /// One table or more; behind the last token that was read.
    std::size_t read_list(std::size_t i) {
        while (true) {
            if (is(i, "only") || is(i, "lateral")) ++i;
            auto next = read_table(i);
            if (next == i || !is(next, ",")) return next;
            i = next + 1;
        }
    }

    std::size_t read_table(std::size_t i) {
        if (i >= tokens_.size() || !tokens_[i].name || is_keyword(tokens_[i])) return i;
        StatementTable table{{}, tokens_[i].text, {}};
        std::size_t next = i + 1;
        while (is(next, ".") && next + 1 < tokens_.size() && tokens_[next + 1].name) {
            table.schema = std::move(table.table);
            table.table = tokens_[next + 1].text;
            next += 2;
        }
        const bool function = is(next, "(") && !(i > 0 && is(i - 1, "into"));
        const bool half = may_be_cut(next);
        if (is(next, "as")) ++next;
        if (next < tokens_.size() && tokens_[next].name && !is_keyword(tokens_[next])) table.alias = tokens_[next++].text;
        const bool cte = table.schema.empty() && std::find(ctes_.begin(), ctes_.end(), table.table) != ctes_.end();
        const auto same = [&](const StatementTable& other) { return other.schema == table.schema && other.table == table.table; };
        if (!function && !cte && !half && std::none_of(tables_.begin(), tables_.end(), same)) tables_.push_back(std::move(table));
        return next;
    }

    bool may_be_cut(std::size_t i) const { return i < tokens_.size() && tokens_[i].after_break && !is_keyword(tokens_[i]); }

    std::vector<Token> tokens_;
    std::vector<StatementTable> tables_;
    std::vector<std::string> ctes_;
    std::vector<bool> brackets_;  // open ones: is a FROM inside a function's own word?
    bool after_cte_ = false;
};

}  // namespace

std::vector<StatementTable> tables_in(std::string_view sql) { return Reader{tokens_of(sql.substr(0, kLongest))}.read(); }

bool may_be_half_a_name(std::string_view sql, std::string_view table) {
    const auto tokens = tokens_of(sql.substr(0, kLongest));
    for (std::size_t i = 1; i < tokens.size(); ++i) {
        if (tokens[i].after_break && !is_keyword(tokens[i]) && !tokens[i - 1].quoted && tokens[i - 1].text == table) return true;
    }
    return false;
}

const StatementTable* table_of_column(const std::vector<StatementTable>& tables, std::string_view column) {
    const auto tokens = tokens_of(column);
    if (tokens.size() >= 3 && tokens[tokens.size() - 2].text == ".") {
        const auto named = [&](std::string_view qualifier) {
            return std::find_if(tables.begin(), tables.end(), [&](const StatementTable& table) {
                return table.alias == qualifier || (table.alias.empty() && table.table == qualifier);
            });
        };
        // The server's message says names as they are, unquoted and unfolded: `column User.nick does not exist`.
        const auto dot = column.rfind('.');
        auto table = named(column.substr(0, dot).substr(column.substr(0, dot).rfind('.') + 1));
        if (table == tables.end()) table = named(tokens[tokens.size() - 3].text);
        return table == tables.end() ? nullptr : &*table;
    }
    return tables.size() == 1 ? &tables.front() : nullptr;
}

}  // namespace culprit
