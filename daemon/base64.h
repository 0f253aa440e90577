#pragma once
// Base64 with padding (RFC 4648, section 4). Pure.
#include <optional>
#include <string>
#include <string_view>

namespace culprit {

std::string to_base64(std::string_view bytes);
/// Nothing when it is none.
std::optional<std::string> from_base64(std::string_view text);

}  // namespace culprit
