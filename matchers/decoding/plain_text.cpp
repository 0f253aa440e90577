#include "matchers/decoding/plain_text.h"

#include "matchers/decoding/text_line.h"

namespace culprit {
namespace {

/// `\"`, `\n` and `\t`; other backslashes stay.
std::string unescaped(std::string_view text) {
    std::string result;
    result.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char next = i + 1 < text.size() ? text[i + 1] : '\0';
        if (text[i] != '\\' || (next != '"' && next != 'n' && next != 't')) {
            result += text[i];
            continue;
        }
        result += next == 'n' ? '\n' : next == 't' ? '\t' : '"';
        ++i;
    }
    return result;
}

}  // namespace

Record decode_plain_text(const std::vector<std::string>& lines, std::optional<EventTime> near) {
    Record record;
    record.format = "plain";
    std::size_t size = 0;
    for (const auto& line : lines) size += line.size() + 1;
    record.message.reserve(size);
    bool header = true;
    for (const auto& line : lines) {
        const std::string text = plain(line);
        const TextLine shape = header || record.level.empty() ? classify_text_line(text, near) : TextLine{};
        if (header && shape.time) {
            record.time = shape.time;
            record.time_is_own = true;
        }
        if (record.level.empty()) record.level = shape.level;
        if (!header) record.message += '\n';
        record.message += text;
        header = false;
    }
    while (record.message.ends_with('\n')) record.message.pop_back();
    if (record.message.find('\\') != record.message.npos) record.message = unescaped(record.message);
    return record;
}

}  // namespace culprit
