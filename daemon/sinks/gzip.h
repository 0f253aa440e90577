#pragma once
// A gzip member (RFC 1952) out of bytes, for request bodies, and back. Pure.
#include <string>
#include <string_view>

#include "matchers/result.h"

namespace culprit {

/// Compressed at zlib's fastest level: documents of one index shrink to a tenth even so.
std::string gzip(std::string_view bytes);

/// What one or more gzip members hold. Of more than `limit` bytes only the first `limit` + 1: for the caller to refuse. An Error
/// when they are damaged or not whole.
Result<std::string> gunzip(std::string_view bytes, std::size_t limit);

}  // namespace culprit
