#include "matchers/message_template.h"

#include <re2/re2.h>

#include "matchers/required_literals.h"

namespace culprit {
namespace {

/// A logger may have escaped the quotation marks once more (`err="… \"orders_pkey\""` in logfmt).
constexpr std::string_view kOpeningQuote = R"(\\*")";
/// Behind the last quotation mark no name goes on: `"we"ird_pkey"`.
constexpr std::string_view kNoWord = R"((?:[^\w\x80-\xff]|$))";

std::string fixed(std::string_view text) {
    std::string result;
    std::string plain;
    const auto flush = [&] {
        result += re2::RE2::QuoteMeta(plain);
        plain.clear();
    };
    for (const char byte : text) {
        if (byte == '"') {
            flush();
            result += kOpeningQuote;
        } else if (byte == '\n' || byte == '\t') {
            flush();
            result += R"(\s+)";
        } else {
            plain += byte;
        }
    }
    flush();
    return result;
}

}  // namespace

Result<MessageTemplate> compile_template(std::string_view text) {
    MessageTemplate result;
    std::string_view best;
    std::size_t at = 0;
    bool ends_with_quote = false;
    while (at < text.size()) {
        const auto open = text.find('{', at);
        const auto piece = text.substr(at, open == std::string_view::npos ? std::string_view::npos : open - at);
        for (std::size_t begin = 0; begin < piece.size();) {
            const auto end = std::min(piece.find('\n', begin), piece.size());
            if (rarity(piece.substr(begin, end - begin)) > rarity(best)) best = piece.substr(begin, end - begin);
            begin = end + 1;
        }
        result.anywhere += fixed(piece);
        ends_with_quote = piece == "\"";
        if (open == std::string_view::npos) break;
        const auto close = text.find('}', open);
        if (close == std::string_view::npos) return Error{"a `{` without its `}`"};
        const std::string name(text.substr(open + 1, close - open - 1));
        const bool quoted =
            piece.ends_with('"') || piece.ends_with("»") || piece.ends_with("«") || piece.ends_with("« ") || piece.ends_with("„");
        const bool last = close + 1 == text.size();
        // A name without quotation marks (`permission denied for table payroll`) ends at white space.
        result.anywhere += "(?P<" + name + ">" + (quoted || !last ? R"([^\n]{1,300}?)" : R"([^\s"':,;()]{1,300})") + ")";
        at = close + 1;
    }
    if (ends_with_quote) result.anywhere += kNoWord;
    result.literals = literals_of_text(best);
    if (result.literals.empty()) return Error{"a text with at least four fixed characters in a row"};
    return result;
}

}  // namespace culprit
