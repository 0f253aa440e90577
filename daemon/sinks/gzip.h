#pragma once
// A gzip member (RFC 1952) out of bytes, for request bodies. Pure.
#include <string>
#include <string_view>

namespace culprit {

/// Compressed at zlib's fastest level: documents of one index shrink to a tenth even so.
std::string gzip(std::string_view bytes);

}  // namespace culprit
