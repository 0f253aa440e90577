#include "correlator/yaml_values.h"

#include <algorithm>
#include <charconv>
#include <stdexcept>

namespace culprit {

void expected(std::string_view file, const YAML::Node& node, const std::string& what) {
    throw std::runtime_error(std::string(file) + ":" + std::to_string(node.Mark().line + 1) + ": expected " + what);
}

Duration read_duration(std::string_view file, const YAML::Node& node) {
    const auto text = node ? node.as<std::string>() : std::string();
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    const std::string_view unit(end, text.data() + text.size() - end);
    if (error == std::errc{}) {
        if (unit == "s") return std::chrono::seconds{number};
        if (unit == "m") return std::chrono::minutes{number};
        if (unit == "h") return std::chrono::hours{number};
        if (unit == "d") return std::chrono::hours{24 * number};
    }
    expected(file, node, "a duration such as 30s, 5m, 6h or 7d");
}

void check_keys(std::string_view file, const YAML::Node& map, std::initializer_list<std::string_view> known) {
    for (const auto& entry : map) {
        const auto key = entry.first.as<std::string>();
        if (std::ranges::find(known, key) == known.end()) expected(file, entry.first, "a known key, not '" + key + "'");
    }
}

}  // namespace culprit
