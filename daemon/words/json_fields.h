#pragma once
// Reading documents that may lack any part: an older version wrote them, or another program stored them.
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "daemon/words/wording.h"

namespace culprit {

/// The value of a key, or null where the object or the key is not there.
inline const nlohmann::json& field(const nlohmann::json& object, std::string_view key) {
    static const nlohmann::json none;
    if (!object.is_object()) return none;
    const auto found = object.find(std::string(key));
    return found == object.end() ? none : *found;
}

/// A string as it is, a number as it is written; empty for the rest.
inline std::string raw_text_of(const nlohmann::json& value) {
    if (value.is_string()) return value.get<std::string>();
    return value.is_number() ? value.dump() : std::string();
}
inline std::string raw_text_of(const nlohmann::json& object, std::string_view key) { return raw_text_of(field(object, key)); }

/// The same as it can be shown (see `visible`).
inline std::string text_of(const nlohmann::json& value) { return visible(raw_text_of(value)); }
inline std::string text_of(const nlohmann::json& object, std::string_view key) { return text_of(field(object, key)); }

inline double number_of(const nlohmann::json& object, std::string_view key) {
    const nlohmann::json& value = field(object, key);
    return value.is_number() ? value.get<double>() : 0.0;
}

/// The elements of an array; nothing of anything else.
inline const nlohmann::json& elements_of(const nlohmann::json& object, std::string_view key) {
    static const nlohmann::json none = nlohmann::json::array();
    const nlohmann::json& value = field(object, key);
    return value.is_array() ? value : none;
}

}  // namespace culprit
