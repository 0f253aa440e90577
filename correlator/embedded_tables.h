#pragma once
// The tables of knowledge that are embedded at build time.
#include <algorithm>
#include <span>
#include <string_view>

#include "matchers/embedded_file.h"

namespace culprit {

std::span<const EmbeddedFile> embedded_correlation_tables();

/// Requires that it was embedded.
inline std::string_view embedded_table(std::string_view name) {
    const auto files = embedded_correlation_tables();
    return std::ranges::find(files, name, &EmbeddedFile::name)->content;
}

}  // namespace culprit
