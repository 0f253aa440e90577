#include "matchers/redactor.h"

#include <pg_query.h>
#include <pg_query/pg_query.pb-c.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

#include <array>
#include <cstdio>
#include <cstring>
#include <memory>

namespace culprit {
namespace {

/// The scanner's memory grows with its input; what is longer is hidden whole.
constexpr std::size_t kMaxScannedSql = 256UL * 1024;

bool is_constant(PgQuery__Token token) {
    switch (token) {
        case PG_QUERY__TOKEN__SCONST:
        case PG_QUERY__TOKEN__USCONST:
        case PG_QUERY__TOKEN__ICONST:
        case PG_QUERY__TOKEN__FCONST:
        case PG_QUERY__TOKEN__BCONST:
        case PG_QUERY__TOKEN__XCONST:
        case PG_QUERY__TOKEN__SQL_COMMENT:
        case PG_QUERY__TOKEN__C_COMMENT:
            return true;
        default:
            return false;
    }
}

bool is_word(unsigned char byte) { return std::isalnum(byte) != 0 || byte == '_' || byte >= 0x80; }

/// The word that ends right before `end`, lower-cased.
std::string word_before(std::string_view text, std::size_t end) {
    while (end > 0 && (text[end - 1] == ' ' || text[end - 1] == '\\')) --end;
    std::size_t begin = end;
    while (begin > 0 && is_word(static_cast<unsigned char>(text[begin - 1]))) --begin;
    std::string word(text.substr(begin, end - begin));
    for (char& letter : word) letter = static_cast<char>(std::tolower(static_cast<unsigned char>(letter)));
    return word;
}

/// What PostgreSQL's English messages call the thing whose quoted name follows. A quoted text after any other word may be a value
/// (`invalid input syntax for type integer: "4111…"`, `invalid value "x" for "YYYY"`) and is hidden.
bool names_an_object(const std::string& word) {
    static constexpr std::array kObjects{"relation",  "table",    "column",    "constraint", "index", "sequence",
                                         "schema",    "type",     "function",  "database",   "role",  "user",
                                         "view",      "trigger",  "domain",    "partition",  "rule",  "policy",
                                         "extension", "language", "parameter", "tablespace"};
    for (const std::string_view object : kObjects) {
        if (word == object) return true;
    }
    return false;
}

std::string_view first_line(std::string_view text) {
    const auto end = text.find('\n');
    return end == std::string_view::npos ? text : text.substr(0, end);
}

}  // namespace

Redactor::Redactor(RedactionPolicy policy) : policy_(std::move(policy)) {}

std::string Redactor::hash(std::string_view value) const {
    // The key seeds the hash by its own hash: equal values join only under equal keys.
    const std::uint64_t seed = XXH3_64bits(policy_.key.data(), policy_.key.size());
    const std::uint64_t hash = XXH3_64bits_withSeed(value.data(), value.size(), seed);
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), "%012llx", static_cast<unsigned long long>(hash >> 16));
    return text.data();
}

std::string Redactor::value(std::string_view value) const {
    switch (policy_.values) {
        case RedactedValues::hash:
            return "<h:" + hash(value) + ">";
        case RedactedValues::remove:
            return "<redacted>";
        case RedactedValues::keep:
            return std::string(value);
    }
    return "<redacted>";
}

