#include "matchers/decoding/text_envelope.h"

#include <algorithm>

#include "matchers/decoding/timestamp.h"

namespace culprit {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::optional<TextEnvelope> cri(std::string_view line) {
    const std::size_t blank = line.find(' ');
    if (blank == line.npos || blank < 20 || blank > 40 || line[10] != 'T') return {};
    std::string_view rest = line.substr(blank + 1);
    if (!rest.starts_with("stdout ") && !rest.starts_with("stderr ")) return {};
    const std::string_view stream = rest.substr(0, 6);
    rest.remove_prefix(7);
    if (!rest.starts_with("F") && !rest.starts_with("P")) return {};
    const bool partial = rest[0] == 'P';
    rest.remove_prefix(1);
    if (!rest.empty() && rest[0] != ' ') return {};
    if (!rest.empty()) rest.remove_prefix(1);
    const auto time = parse_timestamp(line.substr(0, blank));
    if (!time) return {};
    return TextEnvelope{std::string{rest}, std::string{stream}, {}, time, partial};
}

std::string_view word(std::string_view& rest) {
    const std::size_t end = std::min(rest.find(' '), rest.size());
    const std::string_view found = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    return found;
}

/// rsyslog escapes control characters as `#` and three octal digits.
std::string unescaped(std::string_view text) {
    std::string plain;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '#' && (text.substr(i, 4) == "#012" || text.substr(i, 4) == "#011" || text.substr(i, 4) == "#015")) {
            plain += text[i + 3] == '2' ? '\n' : text[i + 3] == '1' ? '\t' : '\r';
            i += 3;
        } else {
            plain += text[i];
        }
    }
    return plain;
}

/// `<34>1 2026-11-20T11:20:51.852Z host app pid msgid - text`
std::optional<TextEnvelope> rfc5424(std::string_view rest) {
    const auto time = parse_timestamp(word(rest));
    if (!time) return {};
    const std::string_view host = word(rest), app = word(rest), pid = word(rest);
    word(rest);
    if (rest.starts_with('[')) {  // structured data; a quoted `]` is escaped
        std::size_t end = 0;
        do {
            end = rest.find(']', end + 1);
        } while (end != rest.npos && (rest[end - 1] == '\\' || (end + 1 < rest.size() && rest[end + 1] == '[' && (++end, true))));
        if (end == rest.npos) return {};
        rest.remove_prefix(std::min(end + 2, rest.size()));
    } else if (word(rest) != "-") {
        return {};
    }
    if (rest.starts_with("\xEF\xBB\xBF")) rest.remove_prefix(3);
    return TextEnvelope{unescaped(rest), std::string{host} + '|' + std::string{app} + '|' + std::string{pid},
                        std::string{host == "-" ? "" : host}, time, false};
}

/// `Nov 20 11:20:51 host tag[pid]: text`, or with an ISO time as rsyslog's default and journalctl write it.
std::optional<TextEnvelope> tagged(std::string_view line, std::optional<EventTime> near) {
    if (line.size() < 20) return {};
    const bool iso = is_digit(line[0]) && line[10] == 'T';
    if (!iso && !(line[3] == ' ' && line[6] == ' ' && line[9] == ':')) return {};
    const auto time = leading_timestamp(line, near);
    // Without a reference RFC 3164 has no year; the envelope comes off all the same.
    const std::size_t length = time ? time->length : iso ? 0 : 15;
    if (length == 0 || length >= line.size() || line[length] != ' ') return {};
    std::string_view rest = line.substr(length + 1);
    const std::string_view host = word(rest), tag = word(rest);
    const std::size_t bracket = tag.find('[');
    if (host.empty() || host.back() == ':' || host.front() == '[' || tag.size() < 2 || tag.back() != ':') return {};
    if (iso && bracket == tag.npos) return {};  // a logger's `… ERROR Foo:` looks alike
    if (bracket != tag.npos) {
        const std::string_view pid = tag.substr(bracket + 1, tag.size() - bracket - 3);
        if (tag[tag.size() - 2] != ']' || pid.empty() || !std::all_of(pid.begin(), pid.end(), is_digit)) return {};
    }
    return TextEnvelope{unescaped(rest), std::string{host} + '|' + std::string{tag.substr(0, tag.size() - 1)}, std::string{host},
                        time ? std::optional{time->time} : std::nullopt, false};
}

}  // namespace

std::optional<TextEnvelope> peel_text_envelope(std::string_view line, std::optional<EventTime> near) {
    if (line.size() < 20) return {};
    if (line[0] == '<' && is_digit(line[1])) {
        const std::size_t close = line.find('>');
        if (close > 4) return {};
        const std::string_view rest = line.substr(close + 1);
        return rest.starts_with("1 ") ? rfc5424(rest.substr(2)) : tagged(rest, near);
    }
    if (is_digit(line[0])) {
        if (auto found = cri(line)) return found;
    }
    return tagged(line, near);
}

}  // namespace culprit
