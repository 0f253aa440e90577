#include "matchers/decoding/text_envelope.h"

#include <algorithm>

#include "matchers/decoding/postgresql_labels.h"
#include "matchers/decoding/timestamp.h"
#include "matchers/log_entry_json.h"

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

bool holds_label(std::string_view line) {
    constexpr std::size_t kLongestPrefix = 300;
    for (std::size_t at = 0; at < std::min(line.size(), kLongestPrefix); ++at) {
        if ((at == 0 || line[at - 1] == ' ' || line[at - 1] == ':' || line[at - 1] == '-') && label_at_start(line.substr(at)))
            return true;
    }
    return false;
}

/// What the server itself sends to syslog (src/backend/utils/error/elog.c, write_syslog): `[5-1] ` in front of each line of an
/// entry, and time and process only in syslog's own header, as log_line_prefix is usually without them then. They are put in
/// front of it.
std::optional<std::string> postgresql_chunk(std::string_view rest, std::string_view pid, std::optional<EventTime> time) {
    const auto close = rest.find("] ");
    if (!rest.starts_with('[') || close == rest.npos || close > 24) return {};
    const auto number = rest.substr(1, close - 1);
    const auto dash = number.find('-');
    const auto digits = [](std::string_view text) { return !text.empty() && std::all_of(text.begin(), text.end(), is_digit); };
    if (dash == number.npos || !digits(number.substr(0, dash)) || !digits(number.substr(dash + 1))) return {};
    auto line = unescaped(rest.substr(close + 2));
    if (line.starts_with('\t')) return line;
    if (!line.empty() && (is_digit(line[0]) || line[0] == '[' || line[0] == '<') && leading_timestamp(line, time)) return line;
    if (!holds_label(line)) return number.substr(dash + 1) == "1" ? line : '\t' + line;  // a long line, cut
    if (!time) return line;
    auto stamp = to_rfc3339(*time);
    stamp.replace(10, 1, " ");
    return stamp.substr(0, 19) + ".000 UTC [" + std::string(pid.empty() ? "0" : pid) + "] " + line;
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
    auto chunk = postgresql_chunk(rest, pid == "-" ? std::string_view{} : pid, time);
    return TextEnvelope{chunk ? std::move(*chunk) : unescaped(rest),
                        std::string{host} + '|' + std::string{app} + '|' + std::string{pid}, std::string{host == "-" ? "" : host},
                        time, false};
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
    const auto at = time ? std::optional{time->time} : std::nullopt;
    const auto pid = bracket == tag.npos ? std::string_view{} : tag.substr(bracket + 1, tag.size() - bracket - 3);
    auto chunk = postgresql_chunk(rest, pid, at);
    return TextEnvelope{chunk ? std::move(*chunk) : unescaped(rest),
                        std::string{host} + '|' + std::string{tag.substr(0, tag.size() - 1)}, std::string{host}, at, false};
}

/// `checkout-1  | text`, as `docker compose logs` prints it: the container's name ends in its number.
std::optional<TextEnvelope> compose(std::string_view line) {
    constexpr std::size_t kLongestName = 64;
    const std::size_t bar = line.substr(0, kLongestName + 4).find(" | ");
    if (bar == line.npos || bar == 0) return {};
    const std::string_view name = line.substr(0, std::min(line.find(' '), bar));
    if (!std::all_of(line.begin() + static_cast<std::ptrdiff_t>(name.size()), line.begin() + static_cast<std::ptrdiff_t>(bar),
                     [](char c) { return c == ' '; }))
        return {};
    const std::size_t number = name.find_last_not_of("0123456789");
    if (number == name.npos || number == 0 || number + 1 == name.size() || (name[number] != '-' && name[number] != '_'))
        return {};
    const auto may_be_named = [](char c) { return is_digit(c) || (c >= 'a' && c <= 'z') || c == '-' || c == '_' || c == '.'; };
    const bool named = name[0] >= 'a' && name[0] <= 'z';  // `2026-11-20 | ERROR | …` is a logger's
    if (!named || !std::all_of(name.begin(), name.end(), may_be_named)) return {};
    return TextEnvelope{std::string{line.substr(bar + 3)}, std::string{name}, {}, {}, false};
}

}  // namespace

std::optional<TextEnvelope> peel_text_envelope(std::string_view line, std::optional<EventTime> near) {
    if (auto found = compose(line)) return found;
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
