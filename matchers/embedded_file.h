#pragma once
// Text files that the build puts into the binary (cmake/embed.cmake). They live as long as the program.
#include <span>
#include <string_view>

namespace culprit {

struct EmbeddedFile {
    std::string_view name;  // without its folder
    std::string_view content;
};

}  // namespace culprit
