#include "matchers/expression.h"

namespace culprit {

namespace {

bool is_digit(char byte) { return byte >= '0' && byte <= '9'; }

/// What an escape at the beginning of `rest` takes, or 0 when it stands for a digit or is not understood.
std::size_t escape_length(std::string_view rest) {
    if (rest.size() < 2 || is_digit(rest[1])) return 0;  // octal
    if (rest[1] != 'x') return 2;
    // `\x30` to `\x39` are digits; `\x{…}` is not read.
    return rest.size() < 4 || rest[2] == '{' || rest[2] == '3' ? 0 : 4;
}

/// The end of the class that begins at `from`, or npos when it tells digits apart: only `0-9` is all of them.
std::size_t end_of_class(std::string_view expression, std::size_t from) {
    std::size_t at = from + 1;
    if (at < expression.size() && expression[at] == '^') ++at;
    for (const std::size_t first = at; at < expression.size(); ++at) {
        const auto rest = expression.substr(at);
        if (rest.front() == ']' && at > first) return at;
        if (rest.front() == '\\') {
            const auto length = escape_length(rest);
            if (length == 0) return std::string_view::npos;
            at += length - 1;
        } else if (rest.starts_with("[:")) {
            const auto close = rest.find(":]");
            if (close == std::string_view::npos) return close;
            at += close + 1;
        } else if (rest.starts_with("0-9") && expression[at - 1] != '-') {
            at += 2;
        } else if (is_digit(rest.front())) {
            return std::string_view::npos;
        }
    }
    return std::string_view::npos;
}

/// Is every digit in it part of `[0-9]`, of a count, of the name of a group, or of a byte's number that is no digit's?
bool treats_digits_alike(std::string_view expression) {
    for (std::size_t at = 0; at < expression.size(); ++at) {
        const auto rest = expression.substr(at);
        if (rest.front() == '\\') {
            const auto length = escape_length(rest);
            if (length == 0) return false;
            at += length - 1;
        } else if (rest.front() == '[') {
            at = end_of_class(expression, at);
            if (at == std::string_view::npos) return false;
        } else if (rest.starts_with("(?P<")) {
            const auto close = rest.find('>');
            if (close == std::string_view::npos) return false;
            at += close;
        } else if (rest.front() == '{' && rest.size() > 1 && is_digit(rest[1])) {
            const auto close = rest.find_first_not_of("0123456789,", 1);
            if (close == std::string_view::npos || rest[close] != '}') return false;
            at += close;
        } else if (is_digit(rest.front())) {
            return false;
        }
    }
    return true;
}

}  // namespace

Expression::Expression(std::string text) : text_(std::move(text)), digit_blind_(treats_digits_alike(text_)) {}

void Expression::compile() const {
    re2::RE2::Options options;
    options.set_encoding(re2::RE2::Options::EncodingLatin1);
    options.set_log_errors(false);
    options.set_max_mem(1 << 20);
    compiled_ = std::make_unique<re2::RE2>(text_, options);
    for (const auto& [name, group] : compiled_->NamedCapturingGroups()) {
        const bool another_branch = name.size() > 2 && name[name.size() - 2] == '_' && is_digit(name.back());
        named_groups_.emplace_back(another_branch ? name.substr(0, name.size() - 2) : name, static_cast<std::size_t>(group));
    }
}

const re2::RE2& Expression::compiled() const {
    std::call_once(once_, [this] { compile(); });
    return *compiled_;
}

const std::vector<std::pair<std::string, std::size_t>>& Expression::named_groups() const {
    compiled();
    return named_groups_;
}

std::optional<std::string> Expression::error() const {
    if (compiled().ok()) return std::nullopt;
    return compiled().error();
}

bool Expression::catches(std::string_view group) const {
    std::string opening = "(?P<";
    opening += group;
    opening += '>';
    return text_.find(opening) != std::string::npos;
}

}  // namespace culprit
