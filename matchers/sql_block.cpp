#include "matchers/sql_block.h"

#include <re2/re2.h>

#include <optional>

namespace culprit {
namespace {

constexpr std::size_t kMostStatements = 200;

/// Where the quoted text, the comment or the dollar-quoted body that begins at `at` ends; `at` when none begins there.
std::size_t end_of_quoted(std::string_view text, std::size_t at) {
    const auto behind = [&](std::string_view closing, std::size_t from) {
        const auto found = text.find(closing, from);
        return found == std::string_view::npos ? text.size() : found + closing.size();
    };
    const auto rest = text.substr(at);
    if (rest.starts_with('\'')) return behind("'", at + 1);
    if (rest.starts_with('"')) return behind("\"", at + 1);
    if (rest.starts_with("--")) return behind("\n", at + 2);
    if (rest.starts_with("/*")) return behind("*/", at + 2);
    static const re2::RE2 dollar(R"(\A\$\w*\$)");
    re2::StringPiece tag;
    const re2::StringPiece piece(rest.data(), rest.size());
    if (rest.starts_with('$') && dollar.Match(piece, 0, rest.size(), re2::RE2::ANCHOR_START, &tag, 1))
        return behind({tag.data(), tag.size()}, at + tag.size());
    return at;
}

std::vector<std::string_view> pieces_of(std::string_view body) {
    std::vector<std::string_view> pieces;
    std::size_t begin = 0;
    for (std::size_t at = 0; at < body.size();) {
        if (const auto end = end_of_quoted(body, at); end != at) {
            at = end;
            continue;
        }
        if (body[at] == ';') {
            pieces.push_back(body.substr(begin, at - begin));
            begin = at + 1;
            if (pieces.size() == kMostStatements) return pieces;
        }
        ++at;
    }
    return pieces;
}

/// `format('ALTER TABLE %I …', 'orders')`: the constants in place of the marks; nothing when one is no constant.
std::optional<std::string> formatted(std::string text, std::string_view arguments) {
    static const re2::RE2 mark("%[IsL]"), constant(R"(\A\s*,\s*'([^']*)')");
    re2::StringPiece rest(arguments.data(), arguments.size());
    std::string value;
    while (re2::RE2::PartialMatch(text, mark)) {
        if (!re2::RE2::Consume(&rest, constant, &value)) return std::nullopt;
        const auto at = text.find('%');
        text.replace(at, 2, value);
    }
    return text;
}

/// The constant text that EXECUTE runs.
std::optional<std::string> executed(std::string_view piece) {
    static const re2::RE2 execute(R"((?is)\bexecute\s+(format\s*\(\s*)?'((?:[^']|'')+)'(.*))");
    std::string format, text, rest;
    if (!re2::RE2::PartialMatch({piece.data(), piece.size()}, execute, &format, &text, &rest)) return std::nullopt;
    if (format.empty() && rest.find("||") != std::string::npos) return std::nullopt;
    static const re2::RE2 doubled("''");
    re2::RE2::GlobalReplace(&text, doubled, "'");
    return format.empty() ? std::optional{text} : formatted(std::move(text), rest);
}

}  // namespace

std::vector<std::string> statements_in_block(std::string_view body) {
    static const re2::RE2 plain(
        R"((?is)(?:\A|\b(?:then|else|loop|begin)\b)(?:\s|--[^\n]*\n|/\*.*?\*/)*((?:create|alter|drop|truncate|reindex|copy|insert|delete|lock)\s.*)\z)");
    std::vector<std::string> statements;
    for (const auto piece : pieces_of(body)) {
        std::string statement;
        if (auto text = executed(piece))
            statements.push_back(std::move(*text));
        else if (re2::RE2::PartialMatch({piece.data(), piece.size()}, plain, &statement))
            statements.push_back(std::move(statement));
    }
    return statements;
}

}  // namespace culprit