std::string Redactor::message(std::string_view text) const {
    text = first_line(text);
    if (policy_.values == RedactedValues::keep) return std::string(text);
    // Of a key's values, and of a row's, nothing after the opening parenthesis is understood: all of it is hidden.
    for (const std::string_view opening : {")=(", "row contains (", "DETAIL:", "Detail:"}) {
        if (const auto at = text.find(opening); at != std::string_view::npos) {
            const auto end = at + opening.size();
            return message(text.substr(0, at)) + std::string(opening) + value(text.substr(end));
        }
    }
    std::string result;
    for (std::size_t at = 0; at < text.size();) {
        const char byte = text[at];
        if (byte == '"' || byte == '\'') {
            const bool is_name = byte == '"' && names_an_object(word_before(text, at));
            // `"we"ird_pkey"`: an inner quote stands before a letter.
            auto close = text.find(byte, at + 1);
            while (close != std::string_view::npos && close + 1 < text.size() &&
                   is_word(static_cast<unsigned char>(text[close + 1]))) {
                close = text.find(byte, close + 1);
            }
            if (close == std::string_view::npos) {
                // An apostrophe within a word opens nothing; any other unclosed quote hides the rest.
                if (byte == '\'' && at > 0 && is_word(static_cast<unsigned char>(text[at - 1]))) {
                    result += byte;
                    ++at;
                    continue;
                }
                return result + value(text.substr(at));
            }
            const auto inner = text.substr(at + 1, close - at - 1);
            result += byte;
            result += is_name ? std::string(inner) : value(inner);
            result += byte;
            at = close + 1;
        } else if (std::isdigit(static_cast<unsigned char>(byte)) != 0 &&
                   (at == 0 || !is_word(static_cast<unsigned char>(text[at - 1])))) {
            std::size_t end = at;
            while (end < text.size() &&
                   (is_word(static_cast<unsigned char>(text[end])) || std::strchr("-.:@+", text[end]) != nullptr))
                ++end;
            while (end > at + 1 && (text[end - 1] == '.' || text[end - 1] == ':')) --end;
            result += value(text.substr(at, end - at));
            at = end;
        } else {
            result += byte;
            ++at;
        }
    }
    return result;
}

std::string Redactor::detail(std::string_view text, const KeyDetail* key) const {
    if (text.empty()) return {};
    if (policy_.values == RedactedValues::keep) return std::string(text);
    if (!key) return value(text);
    std::string columns;
    for (const auto& column : key->columns) columns += (columns.empty() ? "" : ", ") + column;
    return "Key (" + columns + ")=(" + value(key->values) + ")" + key->tail;
}

std::string Redactor::statement(std::string_view sql) const {
    if (sql.empty()) return {};
    if (policy_.values == RedactedValues::keep) return std::string(sql);
    if (sql.size() > kMaxScannedSql || sql.find('\0') != std::string_view::npos) return value(sql);
    const std::string text(sql);
    const PgQueryScanResult scan = pg_query_scan(text.c_str());
    const std::unique_ptr<const PgQueryScanResult, void (*)(const PgQueryScanResult*)> owner(
        &scan, [](const PgQueryScanResult* result) { pg_query_free_scan_result(*result); });
    if (scan.error != nullptr) return value(sql);
    const std::unique_ptr<PgQuery__ScanResult, void (*)(PgQuery__ScanResult*)> tokens(
        pg_query__scan_result__unpack(nullptr, scan.pbuf.len, reinterpret_cast<const std::uint8_t*>(scan.pbuf.data)),
        [](PgQuery__ScanResult* result) { pg_query__scan_result__free_unpacked(result, nullptr); });
    if (!tokens) return value(sql);
    std::string result;
    std::size_t copied = 0;
    for (std::size_t index = 0; index < tokens->n_tokens; ++index) {
        const auto& token = *tokens->tokens[index];
        const auto begin = static_cast<std::size_t>(token.start), end = static_cast<std::size_t>(token.end);
        if (begin < copied || end < begin || end > text.size()) return value(sql);
        // Between tokens there is nothing but white space; were there more, the scanner understood it otherwise than we do.
        if (text.find_first_not_of(" \t\r\n\f\v", copied) < begin) return value(sql);
        result.append(text, copied, begin - copied);
        if (is_constant(token.token)) {
            result += value(std::string_view(text).substr(begin, end - begin));
        } else {
            result.append(text, begin, end - begin);
        }
        copied = end;
    }
    if (text.find_first_not_of(" \t\r\n\f\v", copied) != std::string::npos) return value(sql);
    return result;
}

}  // namespace culprit
