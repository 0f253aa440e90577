#include "matchers/decoding/level.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

namespace culprit {
namespace {

constexpr std::array kLevels = std::to_array<std::pair<std::string_view, std::string_view>>({
    {"trace", "trace"},  {"trc", "trace"},        {"verbose", "trace"},      {"finest", "trace"},      {"debug", "debug"},
    {"dbg", "debug"},    {"fine", "debug"},       {"finer", "debug"},        {"config", "debug"},      {"info", "info"},
    {"inf", "info"},     {"information", "info"}, {"informational", "info"}, {"notice", "notice"},     {"log", "log"},
    {"success", "info"}, {"warning", "warning"},  {"warn", "warning"},       {"wrn", "warning"},       {"error", "error"},
    {"err", "error"},    {"eror", "error"},       {"severe", "error"},       {"critical", "critical"}, {"crit", "critical"},
    {"fatal", "fatal"},  {"ftl", "fatal"},        {"panic", "panic"},        {"alert", "critical"},    {"emergency", "panic"},
    {"emerg", "panic"},  {"dpanic", "panic"},
});

char lower(char c) { return static_cast<char>(std::tolower(static_cast<unsigned char>(c))); }

}  // namespace

std::optional<std::string_view> known_level(std::string_view word) {
    if (word.size() < 3 || word.size() > 13) return {};
    const auto equal = [&](const auto& level) {
        return level.first.size() == word.size() &&
               std::equal(word.begin(), word.end(), level.first.begin(), [](char a, char b) { return lower(a) == b; });
    };
    const auto found = std::find_if(kLevels.begin(), kLevels.end(), equal);
    return found == kLevels.end() ? std::nullopt : std::optional{found->second};
}

std::string normalized_level(std::string_view word) {
    while (!word.empty() && word.front() == ' ') word.remove_prefix(1);
    while (!word.empty() && word.back() == ' ') word.remove_suffix(1);
    if (const auto level = known_level(word)) return std::string{*level};
    std::string text{word.substr(0, 32)};
    std::transform(text.begin(), text.end(), text.begin(), lower);
    return text;
}

std::string level_of_number(std::int64_t number) {
    static constexpr std::array<std::string_view, 8> kSyslog = {"panic",   "critical", "critical", "error",
                                                                "warning", "notice",   "info",     "debug"};
    if (number >= 0 && number <= 7) return std::string{kSyslog[static_cast<std::size_t>(number)]};
    if (number < 10) return {};
    if (number < 20) return "trace";
    if (number < 30) return "debug";
    if (number < 40) return "info";
    if (number < 50) return "warning";
    if (number < 60) return "error";
    return number < 70 ? "fatal" : std::string{};
}

}  // namespace culprit
