#pragma once
// Bytes that claim to be UTF-8. Databases in other encodings put their own bytes into the log (corpus: 59 JSON lines of 12,385).
#include <string>
#include <string_view>

namespace culprit {

bool is_valid_utf8(std::string_view bytes);

/// Each byte that is not part of a valid sequence becomes U+FFFD; the rest stays as it is.
std::string repair_utf8(std::string_view bytes);

}  // namespace culprit
